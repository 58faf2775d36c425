/** Writes that concern nobody but the caller: rows of their own, tenants that they found, invitations that they answer. */
import type { RuleInput } from "../../src/model/rule.js";
import type { ReachedAccess, TenantData } from "./tenant-data.js";

const INVITATION = /invit/i;
const EMAIL = /(?:^|[._])e?_?mail(?:_?address)?$/i;
/** whoever signed in, or what is kept of them */
const OF_THE_CALLER: ReadonlySet<string> = new Set(["identity", "row"]);

/** It is keyed by what only the caller is, or makes a row that only the caller will own. */
export function isOwnWrite({ access, reach }: ReachedAccess, input: RuleInput, tenants: TenantData): boolean {
  const { tenancy } = input.facts;
  const scoping = tenants.scopingOf(access.model);
  if (access.operation === "create") {
    // whoever makes a tenant is the first in it
    if (scoping?.kind === "root") return true;
    const ofPersons = scoping?.kind === "column" && scoping.columns.every((column) => column.role === "owner");
    return ofPersons && reach.createsWithin === true;
  }
  if (access.model === tenancy.user) return true;
  const { conjunct } = reach.binding;
  const column = (conjunct?.column ?? "").split(".").at(-1)?.toLowerCase().replaceAll("_", "") ?? "";
  const byCaller = conjunct?.values.some(({ source }) => source === "identity") === true;
  return tenancy.ownerKeys.includes(column) || (byCaller && EMAIL.test(conjunct?.column ?? ""));
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
