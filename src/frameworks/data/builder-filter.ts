/** What the steps of a query builder add up to: conditions joined by AND and OR as SQL joins them, taken back, or only sometimes there. */
import { NONE, Op } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import type { Origin, Site } from "../../program/values/origin.js";
import type { Step } from "./builder-steps.js";
import type { FilterTerm } from "./data-call.js";
import {
  conjunction,
  disjunction,
  eitherOf,
  optional,
  outer,
  type Reading,
  termReading,
  UNFILTERED,
} from "./filter-terms.js";
import { usersOf } from "./query-chain.js";
import { waysThrough } from "./step-ways.js";

/** What one step does to the conditions before it. */
export type Clause =
  /** `outer` filters the joined table only */
  | { readonly how: "and" | "or" | "outer"; readonly reading: Reading }
  /** all conditions so far are taken back */
  | { readonly how: "clear" };

export interface SteppedClause {
  readonly clause: Clause;
  /** there is a way around the step */
  readonly conditional: boolean;
  readonly step?: Step;
}

/** What the steps add up to on each of the ways through them. */
export function foldClauses(clauses: readonly SteppedClause[]): Reading {
  return eitherOf(waysThrough(clauses).map(foldWay));
}

/** AND binds tighter than OR: `a AND b OR c AND d`. */
function foldWay(clauses: readonly SteppedClause[]): Reading {
  let branches: Reading[][] = [[]];
  const joins: Reading[] = [];
  for (const { clause, conditional, step } of clauses) {
    if (clause.how === "clear") {
      branches = [[]];
      continue;
    }
    const reading = conditional ? optional(clause.reading, [], step?.unless) : clause.reading;
    if (clause.how === "outer") joins.push(outer(reading));
    else if (clause.how === "or" && branches.some((branch) => branch.length > 0)) branches.push([reading]);
    else branches.at(-1)?.push(reading);
  }
  const [only] = branches;
  const wheres =
    branches.length === 1 && only !== undefined ? conjunction(only) : disjunction(branches.map(conjunction));
  return joins.length === 0 ? wheres : conjunction([wheres, ...joins]);
}

/** One comparison; `negated` for its opposite. */
export function comparison(
  column: string,
  operator: string,
  values: readonly Origin[],
  at: Site,
  details: Partial<Pick<FilterTerm, "model" | "position" | "vanishes">> = {},
): Reading {
  const { model = "", position = "and", vanishes = false } = details;
  return termReading({ column, model, operator, position, values, vanishes, place: placeOf(at) });
}

/** Variables have no place of their own: what they are given to has. */
function placeOf({ fn, v }: Site): Place {
  if (fn.start(v) !== NONE) return fn.place(v);
  const call = usersOf(fn, v).find((user) => fn.op(user) === Op.Call);
  return fn.place(call ?? v);
}

export function andClause(reading: Reading | null): Clause | null {
  return reading === null || reading === UNFILTERED ? null : { how: "and", reading };
}
