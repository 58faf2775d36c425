/** The record of a bypass, and what all that look for bypasses share: conditions taken apart, names, what is skipped. */
import type { Bypass, BypassKind } from "../../model/facts.js";
import { NONE, Op } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import { behind } from "../../program/facts/conditions.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { operandsOf, symbolOf } from "../claims/token-values.js";
import type { Predicate } from "./bypass-predicates.js";
import type { Refusal } from "./bypass-shape.js";

/** A part of a condition that states something by itself. */
export interface Leaf {
  readonly v: number;
  /** what it must be for the condition to lean towards true */
  readonly sense: boolean;
}

const MAX_LEAVES = 16;
/** Names of functions whose answer is an access decision. */
export const DECIDES =
  /^(?:can|may|is\w*(?:allowed|authori|owner|member|admin|editor|viewer)|has_?(?:access|perm|role)|allow|check|authori[sz]e|authenticate|verify|validate|require|ensure|assert|protect|guard|canActivate|with_?auth)|(?:access|permission|guard|auth|allowed|authori[sz]ed)/i;

/** Functions that turn callers away for who they are, by their names. */
export const GUARDS =
  /auth|guard|session|permission|access|login|signature|hmac|canActivate|protect|api_?key|verify(?:webhook|request|token|jwt|caller)/i;

/** Names of a tenant's key. */
export const TENANT_NAME =
  /(?:tenant|org|organi[sz]ation|workspace|team|company|account|project|customer)_?(?:id|uid|uuid)$/i;

/** The simple conditions that a condition is made of. */
export function leavesOfTest(fn: FunctionView, test: number): readonly Leaf[] {
  const found: Leaf[] = [];
  const open: Leaf[] = [{ v: test, sense: true }];
  for (let next = open.pop(); next !== undefined && found.length < MAX_LEAVES; next = open.pop()) {
    const v = behind(fn, next.v);
    if (fn.op(v) === Op.Unary && fn.text(fn.a(v)) === "!") open.push({ v: fn.b(v), sense: !next.sense });
    else if (fn.op(v) === Op.Logic) open.push({ v: fn.b(v), sense: next.sense }, { v: fn.c(v), sense: next.sense });
    else found.push(next);
  }
  return found;
}

/** What a bypass is called, by the predicate that opens it. */
export function kindOf(predicate: Predicate, superuser: BypassKind): BypassKind {
  if (predicate.kind === "superuser") return superuser;
  return predicate.kind === "identity" ? "literal-identity" : predicate.kind;
}

/** What those pass by whom the predicate favours. */
export function skipsOf(
  fn: FunctionView,
  skipped: readonly Refusal[],
  predicate: Predicate,
): readonly Bypass["skips"][number][] {
  const symbol = `${fn.file.path}#${symbolOf(fn)}`;
  if (/signature|hmac|verify_?webhook/i.test(symbol)) return ["signature"];
  if (predicate.kind === "superuser" || predicate.kind === "identity") return ["decision"];
  const login = skipped.some((r) => r.flavour === "auth") || /auth|session|login|jwt|token|guard/i.test(symbol);
  return [login ? "authentication" : "decision"];
}

interface Found {
  readonly audited: boolean;
  readonly confidence: Bypass["confidence"];
}

/** The record of a bypass at a condition. */
export function make(
  fn: FunctionView,
  v: number,
  predicate: Predicate,
  kind: BypassKind,
  skips: readonly Bypass["skips"][number][],
  { audited, confidence }: Found,
): Bypass {
  return {
    kind,
    place: placeOf(fn, v),
    predicate: predicate.text,
    scope: predicate.scope,
    skips,
    audited,
    symbol: symbolOf(fn),
    entries: [],
    ...(kind === "filter-drop" ? { builder: fn.ownPlace } : {}),
    confidence,
    evidence: [],
  };
}

/** Place of a condition: the branch's own span is that of its test; operators that were made up stand at their operand. */
function placeOf(fn: FunctionView, v: number): Place {
  let at = v;
  for (let i = 0; i < 6 && fn.start(at) === NONE; i += 1) {
    const [operand] = operandsOf(fn, at);
    if (operand === undefined) break;
    at = operand;
  }
  return fn.place(at);
}
