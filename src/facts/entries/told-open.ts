/**
 * Guards that are told to stand aside: `readRequest(request, schema, { skipAuth: true })`. The same function, called
 * without the option, turns strangers away: whoever wrote the option meant them to come in.
 */
import type { PublicIntent } from "../../model/facts.js";
import { Op, PropKind } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import { refusedStatus } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { frameFor, givenFrame } from "../../program/values/call-frames.js";
import { type Frame, UNDEFINED } from "../../program/values/origin.js";
import { argumentsAt, type Visit } from "../../program/walks/walk.js";
import type { Analysis } from "../analysis.js";

const MAX_BLOCKS = 60;

/** Null when the call switches nothing off that would turn strangers away. */
export function toldOpen({ site, callees }: Pick<Visit, "site" | "callees">, analysis: Analysis): PublicIntent | null {
  const { fn, v } = site;
  const [callee, ...others] = callees;
  if (callee?.kind !== "function" || others.length > 0 || !callee.fn.hasBody) return null;
  if (callee.fn.info.blockCount > MAX_BLOCKS) return null;
  const options = Array.from(fn.args(v)).findIndex((arg) => holdsSwitch(fn, arg));
  if (options < 0) return null;
  const untold = argumentsAt(site, analysis.queries).map((given, i) => (i === options ? [UNDEFINED] : given));
  const told = frameFor(callee, site);
  const switched = refusals(callee.fn, analysis).filter((at) => !isReachable(callee.fn, at, told, analysis));
  const closed = givenFrame(callee, untold, told.depth);
  if (!switched.some((at) => isReachable(callee.fn, at, closed, analysis))) return null;
  const name = callee.fn.info.name || "the guard";
  return { by: "builder", reason: `'${name}' is told to let everybody on`, place: fn.place(v) };
}

/** `{ skipAuth: true }`: written out, so that it is known which way the guard takes. */
function holdsSwitch(fn: FunctionView, arg: number): boolean {
  const value = behind(fn, arg);
  if (fn.op(value) !== Op.Object) return false;
  return Array.from(fn.props(value)).some(
    ({ kind, value: given }) => kind === PropKind.Named && isTruth(fn, behind(fn, given)),
  );
}

function isTruth(fn: FunctionView, v: number): boolean {
  return fn.op(v) === Op.True || fn.op(v) === Op.False;
}

/** Where it turns strangers away, or puts together the answer that does. */
function refusals(fn: FunctionView, analysis: Analysis): readonly number[] {
  const found: number[] = [];
  for (let v = 0; v < fn.valueCount; v += 1) {
    const inner = fn.op(v) === Op.Closure ? fn.file.fn(fn.a(v)) : null;
    const refuses =
      inner === null ? isRefusal(fn, v, analysis) : inner.calls.some((at) => isRefusal(inner, at, analysis));
    if (refuses) found.push(v);
  }
  return found;
}

function isRefusal(fn: FunctionView, v: number, { queries }: Analysis): boolean {
  return (fn.op(v) === Op.Call || fn.op(v) === Op.New) && refusedStatus(fn, v, queries) === 401;
}

function isReachable(fn: FunctionView, v: number, frame: Frame, { guarantees }: Analysis): boolean {
  return guarantees.reachable({ fn, v, frame });
}
