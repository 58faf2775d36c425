/** A whole table that is loaded for everybody, once: what a service keeps in memory hangs on no caller. */
import type { DataCall } from "../../frameworks/data/data-call.js";
import { NONE, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import type { FunctionView } from "../../program/linking/function-view.js";

const FILLING: ReadonlySet<string> = new Set(["set", "add", "push", "mset"]);

/**
 * True when a function that is told nothing and gives nothing back reads all there is and writes it to what outlives
 * it: what is later looked up in there is another matter.
 */
export function isKeptForAll({ site, filter }: DataCall): boolean {
  const { fn } = site;
  if (filter.alternatives.some((terms) => terms.length > 0) || fn.info.params.length > 0) return false;
  return fn.returns.every((row) => isNothing(fn, fn.a(row))) && keeps(fn);
}

function isNothing(fn: FunctionView, v: number): boolean {
  return v === NONE || fn.op(behind(fn, v)) === Op.Undefined;
}

/** A member of `this` or a variable of the file is written, or a collection kept there is filled. */
function keeps(fn: FunctionView): boolean {
  for (let v = 0; v < fn.valueCount; v += 1) {
    const op = fn.op(v);
    if (op === Op.Store && fn.a(v) > 0) return true;
    if (op === Op.SetMember && outlives(fn, fn.a(v))) return true;
    if (op !== Op.Call || !FILLING.has(fn.memberName(fn.callee(v)))) continue;
    if (outlives(fn, fn.a(fn.callee(v)))) return true;
  }
  return false;
}

function outlives(fn: FunctionView, v: number): boolean {
  const object = behind(fn, v);
  if (fn.op(object) === Op.Member) return outlives(fn, fn.a(object));
  return fn.op(object) === Op.This || (fn.op(object) === Op.Var && fn.a(object) > 0);
}
