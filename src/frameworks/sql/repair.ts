/**
 * Query texts are often assembled: a placeholder may stand for a whole join, a further condition or a sub-select that
 * was built elsewhere. Where the grammar refuses such a placeholder it is taken out (or given a shape that fits) and
 * remembered, so that what is plainly written can still be read.
 */
import { inPostgres } from "./dialects.js";
import { parseSqlTree, type SqlTree } from "./parser.js";
import { relaxDialect } from "./placeholders.js";

export type RepairedSql =
  | {
      readonly statements: Extract<SqlTree, { statements: unknown }>["statements"];
      readonly spliced: readonly number[];
    }
  | { readonly error: string };

const MOST_REPAIRS = 16;

/** Parses a text whose placeholders are `$n`; the error given is the one for the text as it was. */
export function parseRepaired(text: string): RepairedSql {
  const first = parseSqlTree(text);
  if (!("error" in first)) return { statements: first.statements, spliced: [] };
  const spliced = new Set<number>();
  let current = relaxDialect(inPostgres(text));
  for (let round = 0; round < MOST_REPAIRS; round++) {
    const tree = parseSqlTree(current);
    if (!("error" in tree)) return { statements: tree.statements, spliced: [...spliced].sort((a, b) => a - b) };
    const culprit = culpritOf(current, tree.at);
    if (culprit === null) return { error: first.error };
    spliced.add(culprit.index);
    current = without(current, culprit);
  }
  return { error: first.error };
}

interface Culprit {
  readonly index: number;
  readonly start: number;
  readonly end: number;
}

/** The placeholder at the error, or the last one before it when only a name or a dot lies between. */
function culpritOf(text: string, at: number): Culprit | null {
  if (at < 0) return null;
  const here = /^\$(\d+)/.exec(text.slice(at));
  if (here !== null) return { index: Number(here[1]), start: at, end: at + here[0].length };
  const before = /\$(\d+)[\s,]*(?:"?\w*"?\s*){0,2}$/.exec(text.slice(0, at));
  if (before === null) return null;
  return { index: Number(before[1]), start: before.index, end: before.index + 1 + (before[1] ?? "").length };
}

function without(text: string, { index, start, end }: Culprit): string {
  const left = text.slice(0, start);
  const right = text.slice(end);
  // a sub-select built elsewhere
  if (/\(\s*$/.test(left) && /^\s*\)/.test(right)) return `${left}select $${index} as "$${index}"${right}`;
  if (/\bwith\s*$/i.test(left)) return left + right.replace(/^\s*,/, " ");
  // a condition of its own, between two others
  if (/\b(?:and|or|where|on)\s*$/i.test(left)) return `${left}true${right}`;
  return `${left} ${right}`;
}
