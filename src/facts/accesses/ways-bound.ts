/**
 * Whether an access is bound on each of the ways that lead to it, within its function or one that calls it, where what
 * these have in common does not say so: a check in one chain of conditions, and its use in another over the same; the
 * caller's own row, or whatever row where an administrator of everything asks.
 */
import type { TenancyModel } from "../../model/data-model.js";
import type { Binding } from "../../model/facts.js";
import { type Fact, uniqueFacts } from "../../program/facts/facts.js";
import { isContradictory, settledFacts } from "../../program/facts/settled-facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin, Site } from "../../program/values/origin.js";
import { siteKey } from "../../program/values/origin-keys.js";
import type { Analysis } from "../analysis.js";
import { decisionsIn } from "../decisions/decisions.js";
import { isForAll } from "../decisions/for-all.js";
import { levelsOf } from "../guards/conditional-checks.js";

const MAX_WAYS = 12;

export interface WayJudgement {
  readonly tenancy: TenancyModel;
  readonly analysis: Analysis;
  judge(facts: readonly Fact[]): Binding;
}

/** @returns null when some way leaves it open, or when there is only one */
export function boundOnEveryWay(site: Site, known: readonly Fact[], by: WayJudgement): Binding | null {
  for (const at of levelsOf(site)) {
    const ways = by.analysis.guarantees.waysTo(at, "every");
    const bound = boundOnWays(ways, known, by);
    if (bound !== null) return bound;
  }
  return null;
}

/**
 * The same of what a read finds, on the ways on from there: what is asked about on each of them, unless nothing was
 * found, leaves by none.
 */
export function boundOnEveryWayOn(
  site: Site,
  known: readonly Fact[],
  { analysis, judge }: WayJudgement,
): Binding | null {
  for (const at of levelsOf(site)) {
    const ways = analysis.guarantees.waysOver(at);
    if (ways.length < 2 || ways.length > MAX_WAYS) continue;
    const found = ways.filter((facts) => !isMissed(site, facts));
    const judged = found.map((facts) => judge(settledFacts(uniqueFacts([...facts, ...known]))));
    const [first] = judged;
    if (first !== undefined && judged.every(({ verdict }) => verdict === "bound")) return first;
  }
  return null;
}

/** `const row = id ? await find(id) : undefined`, and there is none. */
function isMissed(site: Site, facts: readonly Fact[]): boolean {
  const key = siteKey(site);
  const isRow = (o: Origin): boolean =>
    o.kind === "source" && o.source === "row" && o.path === "" && o.site !== null && siteKey(o.site) === key;
  return facts.some((fact) => fact.kind === "absent" && leaves(fact.of).some(isRow));
}

/** Whether something is shown on each of the ways that lead to a place, and there are several. */
export function shownOnEveryWay(
  site: Site,
  known: readonly Fact[],
  { guarantees }: Analysis,
  isShown: (facts: readonly Fact[]) => boolean,
): boolean {
  return levelsOf(site).some((at) => {
    const ways = guarantees.waysTo(at, "every");
    if (ways.length < 2 || ways.length > MAX_WAYS) return false;
    const possible = ways
      .map((way) => settledFacts(uniqueFacts([...way, ...known])))
      .filter((f) => !isContradictory(f));
    return possible.length > 0 && possible.every(isShown);
  });
}

function boundOnWays(
  ways: readonly (readonly Fact[])[],
  known: readonly Fact[],
  { tenancy, analysis, judge }: WayJudgement,
): Binding | null {
  const { data, queries } = analysis;
  if (ways.length < 2 || ways.length > MAX_WAYS) return null;
  let bound: Binding | null = null;
  let forAll = false;
  for (const way of ways) {
    const facts = settledFacts(uniqueFacts([...way, ...known]));
    // one condition cannot come out in two ways
    if (isContradictory(facts)) continue;
    if (decisionsIn(way, data, queries).some((decision) => isForAll(decision, tenancy))) {
      forAll = true;
      continue;
    }
    const binding = judge(facts);
    if (binding.verdict !== "bound") return null;
    bound = binding;
  }
  return bound ?? (forAll ? ofAdministrators() : null);
}

function ofAdministrators(): Binding {
  const reason = "only who may do it with everybody's rows gets here";
  return { verdict: "not-scoped", confidence: "inferred", reason, evidence: [], conjunct: null, remedy: "" };
}
