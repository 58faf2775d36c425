/** Handlers that send every caller elsewhere or turn everybody away: there is nothing of theirs to guard. */
import { NONE, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import { calleeName, refusedStatus } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Frame, Origin } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";

const ELSEWHERE = /^(?:redirect|permanentRedirect|redirectDocument|replace)$/;
const MAX_EXITS = 12;

/** @param frame what the handler is given */
export function onlySendsAway(handler: Origin, frame: Frame | null, analysis: Analysis): boolean {
  if (handler.kind !== "function" || !handler.fn.hasBody) return false;
  const { fn } = handler;
  const exits = analysis.guarantees.flow(fn, frame, false).exits();
  return exits.length > 0 && exits.length <= MAX_EXITS && exits.every((row) => isAway(fn, row, analysis));
}

function isAway(fn: FunctionView, row: number, { queries }: Analysis): boolean {
  const value = fn.op(row) === Op.Return ? fn.a(row) : NONE;
  if (value === NONE) return false;
  const answer = behind(fn, value);
  if (refusedStatus(fn, answer, queries) > 0) return true;
  if (fn.op(answer) !== Op.Call || !ELSEWHERE.test(calleeName(fn, fn.callee(answer)))) return false;
  const callees = queries.evaluate({ fn, v: fn.callee(answer), frame: null });
  return callees.every((o) => o.kind === "package" && o.module !== "");
}
