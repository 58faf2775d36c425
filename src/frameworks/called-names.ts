/** By which names functions call what they call. */
import { type LoweredFunction, Op } from "../model/lowered.js";
import type { FunctionView } from "../program/linking/function-view.js";

/** They hold for as long as the lowered function does, over several runs. */
const namesByFunction = new WeakMap<LoweredFunction, readonly string[]>();

/** The names by which a function calls what it calls, and of what it hands over. */
export function namesCalled(fn: FunctionView): readonly string[] {
  const found = namesByFunction.get(fn.info) ?? findNames(fn);
  namesByFunction.set(fn.info, found);
  return found;
}

function findNames(fn: FunctionView): readonly string[] {
  const names = new Set<string>();
  for (const v of fn.calls) {
    if (fn.op(v) === Op.Tagged) continue;
    names.add(calledName(fn, fn.callee(v)));
    for (const arg of fn.args(v)) if (fn.op(arg) !== Op.Closure) names.add(calledName(fn, arg));
  }
  names.delete("");
  return [...names];
}

/** The name by which a value is reached: of the variable, the member, the class; `f` of `f(x)` and of `f.bind(x)`. */
export function calledName(fn: FunctionView, v: number, depth = 0): string {
  if (depth > 8) return "";
  switch (fn.op(v)) {
    case Op.Member: {
      const name = fn.text(fn.b(v));
      return name === "bind" || name === "call" || name === "apply" ? calledName(fn, fn.a(v), depth + 1) : name;
    }
    case Op.Var:
      return fn.ancestor(fn.a(v))?.info.slots[fn.b(v)]?.name ?? "";
    case Op.Global:
      return fn.text(fn.a(v));
    case Op.Super:
      return "super";
    case Op.ImportOf:
      return "";
    case Op.Call:
      return calledName(fn, fn.callee(v), depth + 1);
    case Op.Await:
    case Op.Cast:
      return calledName(fn, fn.a(v), depth + 1);
    default:
      return "";
  }
}
