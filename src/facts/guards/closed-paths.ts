/**
 * Middleware that lets nobody by on some paths: `return refused()` after it has let on what it knows. What is registered
 * there is never reached.
 */
import { Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import { refusedStatus } from "../../program/facts/refusals.js";
import type { Frame, Origin } from "../../program/values/origin.js";
import { type Analysis, isContinuation } from "../analysis.js";

type FunctionOrigin = Extract<Origin, { kind: "function" }>;

const MAX_BLOCKS = 60;

/**
 * Whether every way through it that is left for this path refuses.
 *
 * @param frame what it is called with, the path among it; no way on was found under it
 */
export function turnsAllAway({ fn }: FunctionOrigin, frame: Frame, { guarantees, queries }: Analysis): boolean {
  if (!fn.hasBody || fn.info.blockCount > MAX_BLOCKS) return false;
  // elsewhere it lets requests on, so that letting on is something that was read
  if (!fn.calls.some((v) => queries.evaluate({ fn, v: fn.callee(v), frame }).some(isContinuation))) return false;
  return guarantees
    .flow(fn, frame, true)
    .exits()
    .every((row) => fn.op(row) === Op.Return && refusedStatus(fn, behind(fn, fn.a(row)), queries) >= 400);
}
