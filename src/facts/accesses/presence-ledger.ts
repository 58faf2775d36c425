/** What was checked of a value provided that it was given: `if (id) await check(id);`. */
import type { DataCall } from "../../frameworks/data/data-call.js";
import { type Fact, uniqueFacts } from "../../program/facts/facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import { factsIfPresent } from "../guards/conditional-checks.js";
import { Ledger } from "./ledger.js";
import { valueKey } from "./ledger-values.js";

/** What is verified provided that it is there at all; asked for only where nothing else binds. */
export class PresenceLedger {
  readonly #known = new Map<string, boolean>();

  constructor(
    private readonly call: DataCall,
    readonly facts: readonly Fact[],
    private readonly analysis: Analysis,
  ) {}

  verified(value: Origin): boolean {
    const key = valueKey(value);
    let known = this.#known.get(key);
    if (known === undefined) {
      const { data, queries } = this.analysis;
      const given = factsIfPresent(value, this.call.site, this.analysis);
      const more = [...given, ...[...given, ...this.facts].flatMap((fact) => waysIfPresent(fact, key, queries))];
      known =
        more.length > 0 && new Ledger(uniqueFacts([...more, ...this.facts]), data, queries).verified(value) !== null;
      this.#known.set(key, known);
    }
    return known;
  }
}

/** `if (ids.length === 0) return;` of a function that checks: what it shows of ids that there are. */
function waysIfPresent(fact: Fact, key: string, queries: LinkQueries): readonly Fact[] {
  if (fact.kind !== "either") return [];
  const isValue = (origin: Origin): boolean => valueKey(origin) === key;
  // a list that it was put into
  const isHolder = (origin: Origin): boolean =>
    origin.kind === "literal" && origin.form === "array" && leaves(queries.project(origin, ["[]"])).some(isValue);
  const saysMissing = (one: Fact): boolean =>
    one.kind === "absent" && leaves(one.of).some((origin) => isValue(origin) || isHolder(origin));
  const [only, ...others] = fact.paths.filter((path) => !path.some(saysMissing));
  return only !== undefined && others.length === 0 && fact.paths.length > 1 ? only : [];
}
