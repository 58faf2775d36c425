/** What goes wrong around tokens besides reading and verifying them. */
import type { Confidence, Evidence } from "./facts.js";
import type { Place } from "./place.js";

export type TokenFlawKind =
  /** the answer of a verification that says yes or no is never asked for */
  | "result-untested"
  /** the promise of a verification is taken for its answer */
  | "not-awaited"
  /** the callback of a verification goes on without looking at the error */
  | "error-unused"
  /** who calls is written into the request from what the client says */
  | "asserted-identity"
  /** a token of another purpose carries all that is read here */
  | "purpose-unchecked"
  /** a token is asked only whether it is genuine, and the request says who is signed in */
  | "claims-unread"
  /** tokens of any use (identity, access) are taken */
  | "use-unchecked"
  /** a token where every script of the page can read it */
  | "web-storage"
  /** a cookie with a token that scripts can read */
  | "open-cookie"
  /** a cookie with a token that travels in the clear */
  | "plain-cookie"
  /** sessions sealed or signed with a secret that is in the code or too short */
  | "weak-seal"
  /** signed for ever */
  | "no-expiry"
  /** an account found or linked by an e-mail that the provider may not have verified */
  | "email-unverified"
  /** the provider is told to link accounts by e-mail, whoever owns it */
  | "email-linking-forced";

export interface TokenFlaw {
  readonly kind: TokenFlawKind;
  readonly place: Place;
  /** the call or property as it is written */
  readonly call: string;
  /** function in which it stands, '' at the top level */
  readonly symbol: string;
  /** further words for the message, '' when there are none */
  readonly detail: string;
  readonly evidence: readonly Evidence[];
  readonly confidence: Confidence;
}
