/**
 * What changes how a whole tenant signs in, or does away with it, is the business of few: that the caller is one of the
 * tenant's is not enough where members are told apart by roles.
 */
import type { Confidence, EntryPoint } from "../../src/model/facts.js";
import type { RuleInput } from "../../src/model/rule.js";
import { hasCaller, isAuthenticated, verbClass } from "./entry-points.js";
import { riskOf } from "./high-risk.js";
import { leavesForGood } from "./own-effects.js";
import type { ReachedAccess, TenantData } from "./tenant-data.js";

export interface MembersMay {
  readonly entry: EntryPoint;
  /** `changes how people sign in` */
  readonly what: string;
  readonly written: ReachedAccess;
  readonly certainty: Confidence;
}

/** The risk if it is one of those that touch all of a tenant; null for a single key or member, which many hand to all. */
export function forAllOfTenant(
  entry: EntryPoint,
  index: number,
  input: RuleInput,
  tenants: TenantData,
): MembersMay | null {
  if (!isMeantForFew(entry, input) || !asksForTenantAlone(entry)) return null;
  const reached = tenants.reached(entry, index);
  if (reached.some((one) => asksForMore(one, input, tenants)) || leavesForGood(reached, input)) return null;
  const written = reached.find((one) => changesTenant(one, tenants));
  const risk = written === undefined ? null : riskOf(entry, [written], true, tenants);
  if (written === undefined || risk === null || !OF_ALL.test(risk.what)) return null;
  const { binding } = written.reach;
  return { entry, what: risk.what, written, certainty: binding.confidence === "named" ? "named" : "proven" };
}

/** as `riskOf` words them */
const OF_ALL = /^(?:changes how people sign in|deletes a )/;

function isMeantForFew(entry: EntryPoint, input: RuleInput): boolean {
  const { machine, intent, declaresRights, selfService } = entry;
  return (
    // a path that only looks open says nothing where callers must sign in
    (intent === null || intent.by === "convention") &&
    machine !== true &&
    declaresRights !== true &&
    !selfService &&
    hasCaller(entry) &&
    entry.method !== "FIELD" &&
    isAuthenticated(entry) &&
    verbClass(entry, input.facts) === "write"
  );
}

/** A privilege, or that the tenant was made by the caller. */
function asksForMore({ access, reach }: ReachedAccess, { facts }: RuleInput, tenants: TenantData): boolean {
  if (reach.asksForMore === true || reach.instanceWide === true) return true;
  if (tenants.scopingOf(access.model)?.kind !== "root") return false;
  return access.conjuncts.some(
    ({ column, values }) =>
      facts.tenancy.ownerKeys.includes(column.toLowerCase().replaceAll("_", "")) &&
      values.some(({ source }) => source === "identity"),
  );
}

/** `team.ownerId !== user.id`, `team.isOwner`: who it belongs to among its members, or what they may do */
const OF_SOME = /owner|creat|author|role|admin|permission|privilege|access|scope|may|can[A-Z]|allow/i;

/** What runs before the handler and what stands in it ask whose the row is, and nothing besides. */
export function asksForTenantAlone({ decidesSometimes, steps }: EntryPoint): boolean {
  if (decidesSometimes === true) return false;
  return steps.every(
    (step) =>
      // what lets everybody by has decided about others: the holders of keys
      (step.decidesSometimes !== true || step.grants === "attach") &&
      (step.grants !== "decision" ||
        (step.kind === "inline" ? !OF_SOME.test(step.name) : step.ownershipOnly === true)) &&
      step.grants !== "unknown" &&
      step.grants !== "stepUp",
  );
}

/** The tenant's own row is changed or removed, and it was shown to be the caller's. */
function changesTenant({ access, reach }: ReachedAccess, tenants: TenantData): boolean {
  if (access.operation !== "update" && access.operation !== "delete") return false;
  return (
    tenants.scopingOf(access.model)?.kind === "root" && reach.binding.verdict === "bound" && !isOfNobodyElse(access)
  );
}

/** `{ members: { every: { userId: user.id } } }`: there is no other member who could be asked. */
function isOfNobodyElse({ conjuncts }: ReachedAccess["access"]): boolean {
  return conjuncts.some(
    ({ column, values }) =>
      /\.every\./.test(column) && values.some(({ source }) => source === "identity" || source === "row"),
  );
}
