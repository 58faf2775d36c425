/** AG107: a guard's list of public paths, or of guarded ones, that does not match what it says. */
import type { LoosePattern } from "../src/model/facts.js";
import { defineRule, type FindingDraft, type RuleInput, type Severity } from "../src/model/rule.js";
import { entriesByKey, entryPlaces, verbClass } from "./support/entry-points.js";
import { onePerPlace } from "./support/one-per-place.js";
import { listed, sentences } from "./support/wording.js";

type Message = LoosePattern["kind"];

export const loosePublicPattern = defineRule<Message>({
  meta: {
    code: "AG107",
    name: "loose-public-pattern",
    title: "Public-path pattern matches more than it says",
    why: "A guard that decides by the requested path is only as tight as its patterns. One that matches a longer word, the middle of a path, the query or one spelling only leaves entry points open that nobody meant to open.",
    severity: "error",
    securitySeverity: "8.2",
    precision: "high",
    cwe: [863, 185, 288, 178],
    taxa: ["API5:2023", "API2:2023", "A01:2025", "A07:2025", "PR.AA-05", "ASVS-8.3.1"],
    since: "0.2.0",
    messages: {
      prefix: "'{pattern}' also lets through longer words: '{guard}' does not stop {entries}.{detail}",
      anywhere: "'{pattern}' matches in the middle of other paths: '{guard}' does not stop {entries}.{detail}",
      method: "'{pattern}' names a path for every method: '{guard}' does not stop {entries}.{detail}",
      query:
        "'{pattern}' is looked for in the query as well: '{guard}' lets any request through that carries it.{detail}",
      case: "'{pattern}' is compared letter by letter, which the router does not do: '{guard}' does not stop other spellings.{detail}",
    },
  },
  check(input) {
    return onePerPlace(input.facts.loosePatterns.flatMap((loose) => draftOf(loose, input)));
  },
});

const REMEDIES: Readonly<Record<Message, string>> = {
  prefix: "End the pattern where a segment ends: compare the whole path, or the prefix with its slash.",
  anywhere: "Compare the whole path, or anchor the pattern at its start and at the end of a segment.",
  method: "Let the list name the method as well, and let the guard compare both.",
  query: "Compare the path without its query, and anchor the pattern at both ends.",
  case: "Lower-case the path before it is compared, or attach the guard to the router instead of testing the path.",
};

function draftOf(loose: LoosePattern, input: RuleInput): FindingDraft<Message>[] {
  const entries = entriesByKey(loose.entries, input.facts).filter(
    (entry) => input.policy.entries[input.facts.entries.indexOf(entry)]?.public !== true,
  );
  const [first] = entries;
  if (first === undefined) return [];
  const keys = [...new Set(entries.map((entry) => entry.key))];
  const writes = entries.some((entry) => verbClass(entry, input.facts) === "write" || entry.accesses.length > 0);
  return [
    {
      message: loose.kind,
      data: {
        pattern: loose.pattern,
        guard: loose.guard,
        entries: listed(keys),
        detail: sentences([detailOf(loose, keys)]),
      },
      subject: first.key,
      aspect: `${loose.kind} ${loose.pattern}`,
      place: loose.place,
      related: entryPlaces(entries),
      flow: [
        ...entryPlaces(entries, 1),
        ...first.steps
          .filter((step) => step.name === loose.guard)
          .slice(0, 1)
          .map((step) => ({ place: step.place, label: `'${step.name}' stands before it` })),
        { place: loose.place, label: `'${loose.pattern}' decides` },
      ],
      confidence: "inferred",
      severity: severityOf(loose.kind, writes),
      remedy: REMEDIES[loose.kind],
    },
  ];
}

function severityOf(kind: Message, writes: boolean): Severity {
  if (kind === "query" || kind === "case") return "error";
  return writes ? "error" : "warning";
}

function detailOf({ kind, pattern }: LoosePattern, keys: readonly string[]): string {
  switch (kind) {
    case "query":
      return `'?x=${pattern}' behind the path of ${listed(keys)} is enough`;
    case "case":
      return `${listed(keys)} answers upper-case spellings too, and this is all that stands before it`;
    case "method":
      return "Reading the same path is public as well, which is what the list seems to mean";
    default:
      return "";
  }
}
