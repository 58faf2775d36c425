/** A privilege, a header or a switch that stands beside a check and lets through whatever the check says. */
import type { Bypass } from "../../model/facts.js";
import { LogicKind, NONE, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";
import { symbolOf } from "../claims/token-values.js";
import { certaintyOf, literalOf, type Predicate, predicateOf } from "./bypass-predicates.js";
import { DECIDES, kindOf, type Leaf, leavesOfTest, make, skipsOf, TENANT_NAME } from "./bypass-record.js";
import type { Refusal } from "./bypass-shape.js";
import { namesOf, textOf } from "./bypass-text.js";

/** `owns || isAdmin` as what lets through: the refusing side is reached only when both are false. */
export function besideCheck(
  fn: FunctionView,
  test: number,
  leaf: Leaf,
  predicate: Predicate,
  { deny, refused }: { readonly deny: boolean; readonly refused: readonly Refusal[] },
  queries: LinkQueries,
): Bypass | null {
  const logic = disjunctionAround(fn, test, leaf.v, deny);
  if (logic === null) return null;
  const others = leavesOfTest(fn, logic).filter(
    (other) => other.v !== leaf.v && !asksWhetherThere(fn, other.v, leaf.v),
  );
  const weight = others.map((other) => weightOf(fn, other.v, predicate, queries));
  const checks = weight.filter((w) => w !== null);
  if (checks.length === 0) return null;
  const skips = new Set([...skipsOf(fn, refused, predicate), ...checks]);
  if (checks.includes("tenant-filter") && predicate.kind !== "superuser") skips.delete("tenant-filter");
  // acting on one's own account or being an administrator: how accounts are run, and no row of anybody's is at stake
  const own = others.every((other) => comparesOwnId(fn, other.v));
  return make(fn, logic, predicate, kindOf(predicate, "or-privilege"), [...skips], {
    audited: false,
    confidence: own ? "named" : certaintyOf(predicate),
  });
}

/** `origin && origin !== "null"`: the same value once more, which says nothing about who calls. */
function asksWhetherThere(fn: FunctionView, part: number, leaf: number): boolean {
  const compared = behind(fn, leaf);
  if (fn.op(compared) !== Op.Binary) return false;
  const asked = textOf(fn, behind(fn, part));
  return [fn.b(compared), fn.c(compared)].some((side) => textOf(fn, behind(fn, side)) === asked);
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
    const equal = /^[!=]==?$/.test(fn.text(fn.a(v)));
    const fixed = [fn.b(v), fn.c(v)].some(
      (side) => literalOf(fn, side, queries) !== null || (equal && isNamedText(fn, side, queries)),
    );
    if (fixed && predicate.kind === "superuser") return null;
    const sides = [fn.b(v), fn.c(v)].map((side) => namesOf(fn, side));
    if (sides.some((names) => names.length === 0)) return predicate.kind === "superuser" ? null : "decision";
    return sides.some((names) => TENANT_NAME.test(names.at(-1) ?? "")) ? "tenant-filter" : "decision";
  }
  if (op === Op.Call) return fn.args(v).length > 0 || predicate.kind !== "superuser" ? "decision" : null;
  // for a switch or a header it is enough that somebody is there
  return predicate.kind === "superuser" || predicate.kind === "identity" ? null : "authentication";
}

/** A name for a text: `systemAccount` of another file or of a package. */
function isNamedText(fn: FunctionView, side: number, queries: LinkQueries): boolean {
  const origins = queries.evaluate({ fn, v: behind(fn, side), frame: null });
  // what a call gave is no name, however it was read
  const isName = (o: Origin): boolean => o.kind === "constant" || (o.kind === "package" && !o.path.includes("()"));
  return origins.length > 0 && origins.every(isName);
}

export interface ReturnedPrivilege {
  /** the part of the condition that is the privilege */
  readonly leaf: number;
  readonly bypass: Bypass;
}

/** `return isOwner(row) || user.isAdmin` in a function that decides. */
export function returnedPrivileges(fn: FunctionView, queries: LinkQueries): readonly ReturnedPrivilege[] {
  if (!DECIDES.test(symbolOf(fn))) return [];
  const found: ReturnedPrivilege[] = [];
  for (const row of fn.returns) {
    if (fn.a(row) === NONE) continue;
    const value = behind(fn, fn.a(row));
    if (fn.op(value) !== Op.Logic || fn.a(value) !== LogicKind.Or) continue;
    for (const leaf of leavesOfTest(fn, value)) {
      const predicate = predicateOf(fn, leaf.v, queries);
      if (predicate === null || predicate.when !== leaf.sense) continue;
      const bypass = besideCheck(fn, value, leaf, predicate, { deny: false, refused: [] }, queries);
      if (bypass !== null) found.push({ leaf: leaf.v, bypass });
    }
  }
  return found;
}
