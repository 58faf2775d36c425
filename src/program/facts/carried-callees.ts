/**
 * Calls of what is carried by an object that the caller hands over: `request.files.in(folder).checkLink(token)`, with a
 * service that an earlier step left on the request. What they ensure is known only where it is known what is there.
 */
import { Op } from "../../model/lowered.js";
import type { FunctionView } from "../linking/function-view.js";
import { type Frame, type LinkQueries, type Origin, RECEIVER } from "../values/origin.js";

const MAX_CALLS = 200;

/** Whether the frame tells which function of the project such a call comes to. */
export function callsWhatIsCarried(fn: FunctionView, frame: Frame, queries: LinkQueries): boolean {
  return carriedCalls(fn, queries).some((v) =>
    queries.evaluate({ fn, v: fn.callee(v), frame }).some((o) => o.kind === "function" && o.fn.hasBody),
  );
}

const known = new WeakMap<FunctionView, readonly number[]>();

/** The calls of a function whose callee hangs on what its parameters carry. */
function carriedCalls(fn: FunctionView, queries: LinkQueries): readonly number[] {
  const found = known.get(fn);
  if (found !== undefined) return found;
  const calls = Array.from(fn.calls).slice(0, MAX_CALLS);
  const carried = calls.filter(
    (v) => fn.op(v) === Op.Call && queries.evaluate({ fn, v: fn.callee(v), frame: null }).some(isCarried),
  );
  known.set(fn, carried);
  return carried;
}

function isCarried(callee: Origin): boolean {
  if (callee.kind === "apply") return isCarried(callee.callee);
  return callee.kind === "parameter" && callee.index !== RECEIVER && callee.path.length > 1;
}
