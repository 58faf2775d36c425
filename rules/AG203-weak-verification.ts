/** AG203: a verification that leaves open what it should pin, or switches off what it should check. */
import type { TokenVerification, TokenWeakness } from "../src/model/facts.js";
import type { Place } from "../src/model/place.js";
import type { TokenPolicy } from "../src/model/policy.js";
import { defineRule, type FindingDraft, type Severity } from "../src/model/rule.js";
import { bySeverity } from "./support/certainty.js";
import { onePerPlace } from "./support/one-per-place.js";
import { symbolSubject } from "./support/token-reads.js";
import { sentences } from "./support/wording.js";

type Message = "unsafe" | "open" | "unchecked" | "demanded";

interface Weak {
  readonly place: Place;
  readonly severity: Severity;
  readonly message: Message;
  readonly what: string;
  readonly detail: string;
  readonly remedy: string;
}

type Judgement = readonly [severity: Severity, what: string, remedy: string];

const PIN = "Pass a fixed list of the algorithms that the issuer uses.";
const KEYS = "Read the key from configuration, and refuse to start without it.";
const JUDGEMENTS: Readonly<Record<TokenWeakness, Judgement>> = {
  "algorithm-none": ["error", "accepts the algorithm 'none'", PIN],
  "unsigned-accepted": ["error", "accepts unsigned tokens", "Reject every token without a signature."],
  "algorithm-from-header": ["error", "takes the algorithm from the token itself", PIN],
  "algorithm-mixed": ["error", "allows symmetric and asymmetric algorithms for one key", PIN],
  "key-from-token": [
    "error",
    "takes the key from the token itself",
    "Take the key from a configured source and only its id from the token.",
  ],
  "expiry-ignored": ["error", "ignores expiry", "Remove the option that ignores expiry."],
  "literal-key": ["error", "uses a key that stands in the source", KEYS],
  "fallback-key": ["error", "falls back to a fixed key", KEYS],
  "any-client-accepted": [
    "error",
    "accepts tokens that were issued to any client",
    "Pass the id of this service's own client.",
  ],
  "any-signer-accepted": [
    "error",
    "accepts tokens that any load balancer signed",
    "Pass the ARN of this service's own load balancer.",
  ],
  "shared-cache": [
    "error",
    "keeps claims by a part of the token, so that one caller is given those of another",
    "Let the cache be keyed by the whole token, or by a digest of it.",
  ],
  "public-secret": [
    "error",
    "takes a public key for the secret of a symmetric algorithm, so that everybody can sign",
    "Pin the asymmetric algorithm that belongs to the key.",
  ],
  "check-switched-off": [
    "warning",
    "has a check switched off that the library makes by itself",
    "Remove the option, or put a function in its place that compares.",
  ],
  "early-accepted": ["warning", "accepts tokens before their time", "Remove 'ignoreNotBefore'."],
  "weak-key-type": [
    "warning",
    "accepts keys that do not suit the algorithm",
    "Remove 'allowInvalidAsymmetricKeyTypes' and use a key of the right kind and size.",
  ],
  "answer-unbound": [
    "warning",
    "accepts the answer to a sign-in that another browser may have begun",
    "Pass the state, nonce and PKCE verifier that were kept when the sign-in began.",
  ],
  "subject-unchecked": [
    "warning",
    "does not check whose information it gets",
    "Pass the subject of the verified ID token.",
  ],
  "insecure-transport": [
    "warning",
    "reads the issuer's keys and tokens without TLS",
    "Leave the requirement of TLS on; use a certificate in development too.",
  ],
  "assertion-unsigned": ["warning", "accepts assertions without a signature of their own", "Demand signed assertions."],
  "algorithm-defaulted": [
    "warning",
    "falls back to a fixed algorithm whatever the key is",
    "Demand the algorithm from the caller, and hold the token's header against it.",
  ],
  "audience-never-asked": [
    "warning",
    "compares who issued the token and never whom it is meant for, so tokens for the issuer's other services pass",
    "Compare the claim 'aud' with what this service is called, or let the caller say which audience it expects.",
  ],
  // the libraries that allow it take the algorithms that suit the key: one less thing that can go wrong, no hole
  "algorithms-open": ["note", "leaves the algorithm open", PIN],
  "option-may-be-undefined": [
    "warning",
    "has an option that switches a check off when it is undefined",
    "Read the option from configuration that must be set, and refuse to start without it.",
  ],
  "token-in-address": [
    "note",
    "takes the token from the address, which logs, histories and referrers keep",
    "Take it from a header, or from a cookie that scripts cannot read.",
  ],
  "token-in-body": [
    "note",
    "takes the token from the body, which logs of requests and of failed validations keep",
    "Take it from a header, or from a cookie that scripts cannot read.",
  ],
  "expiry-not-required": ["note", "accepts tokens without expiry", "Demand the claim 'exp' or a maximum age."],
  "issuer-unchecked": ["note", "does not check the issuer", "Pass the expected issuer."],
  "audience-unchecked": ["note", "does not check the audience", "Pass the audience that this service is."],
};

export const weakVerification = defineRule<Message>({
  meta: {
    code: "AG203",
    name: "weak-verification",
    title: "Token verification leaves something open",
    why: "A verification is as strong as what it pins. An open algorithm, a known key, a missing issuer, audience or expiry lets tokens pass that were forged, meant for somebody else, or dead long ago.",
    severity: "error",
    securitySeverity: "7.4",
    precision: "high",
    cwe: [347, 327, 345, 613],
    taxa: [
      "API2:2023",
      "A04:2025",
      "A07:2025",
      "NHI4:2025",
      "PR.AA-04",
      "ASVS-9.1.2",
      "ASVS-9.1.3",
      "ASVS-9.2.1",
      "ASVS-9.2.3",
    ],
    since: "0.1.0",
    messages: {
      unsafe: "'{call}' {what}.{detail}",
      open: "'{call}' {what}.{detail}",
      unchecked: "'{call}' {what}.{detail}",
      demanded: "'{call}' {what}, which the policy demands.{detail}",
    },
  },
  check({ facts, policy }) {
    return onePerPlace(facts.tokenVerifications.flatMap((call) => drafts(call, policy.policy.tokens)));
  },
});

/** One finding per call: its worst weakness leads, the others are named in it. */
function drafts(call: TokenVerification, tokens: TokenPolicy | null): FindingDraft<Message>[] {
  const found = [...weaknesses(call, tokens), ...againstPolicy(call, tokens)].sort((a, b) =>
    bySeverity(a.severity, b.severity),
  );
  const [worst, ...others] = found;
  if (worst === undefined) return [];
  const also = [...new Set(others.map((other) => other.what))];
  return [
    {
      message: worst.message,
      data: {
        call: call.call,
        what: worst.what,
        detail: sentences([worst.detail, also.length === 0 ? "" : `It also ${also.join(", ")}`]),
      },
      subject: symbolSubject(call.place, call.symbol),
      aspect: call.call,
      place: worst.place,
      related: others
        .filter((other) => other.place.start !== worst.place.start)
        .map((other) => ({ place: other.place, label: `'${call.call}' ${other.what}` })),
      flow: call.evidence.map((line) => ({ place: line.place, label: line.note })),
      confidence: "proven",
      severity: worst.severity,
      remedy: [...new Set(found.map((weak) => weak.remedy))].join(" "),
    },
  ];
}

function weaknesses(call: TokenVerification, tokens: TokenPolicy | null): Weak[] {
  return call.weaknesses.map(({ kind, place, detail }) => {
    const [usual, what, remedy] = JUDGEMENTS[kind];
    const demanded = demands(tokens, kind);
    const severity = demanded ? "error" : usual;
    const message = demanded ? "demanded" : usual === "error" ? "unsafe" : usual === "warning" ? "open" : "unchecked";
    return { place, severity, message, what, detail, remedy };
  });
}

function demands(tokens: TokenPolicy | null, kind: TokenWeakness): boolean {
  if (tokens === null) return false;
  if (kind === "issuer-unchecked") return tokens.issuer === "required";
  if (kind === "audience-unchecked") return tokens.audience === "required";
  if (kind === "expiry-not-required") return tokens.requiredClaims.includes("exp");
  return kind === "algorithms-open" && tokens.algorithms.length > 0;
}

function againstPolicy(call: TokenVerification, tokens: TokenPolicy | null): Weak[] {
  const allowed = tokens?.algorithms ?? [];
  if (allowed.length === 0) return [];
  const foreign = (call.algorithms ?? []).filter((algorithm) => !allowed.includes(algorithm));
  return foreign.map((algorithm) => ({
    place: call.place,
    severity: "error",
    message: "unsafe",
    what: `accepts '${algorithm}', which the policy does not list`,
    detail: "",
    remedy: `Accept only ${allowed.join(", ")}.`,
  }));
}
