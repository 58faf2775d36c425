/** What a registration hands over of a handler: steps, their names and their places. */
import { FnHint, NONE, Op } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import type { FunctionView } from "../../program/function-view.js";
import type { Origin, Site } from "../../program/origin.js";
import { expressArguments } from "../arguments.js";
import type { RawStep } from "../routing.js";
import { firstLine, type Leaf } from "../routing-tree-handlers.js";
import type { RunCall } from "../routing-tree-run.js";

/** First arguments that say what they are without the caller. */
const FIXED: ReadonlySet<number> = new Set([Op.String, Op.Regex, Op.Array, Op.Closure, Op.Call]);

/** The function is written in the registration itself. */
export function within(fn: FunctionView, call: RunCall): boolean {
  const inner = fn.ownPlace;
  const outer = call.fn.place(call.v);
  return inner.file === outer.file && inner.start >= outer.start && inner.end <= outer.end;
}

export function stepOf(leaf: Leaf, place: Place): RawStep {
  return {
    name: leaf.name || nameOf(leaf.origin),
    kind: "middleware",
    place,
    origin: leaf.origin,
    given: expressArguments,
    continuation: "calls-next",
    condition: leaf.condition,
  };
}

/** Four parameters make an error handler, whatever it is meant for. */
export function isErrorHandler(origin: Origin): boolean {
  if (origin.kind !== "function") return false;
  const { params } = origin.fn.info;
  return params.length === 4 && !params.some((p) => p.rest || p.hasDefault);
}

/** A local function that takes and calls the continuation goes on; of a package's one cannot tell. */
export function continues(origin: Origin): "no" | "maybe" | "yes" {
  if (origin.kind !== "function") return "maybe";
  const { params, hints } = origin.fn.info;
  return params.length === 3 && (hints & FnHint.CallsParameter) !== 0 ? "yes" : "no";
}

export function nameOf(origin: Origin): string {
  return origin.kind === "function" && origin.fn.info.name !== "" ? origin.fn.info.name : "(anonymous)";
}

/** The call; for one in a chain, the part that it adds; for a helper that is given the path, the call of the helper. */
export function placeOf(call: RunCall): Place {
  const { fn, v } = called(call);
  const whole = fn.place(v);
  const callee = fn.callee(v);
  const receiver = fn.op(callee) === Op.Member ? fn.a(callee) : NONE;
  if (receiver === NONE || fn.op(receiver) !== Op.Call) return firstLine(fn, whole);
  const { end } = fn.place(receiver);
  return end > whole.start && end < whole.end ? firstLine(fn, { ...whole, start: end + 1 }) : firstLine(fn, whole);
}

function called(call: RunCall): Site {
  let current: Site = call;
  for (let i = 0; i < 6; i += 1) {
    const { fn, v, frame } = current;
    const [first] = fn.args(v);
    const fixed = first === undefined || FIXED.has(fn.op(first)) || frame === null || frame.fn !== fn;
    if (fixed || frame.site === null) break;
    current = frame.site;
  }
  return current;
}
