/** Calls that register something: where a report shows them, and what a handler in them is called. */
import { NONE, Op } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Origin, Site } from "../../program/values/origin.js";
import { firstLine, type Leaf } from "./handlers.js";
import type { RunCall } from "./run.js";

/** First arguments that say what they are without the caller. */
const FIXED: ReadonlySet<number> = new Set([Op.String, Op.Regex, Op.Array, Op.Closure, Op.Call]);

/** The function is written in the registration itself. */
export function within(fn: FunctionView, call: Site): boolean {
  const inner = fn.ownPlace;
  const outer = call.fn.place(call.v);
  return inner.file === outer.file && inner.start >= outer.start && inner.end <= outer.end;
}

/** The conditions under which what a call registers runs, those of the handler's own choice included. */
export function conditionsOf(call: RunCall, leaf: Leaf): RunCall["conditions"] {
  if (leaf.condition === "") return call.conditions;
  return [...call.conditions, { key: `${call.fn.id}:${call.v}:${leaf.condition}`, text: leaf.condition }];
}

export function nameOf(origin: Origin): string {
  return origin.kind === "function" && origin.fn.info.name !== "" ? origin.fn.info.name : "(anonymous)";
}

/** The call; for one in a chain, the part that it adds; for a helper that is given the path, the call of the helper. */
export function placeOf(call: Site): Place {
  const { fn, v } = called(call);
  const whole = fn.place(v);
  const callee = fn.callee(v);
  const receiver = fn.op(callee) === Op.Member ? fn.a(callee) : NONE;
  if (receiver === NONE || fn.op(receiver) !== Op.Call) return firstLine(fn, whole);
  // where the method is named: before it, the line of the call before may go on with a comment
  const start = fn.place(callee).end - fn.memberName(callee).length;
  return start > whole.start && start < whole.end ? firstLine(fn, { ...whole, start }) : firstLine(fn, whole);
}

function called(call: Site): Site {
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
