/** Branches that let some callers past what the others must pass: early exits, skipped checks, privileges beside a check. */
import type { Bypass, BypassKind } from "../model/facts.js";
import { LogicKind, NONE, Op } from "../model/lowered.js";
import type { Place } from "../model/place.js";
import { behind } from "../program/conditions.js";
import { graphOf } from "../program/control-flow.js";
import type { FunctionView } from "../program/function-view.js";
import type { LinkQueries } from "../program/origin.js";
import { literalOf, type Predicate, predicateOf } from "./bypass-predicates.js";
import { leavesRecord, onlyIn, type Refusal, type Side, sideFrom } from "./bypass-shape.js";
import { namesOf, textOf } from "./bypass-text.js";
import { operandsOf, symbolOf } from "./token-values.js";

/** A part of a condition that states something by itself. */
export interface Leaf {
  readonly v: number;
  /** what it must be for the condition to lean towards true */
  readonly sense: boolean;
}

const MAX_LEAVES = 16;
/** Names of functions whose answer is an access decision. */
export const DECIDES =
  /^(?:can|may|is_?(?:allowed|authori|owner|member)|has_?(?:access|perm|role)|allow|check|authori[sz]e|authenticate|verify|validate|require|ensure|assert|protect|guard|canActivate|with_?auth)|(?:access|permission|guard|auth|allowed|authori[sz]ed)/i;

/** Functions that turn callers away for who they are, by their names. */
const GUARDS =
  /auth|guard|session|permission|access|login|signature|hmac|canActivate|protect|api_?key|verify(?:webhook|request|token|jwt|caller)/i;

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

/** All bypasses that are branches of a function. */
export function branchBypasses(fn: FunctionView, queries: LinkQueries): readonly Bypass[] {
  const found: Bypass[] = [];
  for (const block of graphOf(fn).blocks) {
    const row = block.terminator;
    if (row === NONE || fn.op(row) !== Op.Branch) continue;
    for (const leaf of leavesOfTest(fn, fn.a(row))) {
      const predicate = predicateOf(fn, leaf.v, queries);
      if (predicate === null) continue;
      const bypass = orientations(predicate)
        .map((one) => judgeBranch(fn, row, leaf, one, queries))
        .find((one) => one !== null);
      if (bypass !== undefined && bypass !== null) found.push(bypass);
    }
  }
  return [...found, ...returnedPrivileges(fn, queries)];
}

/** A stage may open by being reached or by not being reached; only the shape of the function tells. */
function orientations(predicate: Predicate): readonly Predicate[] {
  return predicate.kind === "environment" && predicate.stage
    ? [predicate, { ...predicate, when: !predicate.when }]
    : [predicate];
}

function judgeBranch(
  fn: FunctionView,
  row: number,
  leaf: Leaf,
  predicate: Predicate,
  queries: LinkQueries,
): Bypass | null {
  const whenTrue = sideFrom(fn, fn.b(row), queries);
  const whenFalse = sideFrom(fn, fn.c(row), queries);
  const favoured = leaf.sense === predicate.when;
  const open = favoured ? whenTrue : whenFalse;
  const closed = favoured ? whenFalse : whenTrue;
  if (open.passes.length === 0) return null;
  const extra = onlyIn(closed, open);
  if (closed.passes.length > 0) {
    const skipped = extra.filter((refusal) => counts(refusal, predicate, fn));
    if (!isSkip(fn, open, closed, skipped, queries)) return null;
    return make(
      fn,
      fn.a(row),
      withinTenant(fn, fn.a(row), predicate),
      kindOf(predicate, "early-allow"),
      skipsOf(fn, skipped, predicate),
      {
        audited: leavesRecord(fn, open, closed),
        confidence: "proven",
      },
    );
  }
  // the other side always refuses: a privilege that is demanded, unless it stands beside another check
  const refused = closed.refusals.filter((refusal) => counts(refusal, predicate, fn));
  if (refused.length === 0) return null;
  return besideCheck(fn, fn.a(row), leaf, predicate, { deny: !favoured, refused }, queries);
}

/** `user.orgId === row.orgId && user.isAdmin`: the flag counts within the tenant only. */
function withinTenant(fn: FunctionView, test: number, predicate: Predicate): Predicate {
  const compared = leavesOfTest(fn, test).some((leaf) => {
    const v = behind(fn, leaf.v);
    if (fn.op(v) !== Op.Binary || !/^[!=]==?$/.test(fn.text(fn.a(v)))) return false;
    return [fn.b(v), fn.c(v)].every((side) => TENANT_NAME.test(namesOf(fn, side).at(-1) ?? ""));
  });
  return compared && predicate.kind === "superuser" ? { ...predicate, scope: "tenant" } : predicate;
}

/** The favoured side goes on, the other meets a check that both outcomes of are possible. */
function isSkip(
  fn: FunctionView,
  open: Side,
  closed: Side,
  skipped: readonly Refusal[],
  queries: LinkQueries,
): boolean {
  if (skipped.length > 0) return !returnsData(fn, open, closed) || skipped.some((r) => r.flavour === "auth");
  // `return true` against `return count > 0`
  return allAre(fn, open, closed, Op.True) && !allAre(fn, closed, open, Op.True) && answersNo(fn, closed, queries);
}

function ownPasses(side: Side, other: Side): readonly number[] {
  const shared = new Set(other.passes);
  return side.passes.filter((row) => !shared.has(row));
}

function allAre(fn: FunctionView, side: Side, other: Side, op: number): boolean {
  const own = ownPasses(side, other);
  return (
    own.length > 0 &&
    own.every((row) => fn.op(row) === Op.Return && fn.a(row) !== NONE && fn.op(behind(fn, fn.a(row))) === op)
  );
}

/** Some return of the side is computed, in a function that decides by its name or its type. */
function answersNo(fn: FunctionView, side: Side, queries: LinkQueries): boolean {
  const computed = side.passes.some((row) => {
    if (fn.op(row) !== Op.Return || fn.a(row) === NONE) return false;
    const op = fn.op(behind(fn, fn.a(row)));
    return op === Op.Call || op === Op.Binary || op === Op.Logic || op === Op.Unary || op === Op.False;
  });
  return (computed || side.refusals.length > 0) && (DECIDES.test(symbolOf(fn)) || queries !== null);
}

/** The favoured side answers with something of its own instead of going on. */
function returnsData(fn: FunctionView, open: Side, closed: Side): boolean {
  const returned = (row: number): string => (fn.op(row) === Op.Return ? textOf(fn, fn.a(row)) : "");
  const usual = new Set(closed.passes.map(returned));
  return ownPasses(open, closed).some((row) => {
    if (fn.op(row) !== Op.Return || fn.a(row) === NONE) return false;
    const value = behind(fn, fn.a(row));
    const op = fn.op(value);
    if (op === Op.True || op === Op.Undefined || usual.has(returned(row))) return false;
    return !(
      op === Op.Call && /^(?:next|done|resolve|handler|fn|callback)$/.test(namesOf(fn, fn.callee(value)).at(-1) ?? "")
    );
  });
}

/** Which refusals speak of access: a header or a switch must skip a refusal of callers, not of input. */
function counts(refusal: Refusal, predicate: Predicate, fn: FunctionView): boolean {
  if (refusal.flavour === "auth") return true;
  if (refusal.flavour === "input") return false;
  const symbol = symbolOf(fn);
  if (predicate.kind === "superuser" || predicate.kind === "identity") {
    return refusal.flavour !== "other" || DECIDES.test(symbol);
  }
  return refusal.flavour !== "missing" && GUARDS.test(symbol);
}

/** `owns || isAdmin` as what lets through: the refusing side is reached only when both are false. */
function besideCheck(
  fn: FunctionView,
  test: number,
  leaf: Leaf,
  predicate: Predicate,
  { deny, refused }: { readonly deny: boolean; readonly refused: readonly Refusal[] },
  queries: LinkQueries,
): Bypass | null {
  const logic = disjunctionAround(fn, test, leaf.v, deny);
  if (logic === null) return null;
  const others = leavesOfTest(fn, logic).filter((other) => other.v !== leaf.v);
  const weight = others.map((other) => weightOf(fn, other.v, predicate, queries));
  const checks = weight.filter((w) => w !== null);
  if (checks.length === 0) return null;
  const skips = new Set([...skipsOf(fn, refused, predicate), ...checks]);
  if (checks.includes("tenant-filter") && predicate.kind !== "superuser") skips.delete("tenant-filter");
  // acting on one's own account or being an administrator: how accounts are run, and no row of anybody's is at stake
  const own = others.every((other) => comparesOwnId(fn, other.v));
  return make(fn, logic, predicate, kindOf(predicate, "or-privilege"), [...skips], {
    audited: false,
    confidence: own ? "named" : "proven",
  });
}

interface Nested {
  readonly v: number;
  /** whether it leans the same way as the whole condition */
  readonly sense: boolean;
  readonly logic: number | null;
}

/** The widest `||` that lets through (or `&&` that refuses) right around a part of a condition. */
function disjunctionAround(fn: FunctionView, test: number, part: number, deny: boolean): number | null {
  const open: Nested[] = [{ v: test, sense: true, logic: null }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.v === part) return next.logic;
    const v = behind(fn, next.v);
    if (fn.op(v) === Op.Unary && fn.text(fn.a(v)) === "!") open.push({ ...next, v: fn.b(v), sense: !next.sense });
    if (fn.op(v) !== Op.Logic) continue;
    // refusing takes both sides of an `&&` that must be true, and of an `||` that must be false
    const refuses = deny === next.sense;
    const both = fn.a(v) === (refuses ? LogicKind.And : LogicKind.Or);
    const logic = both ? (next.logic ?? v) : null;
    for (const side of [fn.b(v), fn.c(v)]) open.push({ v: side, sense: next.sense, logic });
  }
  return null;
}

const OWN_ID = /(?:user|caller|viewer|session|auth|me|account|actor)\.(?:id|uid|sub|userId)$/i;
const GIVEN_ID = /(?:input|params|query|body|args|data|dto)\.\w*id$|^(?:user_?)?id$/i;

/** `user.id !== input.userId` */
function comparesOwnId(fn: FunctionView, leaf: number): boolean {
  const v = behind(fn, leaf);
  if (fn.op(v) !== Op.Binary) return false;
  const [left, right] = [fn.b(v), fn.c(v)].map((side) => idPath(fn, side));
  return (OWN_ID.test(left) && GIVEN_ID.test(right)) || (OWN_ID.test(right) && GIVEN_ID.test(left));
}

/** Path of an id, conversions looked through. */
function idPath(fn: FunctionView, v: number): string {
  const value = behind(fn, v);
  const inner = fn.op(value) === Op.Call ? fn.args(value)[0] : undefined;
  const converted = inner !== undefined && /^(?:Number|String|parseInt)$/.test(namesOf(fn, value).join("."));
  return namesOf(fn, converted ? inner : v).join(".");
}

const TENANT_NAME = /(?:tenant|org|organi[sz]ation|workspace|team|company|account|project|customer)_?(?:id|uid|uuid)$/i;

/** What the other part of the condition checks, null when it checks nothing about the caller and the target. */
function weightOf(
  fn: FunctionView,
  leaf: number,
  predicate: Predicate,
  queries: LinkQueries,
): Bypass["skips"][number] | null {
  if (predicateOf(fn, leaf, queries)?.kind === "superuser") return null;
  const v = behind(fn, leaf);
  const op = fn.op(v);
  if (op === Op.Binary) {
    const fixed = [fn.b(v), fn.c(v)].some((side) => literalOf(fn, side, queries) !== null);
    if (fixed && predicate.kind === "superuser") return null;
    const sides = [fn.b(v), fn.c(v)].map((side) => namesOf(fn, side));
    if (sides.some((names) => names.length === 0)) return predicate.kind === "superuser" ? null : "decision";
    return sides.some((names) => TENANT_NAME.test(names.at(-1) ?? "")) ? "tenant-filter" : "decision";
  }
  if (op === Op.Call) return fn.args(v).length > 0 || predicate.kind !== "superuser" ? "decision" : null;
  // for a switch or a header it is enough that somebody is there
  return predicate.kind === "superuser" || predicate.kind === "identity" ? null : "authentication";
}

/** `return isOwner(row) || user.isAdmin` in a function that decides. */
function returnedPrivileges(fn: FunctionView, queries: LinkQueries): readonly Bypass[] {
  if (!DECIDES.test(symbolOf(fn))) return [];
  const found: Bypass[] = [];
  for (const row of fn.returns) {
    if (fn.a(row) === NONE) continue;
    const value = behind(fn, fn.a(row));
    if (fn.op(value) !== Op.Logic || fn.a(value) !== LogicKind.Or) continue;
    for (const leaf of leavesOfTest(fn, value)) {
      const predicate = predicateOf(fn, leaf.v, queries);
      if (predicate === null || predicate.when !== leaf.sense) continue;
      const bypass = besideCheck(fn, value, leaf, predicate, { deny: false, refused: [] }, queries);
      if (bypass !== null) found.push(bypass);
    }
  }
  return found;
}

function kindOf(predicate: Predicate, superuser: BypassKind): BypassKind {
  if (predicate.kind === "superuser") return superuser;
  return predicate.kind === "identity" ? "literal-identity" : predicate.kind;
}

function skipsOf(
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
