/** Conditions written as SQL text inside a builder: parsed as the WHERE of a statement made up for them. */
import type { SqlConjunct } from "../sql/statement.js";
import type { FilterTerm } from "./data-call.js";
import { conjunction, disjunction, type Reading, termReading } from "./filter-terms.js";

/** Conjuncts of the outermost scope as a reading; the branches of an OR become alternatives. */
export function conjunctsReading(
  conjuncts: readonly SqlConjunct[],
  toTerm: (conjunct: SqlConjunct) => FilterTerm | null,
): Reading {
  const groups = new Map<number, Map<number, Reading[]>>();
  const readings: Reading[] = [];
  for (const conjunct of conjuncts) {
    const term = conjunct.scope === 0 ? toTerm(conjunct) : null;
    if (term === null) continue;
    if (conjunct.or === null) {
      readings.push(termReading(term));
      continue;
    }
    const branches = groups.get(conjunct.or.group) ?? new Map<number, Reading[]>();
    const branch = branches.get(conjunct.or.branch) ?? [];
    branch.push(termReading({ ...term, position: term.position === "or" ? "and" : term.position }));
    groups.set(conjunct.or.group, branches.set(conjunct.or.branch, branch));
  }
  for (const branches of groups.values()) readings.push(disjunction([...branches.values()].map(conjunction)));
  return conjunction(readings);
}
