/**
 * Values that were handed in: `if (!ctx.session) throw …` inside of what a wrapper calls with `{ session }`. That the
 * parameter is there says what it says where the caller made the value: that the call which gave it was truthy.
 */
import { Op } from "../../model/lowered.js";
import type { FunctionView } from "../linking/function-view.js";
import type { Frame, Origin, OriginQueries, ParameterOrigin, Site } from "../values/origin.js";

const MAX_HANDS = 6;

/** The argument for a parameter as its caller wrote it, and what is read from it. */
export interface HandedValue {
  readonly site: Site;
  readonly path: readonly string[];
}

/** Follows a parameter to the call that handed a value over, through functions that only pass it on. */
export function handedValue(
  origin: ParameterOrigin,
  frame: Frame,
  queries: OriginQueries,
  hands = MAX_HANDS,
): HandedValue | null {
  let wanted: ParameterOrigin = origin;
  let from: Frame | null = frame;
  let found: HandedValue | null = null;
  for (let i = 0; i < hands && from !== null; i += 1) {
    const call = callOf(wanted.fn, from);
    if (call === null) return found;
    const args = call.fn.args(call.v).slice(0, wanted.index + 1);
    const arg = args[wanted.index];
    if (arg === undefined || args.some((one) => call.fn.op(one) === Op.Spread)) return found;
    found = { site: { fn: call.fn, v: arg, frame: call.frame }, path: wanted.path };
    const outer = soleParameter(queries.evaluate({ fn: call.fn, v: arg, frame: null }));
    if (outer === null) return found;
    wanted = { ...outer, path: [...outer.path, ...wanted.path] };
    from = call.frame;
  }
  return found;
}

/** The one parameter that a value is, null when it may be something else. */
export function soleParameter(origins: readonly Origin[]): ParameterOrigin | null {
  const [only, ...others] = origins;
  return only?.kind === "parameter" && others.length === 0 && only.without === undefined ? only : null;
}

/** The call that entered a function, seen from what runs inside of it. */
function callOf(fn: FunctionView, frame: Frame): Site | null {
  for (let f: Frame | null = frame; f !== null; f = f.lexical) {
    if (f.fn !== fn) continue;
    return f.site === null || f.given.length > 0 || f.site.fn.op(f.site.v) !== Op.Call ? null : f.site;
  }
  return null;
}
