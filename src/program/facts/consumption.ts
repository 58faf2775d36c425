/** Whether the promise of a call is waited for. */
import { NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../linking/function-view.js";

const awaitedBy = new WeakMap<FunctionView, ReadonlySet<number>>();

/** Calls of a function whose promise is awaited, returned, or in something that is. */
export function isAwaited(fn: FunctionView, call: number): boolean {
  let known = awaitedBy.get(fn);
  if (known === undefined) {
    known = collect(fn);
    awaitedBy.set(fn, known);
  }
  return known.has(call);
}

/** As `isAwaited`; or its failure is taken for a no, and that is waited for: `await ask().catch(() => false)`. */
export function isAnswered(fn: FunctionView, call: number): boolean {
  if (isAwaited(fn, call)) return true;
  const caught = caughtBy(fn, call);
  if (caught === NONE || !isAwaited(fn, caught)) return false;
  const [handler] = fn.args(caught);
  return handler !== undefined && fn.op(handler) === Op.Closure && saysNo(fn.file.fn(fn.a(handler)));
}

/** The call of `catch` on a call's promise. */
export function caughtBy(fn: FunctionView, call: number): number {
  for (const later of fn.calls) {
    const callee = fn.op(later) === Op.Call ? fn.callee(later) : NONE;
    if (callee === NONE || fn.op(callee) !== Op.Member || fn.a(callee) !== call) continue;
    if (fn.memberName(callee) === "catch") return later;
  }
  return NONE;
}

/** All that a function returns is falsy; so is what it does not return. */
function saysNo(fn: FunctionView): boolean {
  return fn.returns.every((row) => {
    const value = fn.a(row);
    const op = value === NONE ? Op.Undefined : fn.op(value);
    return op === Op.False || op === Op.Null || op === Op.Undefined;
  });
}

function collect(fn: FunctionView): ReadonlySet<number> {
  const found = new Set<number>();
  for (let v = 0; v < fn.valueCount; v += 1) {
    const op = fn.op(v);
    if (op === Op.Await || op === Op.Yield || op === Op.Return) {
      if (fn.a(v) !== NONE) mark(fn, fn.a(v), found, 0);
    }
  }
  return found;
}

/** Promise.all and the like, arrays, variables and `.then` hand the waiting on to what is inside. */
function mark(fn: FunctionView, v: number, found: Set<number>, depth: number): void {
  if (depth > 12 || v === NONE || found.has(v)) return;
  switch (fn.op(v)) {
    case Op.Call:
    case Op.New: {
      found.add(v);
      for (const arg of fn.args(v)) mark(fn, arg, found, depth + 1);
      const callee = fn.callee(v);
      // `.catch(…)` makes another promise: the call before it may fail unseen
      if (fn.op(callee) === Op.Member && fn.memberName(callee) !== "catch") mark(fn, fn.a(callee), found, depth + 1);
      return;
    }
    case Op.Array:
      for (const item of fn.list(fn.a(v))) mark(fn, item, found, depth + 1);
      return;
    case Op.Cond:
      mark(fn, fn.b(v), found, depth + 1);
      mark(fn, fn.c(v), found, depth + 1);
      return;
    case Op.Logic:
      mark(fn, fn.b(v), found, depth + 1);
      mark(fn, fn.c(v), found, depth + 1);
      return;
    case Op.Spread:
    case Op.Cast:
    case Op.Await:
      mark(fn, fn.a(v), found, depth + 1);
      return;
    case Op.Var:
      if (fn.a(v) === 0) for (const stored of fn.storesTo(fn.b(v))) mark(fn, stored, found, depth + 1);
      return;
    default:
      return;
  }
}
