/** Ways through the statements on a builder: `if (space) q = q.where(…); else q = q.where(…);` takes one or the other. */
import { waysBetween } from "../../program/facts/avoidance.js";
import type { SteppedClause } from "./builder-filter.js";
import type { Step, Stretch } from "./builder-steps.js";

const MAX_WAYS = 8;
const MAX_BLOCK_WAYS = 64;

interface Chosen {
  readonly step: Step;
  readonly stretch: Stretch;
}

/** @returns the clauses as they are where some way takes none of those that can be gone around */
export function waysThrough(clauses: readonly SteppedClause[]): readonly (readonly SteppedClause[])[] {
  const chosen = clauses.flatMap((one) => chosenStep(one) ?? []);
  const [first] = chosen;
  if (first === undefined || chosen.length < 2) return [clauses];
  const { fn } = first.stretch;
  const ways = stepSets(chosen.filter(({ stretch }) => stretch.fn === fn));
  if (ways === null || ways.some((way) => way.size === 0)) return [clauses];
  return ways.map((way) =>
    clauses.flatMap((one) => {
      const taken = chosenStep(one);
      if (taken === null || taken.stretch.fn !== fn) return [one];
      return way.has(taken.step) ? [{ ...one, conditional: false }] : [];
    }),
  );
}

function chosenStep({ conditional, step }: SteppedClause): Chosen | null {
  const stretch = step?.stretch ?? null;
  return !conditional || step === undefined || !step.conditional || stretch === null ? null : { step, stretch };
}

/** Which of the steps each way takes; null where there are too many ways. */
function stepSets(chosen: readonly Chosen[]): readonly ReadonlySet<Step>[] | null {
  const [first] = chosen;
  if (first === undefined) return null;
  const from = Math.min(...chosen.map(({ stretch }) => stretch.from));
  const to = Math.max(...chosen.map(({ stretch }) => stretch.to));
  const ways = waysBetween(first.stretch.fn, from, to, MAX_BLOCK_WAYS);
  if (ways === null) return null;
  const found = new Map<string, ReadonlySet<Step>>();
  for (const leadsOver of ways) {
    const taken = chosen.filter(({ stretch }) => leadsOver(stretch.at));
    found.set(taken.map(({ stretch }) => stretch.at).join(), new Set(taken.map(({ step }) => step)));
  }
  return found.size > MAX_WAYS ? null : [...found.values()];
}
