/** Filters that a function gives one of: which of them a caller can get, by what it hands the function. */
import type { Choice, FilterTerm } from "../../frameworks/data/data-call.js";
import type { DataRecogniser } from "../../frameworks/data/recogniser.js";
import { isPossible } from "../../frameworks/knowledge/auth-level.js";
import { atomsOf } from "../../program/facts/conditions.js";
import type { Fact } from "../../program/facts/facts.js";
import type { Guarantees } from "../../program/facts/guarantees.js";

export type Alternatives = readonly (readonly FilterTerm[])[];

/** What holds where, by the data layers that were asked. */
const known = new WeakMap<DataRecogniser, Guarantees>();

export function chooseBy(data: DataRecogniser, guarantees: Guarantees): void {
  known.set(data, guarantees);
}

export function guaranteesOf(data: DataRecogniser): Guarantees | undefined {
  return known.get(data);
}

/** `if (!roles) return { id }; return { id, role: { in: roles } }`: whoever hands over roles gets the second. */
export function possibleAlternatives(alternatives: Alternatives, data: DataRecogniser): Alternatives {
  const guarantees = known.get(data);
  if (alternatives.length < 2 || guarantees === undefined) return alternatives;
  const isRuledOut = (choice: Choice): boolean =>
    (choice.holds === undefined && !guarantees.reachable(choice.site)) || !isPossible(factsOf(choice, guarantees));
  const kept = alternatives.filter((terms) => !terms.some((term) => term.chosen?.some(isRuledOut)));
  return kept.length === 0 ? alternatives : kept;
}

const factsOfChoices = new WeakMap<Choice, readonly Fact[]>();

/** What holds where a filter is chosen. */
export function factsOf(choice: Choice, guarantees: Guarantees): readonly Fact[] {
  let facts = factsOfChoices.get(choice);
  if (facts === undefined) {
    const { site, holds } = choice;
    facts =
      holds === undefined
        ? guarantees.factsAt(site)
        : guarantees.reader.read(atomsOf(site.fn, site.v, holds), site.fn, site.frame);
    factsOfChoices.set(choice, facts);
  }
  return facts;
}
