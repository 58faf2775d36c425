/** How services conduct themselves around decisions: denials, claims that outlive the truth, principals told apart. */
import type { Place } from "./place.js";

/** A refusal of somebody who is known and not allowed. */
export interface Denial {
  readonly place: Place;
  /** function in which it stands, '' at the top level */
  readonly symbol: string;
  /** the refusal as it is written, without the values of strings */
  readonly form: string;
  /** it says why, in words that the code does not hold for every refusal alike */
  readonly explained: boolean;
  readonly entries: readonly string[];
}

/** A decision on what a token said when it was signed. */
export interface StaleClaim {
  /** the claim that decides: `claims.role` */
  readonly claim: string;
  /** where the token is verified and its claims are taken for the caller */
  readonly place: Place;
  readonly symbol: string;
  readonly signedAt: Place;
  /** how long the token lives, in seconds; -1 for ever */
  readonly lifetime: number;
  readonly entries: readonly string[];
}

/** A guard that takes the owner of a machine's key for the person. */
export interface MixedPrincipal {
  /** where it is kept: `user` */
  readonly member: string;
  /** model of the key, or the header that carries it; '' where `how` says more */
  readonly key: string;
  /** how a machine comes to stand there, when it is by no key of the project's own */
  readonly how?: string;
  readonly place: Place;
  readonly symbol: string;
  readonly entries: readonly string[];
}
