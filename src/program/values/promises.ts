/** How promises are written: chains of `then`, and `new Promise`. */
import { NONE, Op } from "../../model/lowered.js";
import { behind } from "../facts/conditions.js";
import type { FunctionView } from "../linking/function-view.js";

/** True for `promise.then(…)`, `.catch(…)`, `.finally(…)` and for `new Promise(…)`. */
export function makesPromise(fn: FunctionView, v: number): boolean {
  if (fn.op(v) === Op.New) return isPromiseConstructor(fn, fn.callee(v));
  return fn.op(v) === Op.Call && chainMethod(fn, v) !== "";
}

/** A function that is not async and yet hands back a promise that it makes itself. */
export function returnsPromise(fn: FunctionView): boolean {
  const rows = fn.returns;
  return rows.length > 0 && rows.every((row) => fn.a(row) !== NONE && makesPromise(fn, behind(fn, fn.a(row))));
}

/** Which method of a promise a call names, '' for any other call. */
export function chainMethod(fn: FunctionView, call: number): "then" | "catch" | "finally" | "" {
  const name = fn.memberName(fn.callee(call));
  return name === "then" || name === "catch" || name === "finally" ? name : "";
}

export function chainReceiver(fn: FunctionView, call: number): number {
  return fn.a(fn.callee(call));
}

export function isPromiseConstructor(fn: FunctionView, callee: number): boolean {
  return fn.op(callee) === Op.Global && fn.text(fn.a(callee)) === "Promise";
}

/** `Promise.all(list)` */
export function isWaitedForTogether(fn: FunctionView, call: number): boolean {
  if (fn.op(call) !== Op.Call || fn.args(call).length !== 1 || fn.memberName(fn.callee(call)) !== "all") return false;
  const object = fn.a(fn.callee(call));
  return fn.op(object) === Op.Global && fn.text(fn.a(object)) === "Promise";
}
