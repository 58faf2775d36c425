/** Entry points by which anybody who is signed in makes a tenant of their own. */
import type { RuleInput } from "../../src/model/rule.js";
import type { Member } from "./peer-groups.js";
import type { TenantData } from "./tenant-data.js";

/** All it writes is new, the tenant itself among it, and no key of the request picks a row that is there already. */
export function foundsTenant({ entry, index }: Member, { facts }: RuleInput, tenants: TenantData): boolean {
  const reached = tenants.reached(entry, index);
  const writes = reached.filter(({ access }) => access.operation !== "read");
  return (
    facts.tenancy.root !== "" &&
    writes.some(({ access }) => access.operation === "create" && access.model === facts.tenancy.root) &&
    writes.every(({ access }) => access.operation === "create" || access.operation === "raw") &&
    reached.every(({ reach }) => reach.narrowedByInput !== true)
  );
}
