/** One handler for all methods that hands each of them to a function of its own: the place of that function. */
import { headOfFunction } from "../../frameworks/procedures/builder-chain.js";
import type { RawEntry } from "../../frameworks/routing.js";
import { FnHint, Op } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { givenFrame } from "../../program/values/call-frames.js";
import type { Frame, Origin } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";

/** no handler tells it apart */
const ANOTHER = "TRACE";

/** `case "POST": return handlePost(req, res);`: the only function of the file that the request is handed to for this method alone. */
export function placeOfMethod(raw: RawEntry, frame: Frame | null, { guarantees, queries }: Analysis): Place | null {
  const { handler, method } = raw;
  if (handler.kind !== "function" || frame === null || method === "" || method === "ALL") return null;
  const { fn } = handler;
  // nothing in it runs for one method and not for another
  if ((fn.info.hints & FnHint.Branches) === 0) return null;
  // what wraps the work elsewhere is no place for what is missing here
  if (fn.file.path !== raw.place.file) return null;
  const other = givenFrame(handler, raw.given({ method: ANOTHER, metadata: raw.metadata, attached: new Map() }));
  const found = new Set<FunctionView>();
  for (const v of fn.calls) {
    if (fn.op(v) !== Op.Call || !guarantees.reachable({ fn, v, frame })) continue;
    const isHanded = [...fn.args(v)].some((arg) => queries.evaluate({ fn, v: arg, frame }).some(isRequest));
    if (!isHanded || guarantees.reachable({ fn, v, frame: other })) continue;
    for (const callee of queries.evaluate({ fn, v: fn.callee(v), frame }))
      if (callee.kind === "function" && callee.fn.hasBody && callee.fn.file === fn.file) found.add(callee.fn);
  }
  const [only, ...more] = found;
  return only === undefined || more.length > 0 ? null : headOfFunction(only);
}

function isRequest(origin: Origin): boolean {
  return origin.kind === "source" && origin.source === "request";
}
