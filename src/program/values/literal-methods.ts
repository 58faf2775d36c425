/** What `this` is in functions that belong to no class: the object whose property they are, or what a caller makes of it. */
import { FnFlag, Op } from "../../model/lowered.js";
import type { FunctionView } from "../linking/function-view.js";
import type { Site } from "./origin.js";

interface Surroundings {
  /** object literal by the function that is the value of one of its properties */
  readonly objects: ReadonlyMap<number, number>;
  /** functions that are handed to a call as they are written */
  readonly handed: ReadonlySet<number>;
}

const known = new WeakMap<FunctionView, Surroundings>();

/** The function that `this` belongs to: arrow functions have none of their own. */
export function ownerOfThis(fn: FunctionView): FunctionView {
  let owner = fn;
  while ((owner.info.flags & FnFlag.Arrow) !== 0 && owner.parent !== null) owner = owner.parent;
  return owner;
}

/** `{ find() { … }, move() { this.find() } }`: the literal around the function; null when it stands in none. */
export function literalAround(fn: FunctionView): Site | null {
  const owner = ownerOfThis(fn);
  const { parent } = owner;
  const v = parent === null ? undefined : surroundingsIn(parent).objects.get(owner.index);
  return parent === null || v === undefined ? null : { fn: parent, v, frame: null };
}

/** `publish(function () { this.userId })`: whoever is handed the function says what `this` is. */
export function isHandedOver(owner: FunctionView): boolean {
  return owner.parent !== null && surroundingsIn(owner.parent).handed.has(owner.index);
}

function surroundingsIn(fn: FunctionView): Surroundings {
  const before = known.get(fn);
  if (before !== undefined) return before;
  const objects = new Map<number, number>();
  const handed = new Set<number>();
  const found: Surroundings = { objects, handed };
  known.set(fn, found);
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) === Op.Object) {
      for (const { value } of fn.props(v)) if (fn.op(value) === Op.Closure) objects.set(fn.a(value), v);
    } else if (fn.op(v) === Op.Call || fn.op(v) === Op.New) {
      for (const arg of fn.args(v)) if (fn.op(arg) === Op.Closure) handed.add(fn.a(arg));
    }
  }
  return found;
}
