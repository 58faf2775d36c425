/** Filters of which one is for callers who may have everybody's rows: `isManager(user) ? { archived: false } : { ownerId }`. */
import type { Choice, FilterTerm } from "../../frameworks/data/data-call.js";
import type { DataRecogniser } from "../../frameworks/data/recogniser.js";
import type { TenancyModel } from "../../model/data-model.js";
import { atomsOf } from "../../program/facts/conditions.js";
import type { Fact } from "../../program/facts/facts.js";
import type { Guarantees } from "../../program/facts/guarantees.js";
import type { LinkQueries, Origin, Site } from "../../program/values/origin.js";
import { decisionsIn } from "../decisions/decisions.js";
import { isForAll } from "../decisions/for-all.js";
import { isHandedToAdministrators } from "./handed-out-values.js";

type Alternatives = readonly (readonly FilterTerm[])[];

/** What holds where, by the data layers that were asked. */
const known = new WeakMap<DataRecogniser, Guarantees>();

export function chooseBy(data: DataRecogniser, guarantees: Guarantees): void {
  known.set(data, guarantees);
}

/** The alternatives that callers get who are held to their own rows; all of them where nobody is told apart. */
export function forOrdinaryCallers(
  alternatives: Alternatives,
  data: DataRecogniser,
  queries: LinkQueries,
  tenancy: TenancyModel | null,
): Alternatives {
  const guarantees = known.get(data);
  if (alternatives.length < 2 || guarantees === undefined) return alternatives;
  const isPrivileged = (choice: Choice): boolean =>
    decisionsIn(factsOf(choice, guarantees), data, queries).some(
      // who is not somebody may be anybody
      (decision) => decision.fact.kind !== "unequal" && isForAll(decision, tenancy),
    );
  const kept = alternatives.filter((terms) => !terms.some((term) => term.chosen?.some(isPrivileged)));
  return kept.length === 0 ? alternatives : kept;
}

/** The values that callers bring who are held to their own rows, at an access; all of them where nobody is told apart. */
export function ofOrdinaryCallers(
  values: readonly Origin[],
  site: Site,
  data: DataRecogniser,
  queries: LinkQueries,
  tenancy: TenancyModel | null,
): readonly Origin[] {
  const guarantees = known.get(data);
  if (values.length < 2 || guarantees === undefined) return values;
  const context = { data, queries, guarantees, tenancy };
  const isGivenOut = (value: Origin): boolean => isHandedToAdministrators(value, values, site, context);
  return values.filter((value) => value.kind !== "source" || value.source !== "input" || !isGivenOut(value));
}

const factsOfChoices = new WeakMap<Choice, readonly Fact[]>();

function factsOf(choice: Choice, guarantees: Guarantees): readonly Fact[] {
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
