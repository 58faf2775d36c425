/** What several rules ask about the same run is worked out once: an editor waits for all of them after each edit. */
import type { RuleInput } from "../../src/model/rule.js";

/** @param read must come to the same for the same input */
export function oncePerRun<Answer extends object>(read: (input: RuleInput) => Answer): (input: RuleInput) => Answer {
  const known = new WeakMap<RuleInput, Answer>();
  return (input) => {
    let answer = known.get(input);
    if (answer === undefined) {
      answer = read(input);
      known.set(input, answer);
    }
    return answer;
  };
}
