/**
 * Middleware that no entry of the program runs: a library hands it out, and whoever takes it trusts it. It is known by
 * its parameters, the last of which is the continuation, and by calling that.
 */
import { expressArguments, honoArguments, koaArguments } from "../../frameworks/arguments.js";
import type { Arguments } from "../../frameworks/routing.js";
import { FnHint } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { givenFrame } from "../../program/values/call-frames.js";
import type { Frame } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import type { JudgedEntry } from "../entries/entries.js";

export interface UnusedMiddleware {
  readonly fn: FunctionView;
  readonly frame: Frame;
}

export function* unusedMiddleware(judged: readonly JudgedEntry[], analysis: Analysis): Iterable<UnusedMiddleware> {
  const used = new Set<FunctionView>();
  for (const { raw } of judged) {
    for (const origin of [raw.handler, ...raw.steps.map((step) => step.origin)])
      if (origin.kind === "function") used.add(origin.fn);
  }
  for (const fn of analysis.index.functions()) {
    const given = used.has(fn) || !fn.hasBody ? null : argumentsOf(fn);
    if (given === null) continue;
    const context = { method: "", metadata: new Map(), attached: new Map() };
    yield { fn, frame: givenFrame({ kind: "function", fn, frame: null, self: null }, given(context)) };
  }
}

/** What its framework would call it with, told by the parameters; null when it is no middleware. */
function argumentsOf(fn: FunctionView): Arguments | null {
  const { params, hints } = fn.info;
  if ((hints & FnHint.CallsParameter) === 0 || params.at(-1)?.name !== "next") return null;
  if (params.length === 3) return expressArguments;
  if (params.length !== 2) return null;
  return /^c$|^context$/.test(params[0]?.name ?? "") ? honoArguments : koaArguments;
}
