/** AG201: claims of a token that nobody verified, used as if somebody had. */
import type { TokenRead } from "../src/model/facts.js";
import { defineRule, type FindingDraft } from "../src/model/rule.js";
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

type Message = "neverVerified" | "otherToken" | "otherPath";

const MESSAGE_OF: Readonly<Partial<Record<TokenRead["verification"], Message>>> = {
  none: "neverVerified",
  "other-token": "otherToken",
  "other-path": "otherPath",
};

export const unverifiedClaims = defineRule<Message>({
  meta: {
    code: "AG201",
    name: "unverified-claims",
    title: "Claims used without verification",
    why: "A decoded token is text that the caller wrote. Whoever takes its claims for an identity lets every caller be anybody.",
    severity: "error",
    securitySeverity: "9.1",
    precision: "high",
    cwe: [347, 345, 287],
    taxa: ["API2:2023", "A07:2025", "NHI4:2025", "PR.AA-04", "PR.AA-03", "ASVS-9.1.1"],
    since: "0.1.0",
    messages: {
      neverVerified: "'{call}' reads claims from a token that is never verified.{detail}",
      otherToken: "'{call}' reads claims from one token while another is verified.{detail}",
      otherPath: "'{call}' reads claims that are verified on some paths only.{detail}",
    },
  },
  check({ facts }) {
    return onePerPlace(facts.tokenReads.filter(matters).flatMap(drafts));
  },
});

function drafts(read: TokenRead): FindingDraft<Message>[] {
  const message = MESSAGE_OF[read.verification];
  if (message === undefined) return [];
  return [
    {
      message,
      data: { call: read.call, detail: sentences([useSentence(read)]) },
      subject: symbolSubject(read.place, read.symbol),
      aspect: read.call,
      place: read.place,
      related: useAt(read),
      flow: readFlow(read),
      confidence: readConfidence(read),
      severity: readSeverity(read),
      remedy:
        "Verify the token first (signature, algorithm, issuer, audience, expiry) and use the claims that the verification returns.",
    },
  ];
}
