/** Whose roles a project's tables of roles are: those of its people, or those that its customers keep for callers of their own. */
import type { DataModel } from "../../src/model/data-model.js";
import type { Facts } from "../../src/model/facts.js";
import { holdRoles } from "./privileges.js";

const ROLE_TABLE = /roles?$|permissions?$|privileges?$/i;
const ROLE_KEY = /(?:role|permission|privilege)_?ids?$/i;
const KEY = /_?ids?$/i;
const PERSON =
  /user|member|person|people|account|employee|staff|invit|admin|profile|team|group|collaborat|participant|email|owner|actor|principal|subject|assignee|grantee/i;

const known = new WeakMap<Facts, boolean>();

/** True for a table of roles that no person holds: `keys_roles` of a service that sells keys. A row of it is data like others. */
export function isRoleOfNoPerson(model: string, facts: Facts): boolean {
  if (!ROLE_TABLE.test(model)) return false;
  let answer = known.get(facts);
  if (answer === undefined) {
    answer = heldByThingsAlone(facts);
    known.set(facts, answer);
  }
  return answer;
}

/** Members that are machines, or things (`network_members` of a private network): no column of theirs names a person. */
export function isMemberOfNoPerson(model: string, { models, tenancy }: Facts): boolean {
  if (!MEMBER_TABLE.test(model)) return false;
  const found = models.filter(({ name, columns }) => name === model && columns.length > 0);
  return (
    found.length > 0 &&
    found.every(
      ({ columns, relations }) =>
        !columns.some(({ name, references }) => NAMES_PERSON.test(name) || isPerson(references, tenancy.user)) &&
        !relations.some(({ model: other }) => isPerson(other, tenancy.user)),
    )
  );
}

function isPerson(model: string, user: string): boolean {
  return model !== "" && (model === user || NAMES_PERSON.test(model));
}

const MEMBER_TABLE = /members?(?:hips?)?$/i;
const NAMES_PERSON =
  /user|e_?mail|person|people|account|profile|principal|customer|employee|staff|contact|invit|owner|member_?\w*_?u?u?id$|(?:^|_)sub(?:ject)?(?:_?id)?$|role/i;

/** Something is told to hold roles by a key, and neither a person nor anything that may stand for one. */
function heldByThingsAlone(facts: Facts): boolean {
  const holders = facts.models.flatMap((model) => holdersIn(model, facts));
  return holders.length > 0 && !holders.some((name) => PERSON.test(name)) && !holdRoles(facts);
}

/** What a row ties to a role: `keyId` of `keys_roles`, the table itself where it has no other key. */
function holdersIn({ name, columns }: DataModel, { tenancy }: Facts): readonly string[] {
  if (!columns.some((column) => ROLE_KEY.test(column.name) || ROLE_TABLE.test(column.references))) return [];
  const tenant = new Set(tenancy.tenantKeys.map(plain));
  const others = columns.filter(
    (column) =>
      (KEY.test(column.name) || column.references !== "") &&
      !/^(?:pk|id)$/i.test(column.name) &&
      !ROLE_KEY.test(column.name) &&
      !tenant.has(plain(column.name)),
  );
  if (others.length > 0) return others.map((column) => `${column.name} ${column.references}`);
  return ROLE_TABLE.test(name) ? [] : [name];
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll("_", "");
}
