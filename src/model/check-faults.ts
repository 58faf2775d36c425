/** Checks that cannot stop a request, decide nothing, let too much through or say too much. */
import type { Confidence, Evidence } from "./evidence.js";
import type { Place } from "./place.js";

export type GuardFaultKind =
  | "not-awaited"
  | "result-unused"
  | "no-return-after-rejecting"
  /** an error that refuses is made, and nothing throws or returns it */
  | "refusal-not-thrown"
  | "swallowed-by-catch"
  | "continues-after-catch"
  | "opposite-polarity"
  | "factory-not-called"
  | "metadata-without-guard"
  | "error-handler-arity"
  | "field-not-guarded"
  | "optional-call";

/** A check that cannot stop the request (AG103). */
export interface GuardFault {
  readonly kind: GuardFaultKind;
  readonly name: string;
  readonly place: Place;
  readonly evidence: readonly Evidence[];
  /** keys of the entry points whose protection hangs on it, when known */
  readonly entries: readonly string[];
  readonly confidence: Confidence;
}

export type DecisionFaultKind =
  | "not-awaited"
  | "discarded"
  /** an object is tested, which is true whatever it says */
  | "whole-object"
  /** a word or number is tested as if it were true or false */
  | "enum-truthiness"
  /** compared with what the engine never answers */
  | "wrong-word"
  /** a missing answer, or a failure, is let through */
  | "missing-result"
  /** a promise is what `filter`, `some` or `every` test */
  | "async-predicate"
  | "after-effect";

/** A decision that decides nothing (AG503). */
export interface DecisionFault {
  readonly kind: DecisionFaultKind;
  /** the engine that was asked, '' for a check of the project's own */
  readonly engine: string;
  /** the deciding call as it is written */
  readonly name: string;
  /** where its verdict stands: `.allowed`; for `after-effect` the effect, for `async-predicate` the list method */
  readonly verdict: string;
  readonly place: Place;
  /** function in which it stands, '' at the top level */
  readonly symbol: string;
  readonly entries: readonly string[];
  readonly evidence: readonly Evidence[];
  readonly confidence: Confidence;
}

/** A list of ids of which the caller's own is asked for one, or of which all must be foreign to be refused (AG305). */
export interface LooseQuantifier {
  /** `every` or `some`, as it is written */
  readonly method: string;
  /** the list as it is written: `input.environmentIds` */
  readonly list: string;
  /** the rows in which its elements are looked up */
  readonly among: string;
  /** function in which it stands, '' at the top level */
  readonly symbol: string;
  readonly place: Place;
  /** where the list is worked through all the same */
  readonly use: Place;
}

/** A handler that turns callers away by a role it compares itself. */
export interface RoleTest {
  /** what is compared: `req.user.role` */
  readonly subject: string;
  /** the words it is compared with, sorted */
  readonly roles: readonly string[];
  readonly place: Place;
  /** of its first entry point */
  readonly group: string;
  readonly entries: readonly string[];
}

/** A list of paths in a guard that matches more than it says (AG107). */
export interface LoosePattern {
  readonly kind: /** a prefix that does not end where a segment does */
    | "prefix"
    /** it matches in the middle of a path */
    | "anywhere"
    /** the path was meant for reads, and the writes come along */
    | "method"
    /** the query is part of what is tested */
    | "query"
    /** the router does not tell letters apart, the guard does */
    | "case";
  /** as it is written */
  readonly pattern: string;
  readonly guard: string;
  readonly place: Place;
  /** keys of the entry points that anybody reaches by it */
  readonly entries: readonly string[];
}

/** A refusal that tells the caller more than that they are refused (AG109). */
export interface TalkativeRefusal {
  readonly kind: "credential" | "stack" | "error" | "message";
  /** `the stack`, or the name of the credential */
  readonly what: string;
  /** function in which it stands, '' when it has no name */
  readonly symbol: string;
  readonly place: Place;
  readonly entries: readonly string[];
}
