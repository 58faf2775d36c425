/** How many there are of something, and what it says that a part of a list is as long as the whole. */
import { NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../linking/function-view.js";
import type { Frame, Origin, OriginQueries } from "../values/origin.js";
import { originKey } from "../values/origin-keys.js";
import { behind } from "./conditions.js";

/** For `rows.length`, `result.count`, `rowCount`: the thing that is counted. */
export function countedBy(fn: FunctionView, v: number): number {
  if (fn.op(v) !== Op.Member) return fn.op(v) === Op.Call ? v : NONE;
  const name = fn.text(fn.b(v));
  return name === "length" || name === "count" || name === "rowCount" || name === "affected" || name === "size"
    ? fn.a(v)
    : NONE;
}

export function isZero(fn: FunctionView, v: number): boolean {
  return fn.op(v) === Op.Number && fn.text(fn.a(v)) === "0";
}

export function isOne(fn: FunctionView, v: number): boolean {
  return fn.op(v) === Op.Number && fn.text(fn.a(v)) === "1";
}

/** `names.filter(isHeld).length === names.length`: the call that left nothing out, NONE for other comparisons. */
export function keptWhole(
  fn: FunctionView,
  left: number,
  right: number,
  frame: Frame | null,
  queries: OriginQueries,
): number {
  if (fn.op(left) !== Op.Member || fn.op(right) !== Op.Member) return NONE;
  for (const [part, whole] of [
    [left, right],
    [right, left],
  ] as const) {
    const call = countedBy(fn, part) === NONE ? NONE : behind(fn, countedBy(fn, part));
    const all = countedBy(fn, whole);
    if (call === NONE || all === NONE || fn.op(call) !== Op.Call || fn.memberName(fn.callee(call)) !== "filter")
      continue;
    const listed = fn.a(fn.callee(call));
    if (isSame(queries.evaluate({ fn, v: listed, frame }), queries.evaluate({ fn, v: all, frame }))) return call;
  }
  return NONE;
}

function isSame(some: readonly Origin[], others: readonly Origin[]): boolean {
  const [one, ...more] = some;
  const [other, ...rest] = others;
  return one !== undefined && other !== undefined && more.length === 0 && rest.length === 0
    ? originKey(one) === originKey(other)
    : false;
}

const POSITION: ReadonlySet<string> = new Set(["findIndex", "findLastIndex"]);

/** `names.findIndex(isHeld)`, held against the -1 or 0 that tells whether anything was found; NONE otherwise. */
export function soughtPosition(fn: FunctionView, operator: string, left: number, right: number): number {
  const call = behind(fn, left);
  if (fn.op(call) !== Op.Call || !POSITION.has(fn.memberName(fn.callee(call)))) return NONE;
  const none = fn.op(right) === Op.Unary && fn.text(fn.a(right)) === "-" && isOne(fn, behind(fn, fn.b(right)));
  if (operator === "==" || operator === ">") return none ? call : NONE;
  return isZero(fn, right) && (operator === "<" || operator === ">=") ? call : NONE;
}
