/** Conditions of DynamoDB as it writes them: `#pk = :tenant AND begins_with(sk, :prefix)`. */
import type { OriginQueries, Site } from "../../../program/values/origin.js";
import { conjunction, type Reading, UNREAD } from "../filter-terms.js";
import { alternativesOf, fieldsOf } from "../literals.js";
import { attributeOf, fieldOf } from "./dynamodb-keys.js";

export interface ExpressionReading {
  readonly reading: Reading | null;
  readonly label: string;
}

const NOTHING: ExpressionReading = { reading: null, label: "" };
const COMPARED = /^\(?\s*([#\w.]+)\s*(=|<>|<=|>=|<|>)\s*(:\w+)\s*\)?$/;
const PREFIXED = /^begins_with\s*\(\s*([#\w.]+)\s*,\s*(:\w+)\s*\)$/i;

/** An expression of an input with the names and values that stand beside it. */
export function expressionReading(input: Site | null, name: string, queries: OriginQueries): ExpressionReading {
  const site = fieldOf(input, name, queries);
  if (site === null) return NOTHING;
  const [only, ...others] = queries.evaluate(site);
  const text = only?.kind === "constant" && typeof only.value === "string" ? only.value : null;
  if (text === null || others.length > 0 || /\bor\b/i.test(text)) return { reading: UNREAD, label: "" };
  const names = namesOf(fieldOf(input, "ExpressionAttributeNames", queries), queries);
  const values = sitesOf(fieldOf(input, "ExpressionAttributeValues", queries), queries);
  const parts = text.split(/\s+and\s+/i).flatMap((clause) => {
    const plain = COMPARED.exec(clause.trim());
    const prefix = plain === null ? PREFIXED.exec(clause.trim()) : null;
    const column = plain?.[1] ?? prefix?.[1];
    const value = values.get(plain?.[3] ?? prefix?.[2] ?? "");
    if (column === undefined || value === undefined) return [];
    const operator = prefix === null ? (plain?.[2] ?? "=") : "=";
    return [attributeOf(names.get(column) ?? column, value, operator, queries)];
  });
  return {
    reading: conjunction(parts.map((part) => part.reading)),
    label: parts.map((part) => part.label).findLast((label) => label !== "") ?? "",
  };
}

function namesOf(site: Site | null, queries: OriginQueries): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of sitesOf(site, queries)) {
    const [only] = queries.evaluate(value);
    if (only?.kind === "constant" && typeof only.value === "string") found.set(name, only.value);
  }
  return found;
}

function sitesOf(site: Site | null, queries: OriginQueries): ReadonlyMap<string, Site> {
  const found = new Map<string, Site>();
  for (const origin of site === null ? [] : alternativesOf(queries.evaluate(site))) {
    if (origin.kind !== "literal" || origin.form !== "object") continue;
    for (const field of fieldsOf(origin.site, queries, null).fields) found.set(field.name, field.site);
  }
  return found;
}
