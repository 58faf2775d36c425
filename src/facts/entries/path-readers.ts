/** Functions that look at the requested path: what they do may differ from entry to entry. */
import type { RawStep } from "../../frameworks/routing.js";
import { Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Analysis } from "../analysis.js";

const PATH_NAME = /^(?:path|url|originalUrl|pathname|nextUrl)$/;
const MAX_DEPTH = 4;

const known = new WeakMap<FunctionView, boolean>();

/** True when the step, or a local function that it calls, reads the path. */
export function readsPath(step: RawStep, analysis: Analysis): boolean {
  return step.origin.kind === "function" && reads(step.origin.fn, analysis, 0);
}

/** True when the function itself reads the method. */
export function readsMethod(fn: FunctionView): boolean {
  for (let v = 0; v < fn.valueCount; v += 1) if (fn.op(v) === Op.Member && fn.text(fn.b(v)) === "method") return true;
  return false;
}

function reads(fn: FunctionView, analysis: Analysis, depth: number): boolean {
  const answer = known.get(fn);
  if (answer !== undefined) return answer;
  if (depth > MAX_DEPTH) return false;
  known.set(fn, false);
  const found = search(fn, analysis, depth);
  if (found || depth === 0) known.set(fn, found);
  else known.delete(fn);
  return found;
}

function search(fn: FunctionView, analysis: Analysis, depth: number): boolean {
  for (let v = 0; v < fn.valueCount; v += 1) {
    const op = fn.op(v);
    if (op === Op.Member && PATH_NAME.test(fn.text(fn.b(v)))) return true;
    if (op === Op.Closure && reads(fn.file.fn(fn.a(v)), analysis, depth + 1)) return true;
  }
  for (const call of fn.calls) {
    if (fn.op(call) !== Op.Call) continue;
    for (const callee of analysis.queries.evaluate({ fn, v: fn.callee(call), frame: null })) {
      if (callee.kind === "function" && callee.fn !== fn && reads(callee.fn, analysis, depth + 1)) return true;
    }
  }
  return false;
}
