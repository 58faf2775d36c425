/** Which loops a call hangs on: the `for (const x of xs)` items that its operands are made of. */
import { NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { type Bindings, NO_BINDINGS, type Spot } from "./spot.js";
import type { Values } from "./values.js";

const loops = new WeakMap<FunctionView, boolean>();
const MAX_ROUNDS = 2_000;

export interface Rounds {
  readonly bindings: readonly Bindings[];
  readonly complete: boolean;
}

/** The rounds in which a call is made: one without bindings when it hangs on no loop. */
export function roundsOf(spot: Spot, values: Values): Rounds {
  const items = hasLoops(spot.fn) ? iteratedIn(spot.fn, spot.v) : [];
  let rounds: Bindings[] = [NO_BINDINGS];
  let complete = true;
  for (const item of items) {
    const next: Bindings[] = [];
    for (const bindings of rounds) {
      const elements = values.iterated({ ...spot, v: item, bindings });
      complete &&= elements.complete;
      for (const element of elements.items) next.push(new Map([...bindings, [item, element]]));
    }
    if (next.length > 0) rounds = next.slice(0, MAX_ROUNDS);
  }
  return { bindings: rounds, complete };
}

function hasLoops(fn: FunctionView): boolean {
  let found = loops.get(fn);
  if (found === undefined) {
    found = false;
    for (let v = 0; v < fn.valueCount && !found; v += 1) found = fn.op(v) === Op.Iterated;
    loops.set(fn, found);
  }
  return found;
}

function iteratedIn(fn: FunctionView, v: number): number[] {
  const seen = new Set<number>();
  const open = [v];
  const found = new Set<number>();
  while (open.length > 0 && seen.size < 400) {
    const next = open.pop() ?? NONE;
    if (next === NONE || seen.has(next)) continue;
    seen.add(next);
    if (fn.op(next) === Op.Iterated) found.add(next);
    open.push(...operands(fn, next));
  }
  return [...found].sort((a, b) => a - b);
}

function operands(fn: FunctionView, v: number): readonly number[] {
  switch (fn.op(v)) {
    case Op.Var:
      return fn.a(v) === 0 && fn.storesTo(fn.b(v)).length === 1 ? fn.storesTo(fn.b(v)) : [];
    case Op.Member:
    case Op.Element:
    case Op.Rest:
    case Op.Iterated:
    case Op.Await:
    case Op.Cast:
    case Op.Spread:
      return [fn.a(v)];
    case Op.Index:
    case Op.Default:
      return [fn.a(v), fn.b(v)];
    case Op.Unary:
      return [fn.b(v)];
    case Op.Binary:
    case Op.Logic:
      return [fn.b(v), fn.c(v)];
    case Op.Cond:
      return [fn.a(v), fn.b(v), fn.c(v)];
    case Op.Call:
    case Op.New:
      return [fn.callee(v), ...fn.args(v)];
    case Op.Array:
      return [...fn.list(fn.a(v))];
    case Op.Object:
      return [...fn.props(v)].map((prop) => prop.value);
    case Op.Template:
      return fn.templateValues(v);
    default:
      return [];
  }
}
