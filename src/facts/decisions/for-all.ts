/** Decisions that reach over the rows of all tenants. */
import type { TenancyModel } from "../../model/data-model.js";
import type { Decision } from "./decisions.js";
import { isRoleOfUsers } from "./user-roles.js";

/** A decision after which everybody's rows are open. */
export function isForAll(decision: Decision, tenancy: TenancyModel | null): boolean {
  const { fact, instanceWide, privilege, role } = decision;
  if (instanceWide || tenancy === null) return instanceWide;
  // what an engine decided it decided of the row that it was shown
  const ofARow = fact.kind === "passed" && fact.level === "decision";
  // where there are no tenants, who holds a privilege holds it over everybody's rows
  return (tenancy.root === "" && privilege && !ofARow) || isRoleOfUsers(role, tenancy);
}
