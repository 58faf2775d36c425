/** AG109: an authentication failure that tells the caller about the token or about the inside of the service. */
import type { TalkativeRefusal } from "../src/model/facts.js";
import { defineRule, type FindingDraft, type RuleInput } from "../src/model/rule.js";
import { entriesByKey, entryPlaces } from "./support/entry-points.js";
import { onePerPlace } from "./support/one-per-place.js";
import { listed, sentences } from "./support/wording.js";

type Message = TalkativeRefusal["kind"];

export const talkativeRejection = defineRule<Message>({
  meta: {
    code: "AG109",
    name: "talkative-rejection",
    title: "Authentication failure that reveals too much",
    why: "Whoever is turned away learns how tokens are checked, which library does it and what was wrong with theirs. A stack or a token in the answer ends up in logs and screens of others besides.",
    severity: "warning",
    securitySeverity: "3.7",
    precision: "high",
    cwe: [209, 532],
    taxa: ["A10:2025", "API8:2023", "PR.PS-06", "ASVS-16.5.3"],
    since: "0.2.0",
    messages: {
      credential: "The refusal of {entries} answers with the caller's '{what}'.{detail}",
      stack: "The refusal of {entries} answers with the stack of the error.{detail}",
      error: "The refusal of {entries} answers with the whole error.{detail}",
      message: "The refusal of {entries} answers with the message of the error.{detail}",
    },
  },
  check(input) {
    return onePerPlace(input.facts.talkativeRefusals.flatMap((refusal) => draftOf(refusal, input)));
  },
});

function draftOf(refusal: TalkativeRefusal, { facts, profile }: RuleInput): FindingDraft<Message>[] {
  // a message may be meant for the caller
  if (refusal.kind === "message" && profile !== "audit") return [];
  const [first] = refusal.entries;
  if (first === undefined) return [];
  const entries = entriesByKey(refusal.entries, facts);
  const where = refusal.symbol === "" ? "" : `It stands in '${refusal.symbol}'`;
  return [
    {
      message: refusal.kind,
      data: { entries: listed(refusal.entries), what: refusal.what, detail: sentences([where]) },
      subject: first,
      aspect: `${refusal.symbol} ${refusal.kind}`,
      place: refusal.place,
      related: entryPlaces(entries),
      flow: [...entryPlaces(entries, 1), { place: refusal.place, label: `${refusal.what} is sent with the refusal` }],
      confidence: "proven",
      severity: refusal.kind === "message" ? "note" : "warning",
      remedy: "Answer with one fixed sentence for every failure, and write the reason to the log.",
    },
  ];
}
