/**
 * What follows from a variable being truthy or falsy at the end although it was stored several times: ways through a
 * store of the opposite are out. `let error; if (!auth) error = …; return { auth, error }` is read this way.
 */
import { NONE, Op, SlotKind } from "../../model/lowered.js";
import { behind } from "../facts/conditions.js";
import type { FlowOptions, Graph } from "../facts/control-flow.js";
import { deadSides, truthOfOrigins } from "../facts/truth.js";
import type { FunctionView } from "../linking/function-view.js";
import type { Frame, OriginQueries } from "./origin.js";

const MAX_STORES = 8;

export interface SlotAssumption {
  readonly slot: number;
  readonly truth: boolean;
}

/** Slot of a variable with several stores that a returned value, or a member of it, is read from; NONE else. */
export function returnedSlot(fn: FunctionView, returned: number, member: string | null): number {
  if (returned === NONE) return NONE;
  const value = behind(fn, returned);
  const read = member === null ? value : propertyAt(fn, value, member);
  if (read === NONE) return NONE;
  const variable = variableBehind(fn, read);
  if (variable === NONE) return NONE;
  const slot = fn.info.slots[fn.b(variable)];
  if (slot === undefined || slot.storedInInner || (slot.kind !== SlotKind.Let && slot.kind !== SlotKind.Var))
    return NONE;
  const count = fn.storesTo(fn.b(variable)).length;
  return count >= 1 && count <= MAX_STORES ? fn.b(variable) : NONE;
}

/** The value of `a.b` in `{ a: { b: value } }`; NONE when it is not written out. */
export function propertyAt(fn: FunctionView, object: number, path: string): number {
  let current = object;
  for (const name of path.split(".")) {
    current = current === NONE ? NONE : fn.prop(behind(fn, current), name);
  }
  return current;
}

/** The `let` that is read, casts looked through: `behind` would go on to what a single store put there. */
function variableBehind(fn: FunctionView, v: number): number {
  let current = v;
  while (fn.op(current) === Op.Cast || fn.op(current) === Op.Await) current = fn.a(current);
  return fn.op(current) === Op.Var && fn.a(current) === 0 ? current : NONE;
}

/** The options with what the assumption rules out, seen under a frame. */
export function assumingSlot(
  fn: FunctionView,
  graph: Graph,
  assumption: SlotAssumption,
  options: FlowOptions,
  frame: Frame | null,
  queries: OriginQueries,
): FlowOptions {
  const ends = new Set(options.ends);
  let certain = true;
  for (const row of fn.storeRowsTo(assumption.slot)) {
    const truth = truthOfOrigins(queries.evaluate({ fn, v: fn.c(row), frame: null }));
    if (truth === undefined) certain = false;
    else if (truth !== assumption.truth) ends.add(row);
  }
  // only if every store is known does the variable have that truth wherever control still comes
  const dead = certain ? deadSides(fn, graph, frame, queries, assumption) : options.dead;
  return { dead: new Map([...dead, ...options.dead]), ends };
}
