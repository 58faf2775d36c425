/** Conditions that find rows of nobody, and names of columns as they are held against each other. */
import type { FilterTerm } from "../../frameworks/data/data-call.js";
import type { Origin } from "../../program/values/origin.js";

/** `org_id IS NULL`, `{ orgId: null }` */
export function isNullTest(term: FilterTerm): boolean {
  if (term.operator === "is null") return true;
  const nothing = (o: Origin): boolean => o.kind === "constant" && (o.value === null || o.value === "is null");
  return (term.operator === "=" || term.operator === "is") && term.values.length > 0 && term.values.every(nothing);
}

export function sameName(a: string, b: string): boolean {
  return a === b || plainName(a) === plainName(b);
}

/** Names of columns are held against each other by the million, and there are a few thousand of them. */
const plainNames = new Map<string, string>();

/** A name of a column, however it is spelled. */
export function plainName(name: string): string {
  let plain = plainNames.get(name);
  if (plain === undefined) {
    plain = name.replaceAll("_", "").toLowerCase();
    plainNames.set(name, plain);
  }
  return plain;
}
