/** Objects that a callback gives for each element of a list: the list is known by them, so each is its own element. */
import { Op } from "../../model/lowered.js";
import type { Site } from "../values/origin.js";
import type { FunctionView } from "./function-view.js";

const known = new WeakMap<FunctionView, boolean>();

/** `list.map((one) => ({ ...one, orgId }))`: what stands for the list is the object that the callback gives. */
export function standsForList({ fn, v }: Site): boolean {
  return fn.returns.some((row) => fn.a(row) === v) && isHandedToMap(fn);
}

/** methods of lists that hand each element to a callback: no element is asked for them */
const GO_THROUGH: ReadonlySet<string> = new Set(
  "map flatMap forEach reduce filter some every find findLast".split(" "),
);

export function goesThroughList(name: string): boolean {
  return GO_THROUGH.has(name);
}

/** An element of it, by whichever position. */
export function isPosition(name: string): boolean {
  return name === "[]" || /^\d+$/.test(name);
}

function isHandedToMap(fn: FunctionView): boolean {
  let is = known.get(fn);
  if (is === undefined) {
    is = fn.parent !== null && mapsWith(fn.parent, fn);
    known.set(fn, is);
  }
  return is;
}

function mapsWith(parent: FunctionView, fn: FunctionView): boolean {
  for (let v = 0; v < parent.valueCount; v += 1) {
    if (parent.op(v) !== Op.Call || parent.memberName(parent.callee(v)) !== "map") continue;
    const [callback] = parent.args(v);
    if (callback !== undefined && parent.op(callback) === Op.Closure && parent.file.fn(parent.a(callback)) === fn)
      return true;
  }
  return false;
}
