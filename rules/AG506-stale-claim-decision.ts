/** AG506: a claim that was true when the token was signed decides long after. */
import type { StaleClaim } from "../src/model/conduct.js";
import { defineRule, type FindingDraft, type RuleInput } from "../src/model/rule.js";
import { entriesByKey, entryPlaces } from "./support/entry-points.js";
import { onePerPlace } from "./support/one-per-place.js";
import { symbolSubject } from "./support/token-reads.js";
import { counted, sentences } from "./support/wording.js";

export const staleClaimDecision = defineRule<"stale">({
  meta: {
    code: "AG506",
    name: "stale-claim-decision",
    title: "A lasting token decides what only current data can",
    why: "A role in a token is the role of the day on which it was signed. Who is demoted, dismissed or locked out keeps it until the token ends, and nothing on the server can take it away.",
    severity: "warning",
    securitySeverity: "5.4",
    precision: "medium",
    cwe: [613, 863],
    taxa: ["API5:2023", "A01:2025", "A07:2025", "PR.AA-05", "ASVS-8.3.2"],
    since: "0.2.0",
    messages: {
      stale: "'{claim}' decides by a token that lives {lifetime}, without a look at current data.{detail}",
    },
  },
  check(input) {
    return onePerPlace(input.facts.staleClaims.map((one) => draft(one, input)));
  },
});

function draft(one: StaleClaim, { facts }: RuleInput): FindingDraft<"stale"> {
  const entries = entriesByKey(one.entries, facts);
  const [first] = entries;
  const many = `It decides about ${counted(entries.length, "entry point")}${first === undefined ? "" : `, '${first.key}' among them`}`;
  return {
    message: "stale",
    data: { claim: one.claim, lifetime: lifetimeOf(one.lifetime), detail: sentences([many]) },
    subject: symbolSubject(one.place, one.symbol),
    aspect: one.claim,
    place: one.place,
    related: [{ place: one.signedAt, label: "the token is signed here" }, ...entryPlaces(entries, 3)],
    flow: [
      { place: one.signedAt, label: `'${one.claim}' is written into the token here` },
      { place: one.place, label: "the token is verified and its claims are taken for the caller" },
      ...entryPlaces(entries, 1),
    ],
    confidence: "proven",
    severity: "warning",
    remedy:
      "Load the caller's current role where it decides, or let the token live for minutes and be renewed from current data.",
  };
}

/** `30 days`, `36 hours`, `for ever`. */
function lifetimeOf(seconds: number): string {
  if (seconds < 0) return "for ever";
  return seconds >= 172_800 ? `${Math.round(seconds / 86_400)} days` : `${Math.round(seconds / 3600)} hours`;
}
