/** Whether a project tells its users apart by what they may do. */
import type { DataModel } from "../../src/model/data-model.js";
import type { Facts } from "../../src/model/facts.js";
import { reachesWith } from "./reaches.js";

const ROLE = /^(?:roles?|permissions?|is_?admin|is_?owner|access_?level|scopes?|privileges?)$/i;

/** A role on users or memberships, or a decision somewhere. */
export function knowsRoles(facts: Facts): boolean {
  return holdRoles(facts) || facts.entries.some((entry) => entry.protection.decision);
}

/** A role on users or memberships. */
export function holdRoles({ models, tenancy }: Facts): boolean {
  const people = new Set([tenancy.user, ...tenancy.memberships]);
  return models.some((model) => people.has(model.name) && model.columns.some((column) => ROLE.test(column.name)));
}

/** The roles that people have in this project: as its data model lists them, and as its decisions name them. */
export function knownRoles(facts: Facts): readonly string[] {
  const people = new Set([facts.tenancy.user, ...facts.tenancy.memberships]);
  const listed = facts.models.flatMap((model) => (people.has(model.name) ? [...valuesOf(model)] : []));
  const demanded = facts.accesses.flatMap((access) =>
    reachesWith(access, "demands").flatMap(({ demands }) => demands?.roles ?? []),
  );
  return [...new Set([...listed, ...demanded, ...facts.roleTests.flatMap(({ roles }) => roles)])];
}

function valuesOf(model: DataModel): readonly string[] {
  return model.columns.flatMap(({ name, values }) => (ROLE.test(name) || /role$/i.test(name) ? (values ?? []) : []));
}

/** What an enumeration of the data model lets a column be; null when nothing limits it. */
export function rolesOfColumn(name: string, column: string, facts: Facts): readonly string[] | null {
  const model = facts.models.find((one) => one.name === name);
  return model?.columns.find((one) => one.name === column)?.values ?? null;
}
