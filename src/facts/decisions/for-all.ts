/** Decisions that reach over the rows of all tenants. */
import type { DataRecogniser } from "../../frameworks/data/recogniser.js";
import type { TenancyModel } from "../../model/data-model.js";
import type { Fact } from "../../program/facts/facts.js";
import type { LinkQueries } from "../../program/values/origin.js";
import { type Decision, decisionsIn, waysAsked } from "./decisions.js";
import { isRoleOfUsers } from "./user-roles.js";

/** A decision after which everybody's rows are open. */
export function isForAll(decision: Decision, tenancy: TenancyModel | null): boolean {
  const { fact, instanceWide, privilege, role } = decision;
  if (instanceWide || tenancy === null) return instanceWide;
  // where there are no tenants, who holds a privilege holds it over everybody's rows
  return (tenancy.root === "" && privilege && !isOfARow(fact)) || isRoleOfUsers(role, tenancy);
}

/**
 * Where there are no tenants: a privilege is demanded of everybody, or of nobody while a setting of the service says so,
 * and then all who sign in are meant to work with all there is.
 */
export function isForAllUnlessOpened(
  facts: readonly Fact[],
  { root }: TenancyModel,
  data: DataRecogniser,
  queries: LinkQueries,
): boolean {
  if (root !== "") return false;
  return facts.some((fact) => {
    if (fact.kind !== "either") return false;
    const { asking, switched } = waysAsked(fact, data, queries);
    const demands = (path: readonly Fact[]): boolean =>
      decisionsIn(path, data, queries).some((decision) => decision.privilege && !isOfARow(decision.fact));
    return switched && asking.length > 0 && asking.every(demands);
  });
}

/** What an engine decided it decided of the row that it was shown. */
function isOfARow(fact: Fact): boolean {
  return fact.kind === "passed" && fact.level === "decision";
}
