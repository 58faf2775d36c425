/**
 * Whether an access is bound on each of the ways that lead to it within its function, where what these have in common
 * does not say so: a check in one chain of conditions, and its use in another over the same.
 */
import type { Binding } from "../../model/facts.js";
import { type Fact, uniqueFacts } from "../../program/facts/facts.js";
import { isContradictory, settledFacts } from "../../program/facts/settled-facts.js";
import type { Site } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";

/** @returns null when some way leaves it open, or when there is only one */
export function boundOnEveryWay(
  site: Site,
  known: readonly Fact[],
  judge: (facts: readonly Fact[]) => Binding,
  { guarantees }: Analysis,
): Binding | null {
  const ways = guarantees.waysTo(site);
  if (ways.length < 2) return null;
  let bound: Binding | null = null;
  for (const way of ways) {
    const facts = settledFacts(uniqueFacts([...way, ...known]));
    // one condition cannot come out in two ways
    if (isContradictory(facts)) continue;
    const binding = judge(facts);
    if (binding.verdict !== "bound") return null;
    bound = binding;
  }
  return bound;
}
