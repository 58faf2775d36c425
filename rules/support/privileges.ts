/** Whether a project tells its users apart by what they may do. */
import type { Facts } from "../../src/model/facts.js";

const ROLE = /^(?:roles?|permissions?|is_?admin|is_?owner|access_?level|scopes?|privileges?)$/i;

/** A role on users or memberships, or a decision somewhere. */
export function knowsRoles(facts: Facts): boolean {
  const people = new Set([facts.tenancy.user, ...facts.tenancy.memberships]);
  const declared = facts.models.some(
    (model) => people.has(model.name) && model.columns.some((column) => ROLE.test(column.name)),
  );
  return declared || facts.entries.some((entry) => entry.protection.decision);
}
