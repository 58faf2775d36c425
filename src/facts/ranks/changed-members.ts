/** Writes that remove another person, or take away what they are, where the request says whom. */
import type { DataCall, FilterTerm, WrittenColumn } from "../../frameworks/data/data-call.js";
import type { TenancyModel } from "../../model/data-model.js";
import type { ChangedMember } from "../../model/facts.js";
import type { Fact } from "../../program/facts/facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import { isIdentity } from "../decisions/decisions.js";
import { isOwnerKey, isTenantKey } from "../tenancy/tenancy.js";
import { lastName, ROLE_NAME } from "./role-values.js";
import { targetWasChecked, testsTarget } from "./target-ranks.js";

type Input = Extract<Origin, { kind: "source" }>;

const REMOVING =
  /^(?:deleted|removed|disabled|deactivated|banned|suspended|blocked|archived)(?:_?at)?$|^is_?(?:active|disabled|banned|suspended|blocked|enabled)$|^(?:active|enabled)$/i;
const STAYING = /active$|enabled$/i;
const SIGN_IN = /^(?:hashed_?)?(?:password|passwd)(?:_?hash)?$|^e_?mail(?:_?address)?$/i;
const KEY = /(?:^|[._])(?:id|ids|uid|uuid|slug|email|username)$|(?:Id|Ids|Uid|Email)$/;

/** Whom a write changes, when it is somebody whom the request names and whose role nothing on the way looked at. */
export function changedMember(
  call: DataCall,
  facts: readonly Fact[],
  tenancy: TenancyModel,
  analysis: Analysis,
): ChangedMember | null {
  const { model } = call;
  if (model === "" || (model !== tenancy.user && !tenancy.memberships.includes(model))) return null;
  const effect = effectOf(call);
  const chosen = effect === null ? null : chosenTarget(call, tenancy, analysis);
  if (effect === null || chosen === null) return null;
  if (targetWasChecked(facts, chosen, analysis) || testsTarget(call.site, analysis)) return null;
  return { effect, path: chosen.path, place: call.site.fn.place(call.site.v) };
}

function effectOf({ operation, written }: DataCall): ChangedMember["effect"] | null {
  if (operation === "delete") return "removes";
  if (operation !== "update") return null;
  const has = (name: RegExp): boolean => written.some(({ column }) => name.test(column));
  if (written.some(removes)) return "removes";
  if (has(SIGN_IN)) return "changes how they sign in";
  // a role that the request asks for is judged where it is written
  const given = written.some(
    ({ column, linked, values }) =>
      linked !== true && /roles?$|is_?admin$/i.test(column) && leaves(values).every((value) => !isInput(value)),
  );
  return given ? "changes their role" : null;
}

/** `disabled: true`, `active: false`, `deletedAt: new Date()`: what lets somebody in again takes nothing from them. */
function removes({ column, values }: WrittenColumn): boolean {
  if (!REMOVING.test(column)) return false;
  const letsIn = (value: Origin): boolean =>
    value.kind === "constant" && (value.value === null || value.value === STAYING.test(column));
  return !values.every(letsIn);
}

function isInput(value: Origin): boolean {
  return value.kind === "source" && value.source === "input";
}

/** The value of the request that picks the row, when the row is not the caller's own and its role is no part of the filter. */
function chosenTarget({ filter }: DataCall, tenancy: TenancyModel, analysis: Analysis, depth = 0): Input | null {
  let found: Input | null = null;
  for (const terms of filter.alternatives) {
    if (terms.some((term) => asksForRole(term) || isOfCaller(term, tenancy))) return null;
    found ??= pickedBy(terms, tenancy, analysis, depth);
  }
  return found;
}

function pickedBy(
  terms: readonly FilterTerm[],
  tenancy: TenancyModel,
  analysis: Analysis,
  depth: number,
): Input | null {
  for (const { position, column, values } of terms) {
    if (position !== "and" || !KEY.test(lastName(column))) continue;
    for (const one of leaves(values)) {
      const input = chosenBy(one, tenancy, analysis, depth);
      if (input !== null && !isTenantPath(input.path, tenancy)) return input;
    }
  }
  return null;
}

function asksForRole({ column }: FilterTerm): boolean {
  return column.split(".").some((name) => ROLE_NAME.test(name));
}

function isOfCaller({ position, column, values }: FilterTerm, tenancy: TenancyModel): boolean {
  const name = lastName(column);
  const ofPerson = isOwnerKey(tenancy, name) || /^(?:id|uid|email)$/i.test(name);
  return position === "and" && ofPerson && leaves(values).some(isIdentity);
}

/** `params.orgId` picks the tenant. */
function isTenantPath(path: string, tenancy: TenancyModel): boolean {
  return isTenantKey(tenancy, lastName(path));
}

const MAX_ROWS = 3;

/** The value itself, or the one by which the row was found that it is read off. */
function chosenBy(value: Origin, tenancy: TenancyModel, analysis: Analysis, depth: number): Input | null {
  if (value.kind !== "source") return null;
  if (value.source === "input") return value.path === "" ? null : value;
  if (value.source !== "row" || value.site === null || depth >= MAX_ROWS) return null;
  // what was loaded along with a row that is the caller's was not picked by its key
  if (value.path.includes(".")) return null;
  const { data, queries } = analysis;
  const call = data.loading(value.site, queries);
  if (call === null || (call.model !== tenancy.user && !tenancy.memberships.includes(call.model))) return null;
  if (call.filter.alternatives.length !== 1) return null;
  return chosenTarget(call, tenancy, analysis, depth + 1);
}
