/** Roles, permissions and flags of administrators that an access writes with what the request asks for. */
import type { DataCall } from "../../frameworks/data/data-call.js";
import type { RawEntry } from "../../frameworks/routing.js";
import type { DataModel, TenancyModel } from "../../model/data-model.js";
import type { WrittenPrivilege } from "../../model/facts.js";
import type { Fact } from "../../program/facts/facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";
import { normalizeKey } from "../tenancy/tenancy.js";
import { isBody, isChecked, mayBring, namesLetThrough } from "./assigned-keys.js";
import { isHeldAgainst } from "./held-values.js";
import type { Ledger } from "./ledger.js";
import { valueKey } from "./ledger-values.js";

type Input = Extract<Origin, { kind: "source" }>;

const PRIVILEGE =
  /^(?:is|has)?(?:super|global|system|instance|site|org|organization|team|workspace|user|member|account|project)?(?:admin(?:istrator)?|superuser|staff|roles?|roleids?|permissions?|privileges?|accesslevel)$/;
const FLAG = /^(?:is|has)?(?:super|global|system|instance|site)?(?:admin(?:istrator)?|superuser|staff)$/;
/** Rows that say who somebody is or what somebody may do; a message has a role as well. */
const HOLDER =
  /user|member|account|admin|invit|employee|staff|role|permission|customer|profile|person|grant|api_?key|collaborat|participant/i;
const NO_HOLDER = /message|chat|prompt|conversation|thread|log$|event|history|stat/i;
const PRIVILEGED = /^(?:(?:super|global|system|site)?[_-]?admin(?:istrator)?|owner|root|superuser|super_?user|staff)$/i;
const MAX_DEPTH = 3;

/** What the caller had to show on the way, and what is known of the data. */
export interface PrivilegeContext {
  readonly facts: readonly Fact[];
  readonly ledger: Ledger;
  readonly tenancy: TenancyModel;
  readonly model: DataModel | undefined;
  readonly queries: LinkQueries;
}

/** Privileges that the request writes and that no check on the way was shown. */
export function writtenPrivileges(
  call: DataCall,
  entry: RawEntry,
  context: PrivilegeContext,
): readonly WrittenPrivilege[] {
  if ((call.written.length === 0 && call.writtenWhole.length === 0) || !holdsPrivileges(call.model, context.tenancy))
    return [];
  const named = call.written.flatMap(({ column, values, place }): WrittenPrivilege[] => {
    if (!PRIVILEGE.test(normalizeKey(column))) return [];
    const asked = leaves(values).find((value): value is Input => isAsked(value, context));
    if (asked === undefined) return [];
    // a schema can leave the highest role out of a list; a flag it can only let through
    const listed = !FLAG.test(normalizeKey(column)) && (asked.schema !== undefined || isChecked(entry));
    return [{ column, path: asked.path, place, whole: false, listed, fallback: privilegedFallback(values, 0) }];
  });
  return named.length > 0 ? named : broughtAlong(call, entry, context);
}

function holdsPrivileges(model: string, tenancy: TenancyModel): boolean {
  if (model === "" || NO_HOLDER.test(model)) return false;
  return model === tenancy.user || tenancy.memberships.includes(model) || HOLDER.test(model);
}

/** A value that the request chooses and that nothing was held against. */
function isAsked(value: Origin, { facts, ledger }: PrivilegeContext): value is Input {
  if (value.kind !== "source" || value.source !== "input" || value.path === "") return false;
  const key = valueKey(value);
  return ledger.verified(value) === null && !facts.some((fact) => isHeldAgainst(fact, key));
}

/** `role: body.role ?? "admin"` */
function privilegedFallback(values: readonly Origin[], depth: number): string {
  for (const value of values) {
    if (value.kind === "derived" && depth < MAX_DEPTH) {
      const inner = privilegedFallback(value.of, depth + 1);
      if (inner !== "") return inner;
    }
    if (value.kind !== "fallback") continue;
    for (const or of value.or) {
      if (or.kind === "constant" && typeof or.value === "string" && PRIVILEGED.test(or.value)) return or.value;
    }
  }
  return "";
}

/** Privileges of the model that come with an object which is written as it is. */
function broughtAlong(
  call: DataCall,
  entry: RawEntry,
  { model, queries }: PrivilegeContext,
): readonly WrittenPrivilege[] {
  if (model === undefined) return [];
  const columns = model.columns.filter((column) => PRIVILEGE.test(normalizeKey(column.name)));
  return call.writtenWhole.flatMap((whole) => {
    if (columns.length === 0 || !isBody(whole)) return [];
    const names = namesLetThrough(whole, entry, queries);
    if (names === "unknown") return [];
    return columns.flatMap(({ name }): WrittenPrivilege[] => {
      if (!mayBring(whole, names, name) || isSetAfter(call, normalizeKey(name))) return [];
      const place = call.enteredAt?.get(whole) ?? call.site.fn.place(call.site.v);
      return [{ column: name, path: whole.path, place, whole: true, listed: names !== null, fallback: "" }];
    });
  });
}

function isSetAfter(call: DataCall, key: string): boolean {
  return call.written.some((written) => normalizeKey(written.column) === key);
}
