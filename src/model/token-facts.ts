/** Where tokens are read and verified. */
import type { Confidence, Evidence } from "./evidence.js";
import type { Place } from "./place.js";

/** A token whose claims are read. */
export interface TokenRead {
  readonly place: Place;
  readonly library: string;
  /** what the reading call is: `jwt.decode`, `JSON.parse(atob(...))` */
  readonly call: string;
  readonly verification:
    | "none"
    /** verified later on the same path: the read came first */
    | "after-read"
    /** verified, but not on every path to the use */
    | "other-path"
    /** another token was verified */
    | "other-token"
    /** the same token is verified before the claims escape */
    | "verified";
  /** what is read: a token, or a session that is kept where nobody checks it */
  readonly reads?: "token" | "session";
  /** what is done with the claims: identity, decision, query, key-selection, display, unknown */
  readonly use: "identity" | "decision" | "query" | "key-selection" | "response" | "unused" | "unknown";
  readonly useAt: Place | null;
  readonly server: boolean;
  /** function in which it stands, '' or absent at the top level */
  readonly symbol?: string;
  readonly evidence: readonly Evidence[];
  readonly confidence: Confidence;
}

export type TokenWeakness =
  | "algorithms-open"
  | "algorithm-none"
  | "algorithm-mixed"
  | "algorithm-from-header"
  /** an own verifier takes a fixed algorithm where its caller names none, whatever the key is */
  | "algorithm-defaulted"
  /** an own verifier compares the issuer, and never looks at whom the token is meant for */
  | "audience-never-asked"
  | "issuer-unchecked"
  | "audience-unchecked"
  /** the issuer serves many clients, and no audience tells ours from theirs */
  | "any-client-accepted"
  /** any load balancer of the platform may have signed it */
  | "any-signer-accepted"
  /** what the library checks by itself was switched off */
  | "check-switched-off"
  /** claims are kept by a part of the token, and found again for another one */
  | "shared-cache"
  /** the secret of a symmetric algorithm is a key that everybody may have */
  | "public-secret"
  /** the token stands in the address, which logs and histories keep */
  | "token-in-address"
  | "token-in-body"
  | "expiry-ignored"
  /** tokens are accepted before the time that they name */
  | "early-accepted"
  /** keys of another kind or size than the algorithm demands are accepted */
  | "weak-key-type"
  | "expiry-not-required"
  | "literal-key"
  | "fallback-key"
  | "option-may-be-undefined"
  | "unsigned-accepted"
  | "key-from-token"
  /** the answer to a sign-in is not bound to the browser that began it */
  | "answer-unbound"
  | "subject-unchecked"
  | "insecure-transport"
  | "assertion-unsigned";

export interface TokenVerification {
  readonly place: Place;
  readonly library: string;
  readonly call: string;
  /** function in which it stands, '' or absent at the top level */
  readonly symbol?: string;
  /** algorithms it pins, as far as they are literal */
  readonly algorithms?: readonly string[];
  readonly weaknesses: readonly { readonly kind: TokenWeakness; readonly place: Place; readonly detail: string }[];
  readonly evidence: readonly Evidence[];
}
