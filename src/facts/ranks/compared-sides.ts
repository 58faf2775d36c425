/** What is held against what: both sides of a comparison, what a call is called on and what it is given. */
import { Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";

/** The rows of the sides; none for what is neither a comparison nor a call. */
export function sidesOf(fn: FunctionView, v: number): readonly number[] {
  if (fn.op(v) === Op.Binary) return [fn.b(v), fn.c(v)];
  if (fn.op(v) !== Op.Call) return [];
  const callee = fn.callee(v);
  const receiver = fn.op(callee) === Op.Member ? [fn.a(callee)] : [];
  return [...receiver, ...fn.args(v)];
}
