/** What a fact was made of. */
import { leaves } from "../values/computed-origins.js";
import type { Origin } from "../values/origin.js";
import type { Fact } from "./facts.js";

/** The values that were asked for it to hold; none for facts that say nothing of values. */
export function decidedBy(fact: Fact): readonly Origin[] {
  switch (fact.kind) {
    case "present":
      return leaves(fact.of);
    case "equal":
    case "unequal":
      return leaves([...fact.left, ...fact.right]);
    case "passed":
      return leaves(fact.args.flat());
    case "either":
      return fact.paths.flatMap((path) => path.flatMap(decidedBy));
    default:
      return [];
  }
}
