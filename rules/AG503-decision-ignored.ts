/** AG503: a decision is asked for, and what it says changes nothing. */
import type { DecisionFault, DecisionFaultKind } from "../src/model/facts.js";
import { defineRule, type FindingDraft, type RuleInput } from "../src/model/rule.js";
import { claimed } from "./support/certainty.js";
import { entriesByKey, entryPlaces } from "./support/entry-points.js";
import { onePerPlace } from "./support/one-per-place.js";
import { sentences } from "./support/wording.js";

type Message =
  | "notAwaited"
  | "discarded"
  | "wholeObject"
  | "word"
  | "wrongWord"
  | "missing"
  | "asyncPredicate"
  | "afterEffect";

interface FaultKind {
  readonly message: Message;
  readonly remedy: (fault: DecisionFault) => string;
}

const testVerdict = (fault: DecisionFault): string =>
  fault.verdict === "" ? "Allow only when the answer is true." : `Test '${fault.verdict.trim()}' of what it answers.`;

const KINDS: Readonly<Record<DecisionFaultKind, FaultKind>> = {
  "not-awaited": { message: "notAwaited", remedy: () => "Await the call before its answer is tested." },
  discarded: { message: "discarded", remedy: testVerdict },
  "whole-object": { message: "wholeObject", remedy: testVerdict },
  "enum-truthiness": { message: "word", remedy: testVerdict },
  "wrong-word": { message: "wrongWord", remedy: testVerdict },
  "missing-result": { message: "missing", remedy: testVerdict },
  "async-predicate": {
    message: "asyncPredicate",
    remedy: ({ verdict }) => `Await all answers first, then '${verdict}' by them.`,
  },
  "after-effect": { message: "afterEffect", remedy: () => "Ask before anything is changed." },
};

export const decisionIgnored = defineRule<Message>({
  meta: {
    code: "AG503",
    name: "decision-ignored",
    title: "Decision without consequence",
    why: "An engine is asked and its answer is lost: a promise, an object or a word is true whatever it says. The check is seen in every review, and everybody passes it.",
    severity: "error",
    securitySeverity: "8.6",
    precision: "high",
    cwe: [863, 252, 636],
    taxa: ["API5:2023", "API1:2023", "A01:2025", "A10:2025", "PR.AA-05", "ASVS-8.2.1"],
    since: "0.1.0",
    messages: {
      notAwaited: "'{name}' answers with a promise that nothing waits for, so it decides nothing.{detail}",
      discarded: "The answer of '{name}' is not looked at, so nothing depends on it.{detail}",
      wholeObject: "The whole answer of '{name}' is tested, which is true whatever it says.{detail}",
      word: "The verdict of '{name}' is a word or a number and is tested as if it were true or false.{detail}",
      wrongWord: "The verdict of '{name}' is compared with what it never says.{detail}",
      missing: "A missing answer of '{name}' is let through.{detail}",
      asyncPredicate:
        "'{verdict}' is given a check that answers with a promise, so every element passes '{name}'.{detail}",
      afterEffect: "'{verdict}' happens before '{name}' is asked.{detail}",
    },
  },
  check(input) {
    return onePerPlace(input.facts.decisionFaults.map((fault) => draft(fault, input)));
  },
});

function draft(fault: DecisionFault, { facts }: RuleInput): FindingDraft<Message> {
  const kind = KINDS[fault.kind];
  const entries = entriesByKey(fault.entries, facts);
  const where = `${fault.place.file}#${fault.symbol || fault.name}`;
  const evidence = fault.evidence.map((line) => ({ place: line.place, label: line.note }));
  return {
    message: kind.message,
    data: {
      name: fault.name,
      verdict: fault.verdict,
      detail: sentences([
        ...fault.evidence.map((line) => line.note),
        fault.engine === "" ? "" : `The engine is ${fault.engine}`,
      ]),
    },
    subject: entries[0]?.key ?? where,
    aspect: `${fault.kind} ${fault.name}`,
    place: fault.place,
    related: entryPlaces(entries),
    flow: [...entryPlaces(entries, 1), ...evidence],
    confidence: claimed(fault.confidence),
    severity: fault.confidence === "named" ? "warning" : "error",
    remedy: kind.remedy(fault),
  };
}
