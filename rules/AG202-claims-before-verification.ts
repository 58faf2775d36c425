/** AG202: claims read on a path before the call that verifies them. */
import { defineRule } from "../src/model/rule.js";
import { onePerPlace } from "./support/one-per-place.js";
import {
  matters,
  readConfidence,
  readFlow,
  readSeverity,
  symbolSubject,
  useAt,
  useSentence,
} from "./support/token-reads.js";
import { sentences } from "./support/wording.js";

export const claimsBeforeVerification = defineRule<"tooEarly">({
  meta: {
    code: "AG202",
    name: "claims-before-verification",
    title: "Claims used before they are verified",
    why: "What happens between reading and verifying happens for forged tokens too: look-ups, tenant switches, cache entries and log lines. Verification that comes afterwards cannot undo it.",
    severity: "error",
    securitySeverity: "7.5",
    precision: "high",
    cwe: [347, 345, 287],
    taxa: ["API2:2023", "A07:2025", "NHI4:2025", "PR.AA-04", "ASVS-9.1.1"],
    since: "0.1.0",
    messages: {
      tooEarly: "'{call}' reads claims before the token is verified.{detail}",
    },
  },
  check({ facts }) {
    const early = facts.tokenReads.filter((read) => read.verification === "after-read" && matters(read));
    return onePerPlace(
      early.map((read) => ({
        message: "tooEarly" as const,
        data: { call: read.call, detail: sentences([useSentence(read), "The verification follows only afterwards"]) },
        subject: symbolSubject(read.place, read.symbol),
        aspect: read.call,
        place: read.place,
        related: useAt(read),
        flow: readFlow(read),
        confidence: readConfidence(read),
        severity: readSeverity(read),
        remedy: "Move the verification up and use the claims that it returns. Only the key id may be read before.",
      })),
    );
  },
});
