/** Filters of which one is for callers who may have everybody's rows: `isManager(user) ? { archived: false } : { ownerId }`. */
import type { Choice, FilterTerm } from "../../frameworks/data/data-call.js";
import type { DataRecogniser } from "../../frameworks/data/recogniser.js";
import type { TenancyModel } from "../../model/data-model.js";
import type { LinkQueries, Origin, Site } from "../../program/values/origin.js";
import { decisionsIn } from "../decisions/decisions.js";
import { isForAll } from "../decisions/for-all.js";
import { isHandedToAdministrators } from "./handed-out-values.js";
import { type Alternatives, factsOf, guaranteesOf, possibleAlternatives } from "./possible-choices.js";

/** The alternatives that callers get who are held to their own rows; all of them where nobody is told apart. */
export function forOrdinaryCallers(
  alternatives: Alternatives,
  data: DataRecogniser,
  queries: LinkQueries,
  tenancy: TenancyModel | null,
): Alternatives {
  const guarantees = guaranteesOf(data);
  const found = possibleAlternatives(alternatives, data);
  const chooses = found.some((terms) => terms.some(({ unless }) => unless !== undefined));
  if (guarantees === undefined || (!chooses && found.length < 2)) return found;
  const isPrivileged = (choice: Choice): boolean =>
    decisionsIn(factsOf(choice, guarantees), data, queries).some(
      // who is not somebody may be anybody
      (decision) => decision.fact.kind !== "unequal" && isForAll(decision, tenancy),
    );
  // `seesAll(user) ? undefined : eq(rows.ownerId, user.id)`: for all others it is there
  const asOrdinary = (term: FilterTerm): FilterTerm =>
    term.unless !== undefined && isPrivileged(term.unless)
      ? { ...term, position: "and", vanishes: term.vanishesBesides === true }
      : term;
  const possible = chooses ? found.map((terms) => terms.map(asOrdinary)) : found;
  if (possible.length < 2) return possible;
  const kept = possible.filter((terms) => !terms.some((term) => term.chosen?.some(isPrivileged)));
  return kept.length === 0 ? possible : kept;
}

/** The values that callers bring who are held to their own rows, at an access; all of them where nobody is told apart. */
export function ofOrdinaryCallers(
  values: readonly Origin[],
  site: Site,
  data: DataRecogniser,
  queries: LinkQueries,
  tenancy: TenancyModel | null,
): readonly Origin[] {
  const guarantees = guaranteesOf(data);
  if (values.length < 2 || guarantees === undefined) return values;
  const context = { data, queries, guarantees, tenancy };
  const isGivenOut = (value: Origin): boolean => isHandedToAdministrators(value, values, site, context);
  return values.filter((value) => value.kind !== "source" || value.source !== "input" || !isGivenOut(value));
}
