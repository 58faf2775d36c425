/** AG206: a session read from where the client keeps it, taken for who calls without anybody checking it. */
import type { TokenRead } from "../src/model/facts.js";
import { defineRule, type FindingDraft } from "../src/model/rule.js";
import { onePerPlace } from "./support/one-per-place.js";
import { readConfidence, readFlow, sessionMatters, symbolSubject, useAt, useSentence } from "./support/token-reads.js";
import { sentences } from "./support/wording.js";

export const unverifiedSession = defineRule<"notChecked">({
  meta: {
    code: "AG206",
    name: "unverified-session",
    title: "Session taken from the client unchecked",
    why: "A session that is only read from a cookie or a client store says what the caller wrote there. On a server it needs a call that checks it before it decides anything.",
    severity: "error",
    securitySeverity: "8.2",
    precision: "medium",
    cwe: [345, 287, 565],
    taxa: ["API2:2023", "A07:2025", "PR.AA-03", "ASVS-7.2.1"],
    since: "0.1.0",
    messages: {
      notChecked: "'{call}' reads the session without checking it.{detail}",
    },
  },
  check({ facts }) {
    return onePerPlace(facts.tokenReads.filter(sessionMatters).map(draft));
  },
});

function draft(read: TokenRead): FindingDraft<"notChecked"> {
  const confidence = readConfidence(read);
  return {
    message: "notChecked",
    data: { call: read.call, detail: sentences([useSentence(read)]) },
    subject: symbolSubject(read.place, read.symbol),
    aspect: read.call,
    place: read.place,
    related: useAt(read),
    flow: readFlow(read),
    confidence,
    severity: confidence === "proven" ? "error" : "warning",
    remedy: "Ask the provider who calls (a call that verifies the token or asks its server), and use that answer.",
  };
}
