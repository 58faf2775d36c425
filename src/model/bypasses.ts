/** Branches that let some requests skip what all others must pass. */
import type { Confidence, Evidence } from "./evidence.js";
import type { Place } from "./place.js";

export type BypassKind =
  | "early-allow"
  | "or-privilege"
  | "filter-drop"
  | "environment"
  | "header"
  | "literal-identity"
  | "fail-open"
  | "elevated-client"
  | "impersonation";

/** Which accident opens a check that fails open, or what is wrong with acting as somebody else. */
export type BypassCause =
  | "error"
  | "time-out"
  | "empty-list"
  | "missing-value"
  | "unset-secret"
  | "unknown-rank"
  | "default"
  | "unchecked"
  | "unrecorded"
  | "writes";

/** A branch that lets some requests skip what all others must pass. */
export interface Bypass {
  readonly kind: BypassKind;
  readonly place: Place;
  /** source-like text of the predicate, without values of strings */
  readonly predicate: string;
  /** instance: a flag on the user itself; tenant: a role on a membership; environment; client: taken from the request */
  readonly scope: "instance" | "tenant" | "environment" | "client" | "service" | "unknown";
  readonly cause?: BypassCause;
  readonly skips: readonly ("authentication" | "decision" | "tenant-filter" | "signature")[];
  readonly audited: boolean;
  /** function in which it stands */
  readonly symbol: string;
  readonly entries: readonly string[];
  /** the function in which a filter is built that it drops */
  readonly builder?: Place;
  readonly confidence: Confidence;
  readonly evidence: readonly Evidence[];
}
