/** What was checked of a value provided that it was given: `if (id) await check(id);`. */
import type { DataCall } from "../../frameworks/data/data-call.js";
import type { DataRecogniser } from "../../frameworks/data/recogniser.js";
import { isDemandedBySchema } from "../../frameworks/knowledge/schema-choices.js";
import { type Fact, uniqueFacts } from "../../program/facts/facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { LinkQueries, Origin, Site } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import { factsIfPresent } from "../guards/conditional-checks.js";
import { factsOfKept } from "./kept-values.js";
import { Ledger } from "./ledger.js";
import { valueKey } from "./ledger-values.js";

/** What is verified provided that it is there at all; asked for only where nothing else binds. */
export class PresenceLedger {
  readonly #known = new Map<string, boolean>();
  /** the same whichever value is asked about */
  #givenBeside: readonly Fact[] | null = null;

  constructor(
    private readonly call: DataCall,
    readonly facts: readonly Fact[],
    private readonly analysis: Analysis,
    /** where the steps before the handler let the request pass */
    private readonly passes: readonly Site[] = [],
  ) {}

  #givenIn(value: Origin): readonly Fact[] {
    const sites = [this.call.site, ...this.passes];
    return [
      ...sites.flatMap((site) => [...factsIfPresent(value, site, this.analysis)]),
      ...factsOfKept(value, this.call.site, this.analysis),
    ];
  }

  /** What rows that were found before were sought by as well, and what no request comes without. */
  #beside(): readonly Origin[] {
    if (this.passes.length === 0) return [];
    return this.#soughtBy(this.facts).filter((value) => this.demanded(value));
  }

  /** `where: { id: folderId, projectId }`: the project is there as well, and was checked because it is. */
  #besideIfGiven(given: readonly Fact[]): readonly Origin[] {
    const isThere = new Set(this.facts.flatMap((fact) => (fact.kind === "present" ? fact.of.map(valueKey) : [])));
    return this.#soughtBy(given).filter((value) => value.kind === "source" && isThere.has(valueKey(value)));
  }

  #soughtBy(facts: readonly Fact[]): readonly Origin[] {
    const { data, queries } = this.analysis;
    const calls = facts.filter(findsRow).flatMap((fact) => {
      const rows = fact.kind === "present" ? fact.of : [];
      return rows.flatMap((o) => (o.kind === "source" && o.site !== null ? (data.loading(o.site, queries) ?? []) : []));
    });
    return calls.flatMap(({ filter }) => filter.alternatives.flat().flatMap((term) => [...leaves(term.values)]));
  }

  /** A schema refused the request where it is missing. */
  demanded(value: Origin): boolean {
    return value.kind === "source" && isDemandedBySchema(value, this.analysis.queries);
  }

  verified(value: Origin): boolean {
    const key = valueKey(value);
    let known = this.#known.get(key);
    if (known === undefined) {
      const { data, queries } = this.analysis;
      this.#givenBeside ??= this.#beside().flatMap((one) => [...this.#givenIn(one)]);
      const own = this.#givenIn(value);
      const others = this.#besideIfGiven(own).filter((one) => valueKey(one) !== key);
      const given = [...own, ...this.#givenBeside, ...others.flatMap((one) => [...this.#givenIn(one)])];
      const more = [
        ...given,
        ...[...given, ...this.facts].flatMap((fact) => waysIfPresent(fact, value, this.analysis)),
      ];
      const facts = uniqueFacts([...more, ...this.facts]);
      const asks = more.length > 0 || this.facts.some(findsRow);
      known = asks && new Ledger(facts, data, queries, null, { given: key }).verified(value) !== null;
      this.#known.set(key, known);
    }
    return known;
  }
}

function findsRow(fact: Fact): boolean {
  return fact.kind === "present" && fact.of.some((o) => o.kind === "source" && o.source === "row");
}

/** `if (ids.length === 0) return;` of a function that checks: what it shows of ids that there are. */
function waysIfPresent(fact: Fact, value: Origin, { data, queries }: Analysis): readonly Fact[] {
  if (fact.kind !== "either") return [];
  const key = valueKey(value);
  const isValue = (origin: Origin): boolean => valueKey(origin) === key;
  // a list that it was put into
  const isHolder = (origin: Origin): boolean =>
    origin.kind === "literal" && origin.form === "array" && leaves(queries.project(origin, ["[]"])).some(isValue);
  // what was sought in the list that it is in
  const isAround = (origin: Origin): boolean =>
    origin.kind === "source" && value.kind === "source" && origin.source === value.source && origin.path !== ""
      ? value.path.startsWith(`${origin.path}.`)
      : false;
  const isFound = (origin: Origin): boolean => columnThatFinds(origin, isValue, data, queries) !== null;
  const saysMissing = (one: Fact): boolean =>
    one.kind === "absent" && leaves(one.of).some((o) => isValue(o) || isHolder(o) || isAround(o) || isFound(o));
  // what was found by the value has it
  const deniesFound = (one: Fact): boolean =>
    one.kind === "unequal" &&
    [one.left, one.right].some((side, i) => {
      const other = leaves(i === 0 ? one.right : one.left);
      const isKeyOfFound = (o: Origin): boolean =>
        o.kind === "source" && o.path !== "" && columnThatFinds(o, isValue, data, queries) === o.path;
      return other.length > 0 && other.every(isValue) && leaves(side).length > 0 && leaves(side).every(isKeyOfFound);
    });
  const ways = fact.paths.filter((path) => !path.some((one) => saysMissing(one) || deniesFound(one)));
  const [only, ...others] = ways;
  return only !== undefined && others.length === 0 && fact.paths.length > 1 ? only : [];
}

/** The column by which alone rows were sought that a value was given for; null for other rows. */
function columnThatFinds(
  row: Origin,
  isValue: (origin: Origin) => boolean,
  data: DataRecogniser,
  queries: LinkQueries,
): string | null {
  if (row.kind !== "source" || row.source !== "row" || row.site === null) return null;
  const [[term, ...others] = [], ...more] = data.loading(row.site, queries)?.filter.alternatives ?? [];
  if (term === undefined || others.length > 0 || more.length > 0 || term.position !== "and") return null;
  return leaves(term.values).some(isValue) ? term.column : null;
}
