/** Columns of roles that make an administrator of everybody who is written down without one. */
import { ADMINISTRATORS, rankOf } from "../../src/base/role-ranks.js";
import type { DataColumn, DataModel } from "../../src/model/data-model.js";
import type { FindingDraft, RuleInput } from "../../src/model/rule.js";

const ROLE = /(?:^|_)(?:role|access_?level|privileges?)$/i;

/** A note for each: who makes such rows, and whether they say the role, only a reader knows. */
export function privilegedDefaults({ facts }: RuleInput): FindingDraft<"defaultAbove">[] {
  const { user, memberships } = facts.tenancy;
  return facts.models
    .filter(({ name }) => name === user || memberships.includes(name))
    .flatMap((model) => model.columns.filter(isPrivileged).map((column) => draft(model, column)));
}

/** Where administrators are all there is (`enum Role { ADMIN }`), the word says nothing. */
function isPrivileged({ name, fallback, values }: DataColumn): boolean {
  if (fallback === undefined || !ROLE.test(name.replace(/([a-z])([A-Z])/g, "$1_$2"))) return false;
  const isAbove = (word: string): boolean => (rankOf(word) ?? -1) >= ADMINISTRATORS;
  return isAbove(fallback) && values?.every(isAbove) !== true;
}

function draft({ name, place }: DataModel, column: DataColumn): FindingDraft<"defaultAbove"> {
  return {
    message: "defaultAbove",
    data: { column: `${name}.${column.name}`, fallback: column.fallback ?? "" },
    subject: `${name}.${column.name}`,
    place,
    related: [],
    flow: [{ place, label: `'${column.name}' of '${name}' is declared here` }],
    confidence: "named",
    severity: "note",
    remedy: "Let the database fall back on the role that may do least, and write higher ones by name.",
  };
}
