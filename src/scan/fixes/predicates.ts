/** The predicate that a query lacks, with the value that other queries of the file take. */
import type { Access } from "../../model/facts.js";
import { isVisible } from "./call-text.js";
import { type FixSource, insertion, mostFrequent, type SourceFix, textAt } from "./fix-source.js";

/** Adds a column to the filter of a query. */
export function missingPredicate(access: Access, column: string, source: FixSource): SourceFix | null {
  const value = valueFor(column, access, source);
  if (value === null) return null;
  const call = textAt(access.place, source);
  const { file, start } = access.place;
  const fix = (at: number, insert: string): SourceFix => ({
    title: `Add '${column}: ${value.word}' to the filter, as other queries do`,
    file,
    edits: [insertion(start + at, insert)],
    sure: value.only,
  });
  const where = /\bwhere:\s*\{/.exec(call);
  if (where !== null) return fix(where.index + where[0].length, ` ${column}: ${value.word},`);
  const empty = /\.(?:findMany|count|findFirst|deleteMany)\(\s*(?=\)$)/.exec(call);
  return empty === null ? null : fix(empty.index + empty[0].length, `{ where: { ${column}: ${value.word} } }`);
}

/** What other queries compare the column with, when that is visible here too. */
function valueFor(
  column: string,
  access: Access,
  source: FixSource,
): { readonly word: string; readonly only: boolean } | null {
  const { facts } = source;
  const scope = access.reaches
    .map((reach) => facts.entries[reach.entry])
    .find((entry) => entry.place.file === access.place.file && entry.place.start <= access.place.start);
  if (scope === undefined) return null;
  const before = source.text(access.place.file).slice(scope.place.start, access.place.start);
  const written = facts.accesses
    .filter((other) => other !== access && other.place.file === access.place.file)
    .filter((other) => other.conjuncts.some((one) => one.column === column && one.values.some(isIdentity)))
    .map((other) => new RegExp(`\\b${column}:\\s*([\\w$.?!]+)`).exec(textAt(other.place, source))?.[1] ?? "");
  return mostFrequent(written.filter((value) => value.includes(".") && isVisible(value, before)));
}

const isIdentity = (value: { readonly source: string }): boolean => value.source === "identity";
