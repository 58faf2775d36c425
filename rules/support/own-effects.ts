/** What concerns nobody but the caller: rows of their own, tenants that they found, invitations that they answer, questions about themselves. */

import type { Access, Conjunct } from "../../src/model/accesses.js";
import type { Scoping } from "../../src/model/data-model.js";
import type { EntryPoint, Facts } from "../../src/model/facts.js";
import type { RuleInput } from "../../src/model/rule.js";
import type { ReachedAccess, TenantData } from "./tenant-data.js";

const INVITATION = /invit/i;
const EMAIL = /(?:^|[._])e?_?mail(?:_?address)?$/i;
/** whoever signed in, or what is kept of them */
const OF_THE_CALLER: ReadonlySet<string> = new Set(["identity", "row"]);

/** users are nobody's rows, and one that the request picks is open */
const OWN: ReadonlySet<string> = new Set(["bound", "not-scoped"]);
const MAX_DEPTH = 3;

/** It is keyed by what only the caller is, or makes a row that only the caller will own. */
export function isOwnWrite(
  one: ReachedAccess,
  all: readonly ReachedAccess[],
  input: RuleInput,
  tenants: TenantData,
): boolean {
  const { access, reach } = one;
  const { tenancy } = input.facts;
  const scoping = tenants.scopingOf(access.model);
  const ofPersons = isOfPersons(access.model, tenants, 0);
  if (access.operation === "create") {
    // whoever makes a tenant is the first in it
    if (scoping?.kind === "root") return true;
    return ofPersons && (reach.createsWithin === true || hasOwnParent(scoping, all));
  }
  if (access.operation === "delete" && scoping?.kind === "root" && leavesForGood(all, input)) return true;
  if (access.model === tenancy.user || (ofPersons && reach.binding.verdict === "bound")) return true;
  if (foundByCaller(one, all, tenancy.ownerKeys) || isKeyedByCaller(access, input)) return true;
  const { conjunct } = reach.binding;
  const column = keyName(conjunct?.column);
  const byCaller = conjunct?.values.some(({ source }) => source === "identity") === true;
  return tenancy.ownerKeys.includes(column) || (byCaller && EMAIL.test(conjunct?.column ?? ""));
}

/** The request says which row is changed, which was looked for among the caller's own alone: that it is theirs was decided. */
export function changesOwnAsAsked(reached: readonly ReachedAccess[], { facts }: RuleInput): boolean {
  const isBound = ({ reach }: ReachedAccess): boolean => reach.binding.verdict === "bound";
  const changed = reached.filter(
    (one) => isBound(one) && (one.access.operation === "update" || one.access.operation === "delete"),
  );
  const models = new Set(changed.map(({ access }) => access.model));
  return reached.some(
    (one) =>
      models.has(one.access.model) && isBound(one) && isAskedAmongOwn(one.access.conjuncts, facts.tenancy.ownerKeys),
  );
}

/** Whatever is done belongs to a row that the request names and that was looked for among the caller's own. */
export function asksAmongOwn(reached: readonly ReachedAccess[], { facts }: RuleInput): boolean {
  return reached.some(
    ({ access, reach }) =>
      reach.binding.verdict === "bound" && isAskedAmongOwn(access.conjuncts, facts.tenancy.ownerKeys),
  );
}

function isAskedAmongOwn(conjuncts: readonly Conjunct[], owners: readonly string[]): boolean {
  const demanded = conjuncts.filter(({ position }) => position === "and");
  const asked = demanded.some(({ values }) => values.some(({ source }) => source === "input"));
  return (
    asked &&
    demanded.some(
      ({ column, values }) =>
        owners.includes(keyName(column)) &&
        values.length > 0 &&
        values.every(({ source }) => OF_THE_CALLER.has(source)),
    )
  );
}

/**
 * The rows were all found by whose they are, and that is the caller; what became of them on the way to the write cannot
 * be followed (`remove(toRow(invitation))`), and the request names none of them.
 */
function foundByCaller({ access }: ReachedAccess, all: readonly ReachedAccess[], owners: readonly string[]): boolean {
  const reads = all.filter((other) => other.access.model === access.model && other.access.operation === "read");
  const told = [access, ...reads.map((read) => read.access)].some(({ conjuncts }) =>
    conjuncts.some(({ values }) => values.some(({ source }) => source === "input")),
  );
  return (
    !told &&
    reads.length > 0 &&
    reads.every((read) =>
      read.access.conjuncts.some(({ column, position, values }) => {
        const name = keyName(column);
        return position === "and" && values.length > 0 && (owners.includes(name) || USER_KEY.test(name));
      }),
    )
  );
}

/** `where: { authorId: caller.id, boardId }`: whose tenant it stands in besides does not make it somebody else's. */
function isKeyedByCaller({ conjuncts, model }: Access, { facts: { tenancy } }: RuleInput): boolean {
  // the tenant of whoever calls is every member's, by its own key too
  if (model === tenancy.root || tenancy.levels?.includes(model) === true) return false;
  return conjuncts.some(
    ({ column, operator, position, values }) =>
      position === "and" &&
      operator === "=" &&
      values.length > 0 &&
      values.every(
        ({ source, through, path }) =>
          source === "identity" && !through && !isOfTenant(keyName(path), tenancy.tenantKeys),
      ) &&
      isOfPerson(keyName(column), tenancy.tenantKeys),
  );
}

/** The caller's role, plan or tenant is not the caller alone. */
function isOfPerson(key: string, tenantKeys: readonly string[]): boolean {
  return !isOfTenant(key, tenantKeys) && OF_PERSON.test(key);
}

function isOfTenant(key: string, tenantKeys: readonly string[]): boolean {
  return tenantKeys.includes(key) || SHARED.test(key);
}

const SHARED = /(?:org(?:anization|anisation)?|tenant|workspace|team|account|company|project|space|group)(?:u?u?id)?$/;
const OF_PERSON = /(?:id|by|key|subject|sub|email|user|owner|author|creator|member)$/;

/** `invites.owner_id` as it stands among the tenancy's keys. */
function keyName(column: string | undefined): string {
  return (column ?? "").split(".").at(-1)?.toLowerCase().replaceAll("_", "") ?? "";
}

const USER_KEY = /^(?:user|owner|sender|recipient|inviter|invitee)u?u?id$/;

/** The caller's own account is deleted, and what nobody else is in goes along. */
export function leavesForGood(all: readonly ReachedAccess[], { facts }: RuleInput): boolean {
  return all.some(
    ({ access, reach }) =>
      access.operation === "delete" && access.model === facts.tenancy.user && OWN.has(reach.binding.verdict),
  );
}

/** Its rows belong to persons, and to no tenant: by their own column, or through what they are part of. */
function isOfPersons(model: string, tenants: TenantData, depth: number): boolean {
  const scoping = tenants.scopingOf(model);
  if (scoping === null || depth > MAX_DEPTH) return false;
  if (scoping.kind === "column") return scoping.columns.every((column) => column.role === "owner");
  if (scoping.kind !== "parent" || scoping.parents.length === 0) return false;
  return scoping.parents.every((link) => isOfPersons(link.model, tenants, depth + 1));
}

/** What the new row is part of was made here by the caller, or found as the caller's. */
function hasOwnParent(scoping: Scoping | null, all: readonly ReachedAccess[]): boolean {
  if (scoping?.kind !== "parent") return false;
  return scoping.parents.every((link) =>
    all.some(
      ({ access, reach }) =>
        access.model === link.model && (reach.createsWithin === true || reach.binding.verdict === "bound"),
    ),
  );
}

/** The invitation was found by the caller's own address or by its secret: to answer it is the caller's to decide. */
export function answersInvitation(reached: readonly ReachedAccess[]): boolean {
  return reached.some(({ access, reach }) => {
    if (!INVITATION.test(access.model)) return false;
    const { verdict, bySecret } = reach.binding;
    if (bySecret === true) return true;
    const byAddress = access.conjuncts.some(
      ({ column, position, values }) =>
        position === "and" && EMAIL.test(column ?? "") && values.every(({ source }) => OF_THE_CALLER.has(source)),
    );
    return verdict === "bound" && byAddress;
  });
}

/** The tenant itself is made here: whatever else is made belongs to its founder. */
export function foundsTenant(reached: readonly ReachedAccess[], tenants: TenantData): boolean {
  return reached.some(
    ({ access }) => access.operation === "create" && tenants.scopingOf(access.model)?.kind === "root",
  );
}

/** All that was seen of it is that something outside is asked by what only the caller is. */
export function asksOnlyAsCaller(entry: EntryPoint, facts: Facts, tenants: TenantData): boolean {
  const { accesses, effects, external, asksAsCaller } = entry;
  if (asksAsCaller !== true || effects.length > 0 || (external ?? []).length > 0) return false;
  // what is the same for all is looked up for anybody
  return accesses.every((at) => facts.accesses[at]?.operation === "read" && !tenants.holds(facts.accesses[at].model));
}
