/** AG102: a guard exists, and its position, path, method or scope leaves this entry point out. */
import type { NearMiss } from "../src/model/facts.js";
import { defineRule, type FindingDraft } from "../src/model/rule.js";
import { claimed, weaker } from "./support/certainty.js";
import { onePerPlace } from "./support/one-per-place.js";
import { type OpenEntry, openDetails, openEntries, openFlow } from "./support/open-entries.js";
import { sentences } from "./support/wording.js";

type Message = "registeredLater" | "pathNotCovered" | "methodNotCovered" | "otherScope" | "overridden";

const MESSAGE_OF: Readonly<Record<NearMiss["why"], Message>> = {
  "registered-later": "registeredLater",
  "path-not-covered": "pathNotCovered",
  "method-not-covered": "methodNotCovered",
  "plugin-scope": "otherScope",
  "overridden-method": "overridden",
};

const REMEDIES: Readonly<Record<NearMiss["why"], string>> = {
  "registered-later": "Register the guard before the entry point, or attach it to the entry point itself.",
  "path-not-covered":
    "Widen the guard's path so that it covers the entry point, or attach it to the entry point itself.",
  "method-not-covered": "Let the guard cover this method too, or attach it to the entry point itself.",
  "plugin-scope": "Register the guard in the scope that holds the entry point, or lift it out of its own scope.",
  "overridden-method":
    "Repeat the guard on the overriding method; what is attached to the overridden one does not carry over.",
};

export const guardOutOfReach = defineRule<Message>({
  meta: {
    code: "AG102",
    name: "guard-out-of-reach",
    title: "Guard that does not cover the entry point",
    why: "The code looks protected, since a guard is there, and yet it never runs for this entry point: it is registered too late, or its path, methods or scope do not cover it.",
    severity: "error",
    securitySeverity: "8.2",
    precision: "high",
    cwe: [288, 306, 863],
    taxa: ["API5:2023", "API8:2023", "A01:2025", "PR.AA-05", "ASVS-8.3.1", "ASVS-8.2.1"],
    since: "0.1.0",
    messages: {
      registeredLater: "'{guard}' is registered after '{entry}' and never runs for it.{detail}",
      pathNotCovered: "'{guard}' stands on a path that does not cover '{entry}'.{detail}",
      methodNotCovered: "'{guard}' does not cover the method of '{entry}'.{detail}",
      otherScope: "'{guard}' belongs to another scope than '{entry}' and never runs for it.{detail}",
      overridden: "'{guard}' guards a method that '{entry}' overrides, and is lost by that.{detail}",
    },
  },
  check(input) {
    return onePerPlace(
      openEntries(input).flatMap((open) => (open.nearMiss === null ? [] : [draft(open, open.nearMiss)])),
    );
  },
});

function draft(open: OpenEntry, miss: NearMiss): FindingDraft<Message> {
  const { entry } = open;
  const guard = {
    place: miss.step.place,
    label: `'${miss.step.name}' would reject, and does not run for '${entry.key}'`,
  };
  const defined = miss.step.definedAt;
  return {
    message: MESSAGE_OF[miss.why],
    data: { entry: entry.key, guard: miss.step.name, detail: sentences([miss.detail, ...openDetails(open)]) },
    subject: entry.key,
    place: entry.place,
    related: [guard, ...(defined === null ? [] : [{ place: defined, label: `'${miss.step.name}' is defined here` }])],
    flow: [...openFlow(open), guard],
    confidence: claimed(weaker(entry.protection.confidence, miss.step.confidence)),
    severity: open.severity,
    remedy: REMEDIES[miss.why],
  };
}
