/** Functions that make a guard and are registered in its place. */
import type { RawStep } from "../../frameworks/routing.js";
import { Op } from "../../model/lowered.js";
import { givenFrame } from "../../program/values/call-frames.js";
import type { EntryContext, Origin } from "../../program/values/origin.js";
import { walk } from "../../program/walks/walk.js";
import { type Analysis, isContinuation } from "../analysis.js";
import type { JudgedEntry } from "../entries/entries.js";
import { judgeStep } from "../entries/steps.js";
import type { Suspect } from "./guard-running.js";

type FunctionOrigin = Extract<Origin, { kind: "function" }>;

/** Steps of an entry that only return a function which would have been the guard. */
export function uncalledFactories(judged: JudgedEntry, analysis: Analysis): readonly Suspect[] {
  const { raw } = judged;
  const context: EntryContext = {
    method: raw.method === "ALL" ? "" : raw.method,
    metadata: raw.metadata,
    attached: new Map(),
  };
  return raw.steps.flatMap((step) => {
    if (step.continuation !== "calls-next" || step.origin.kind !== "function") return [];
    const inner = madeBy(step.origin, step, context, analysis);
    if (inner === null || !wouldGuard(inner, step, context, analysis)) return [];
    const evidence = [
      { place: step.place, note: "Passed without being called" },
      { place: inner.fn.place(-1), note: "This is the guard that it would have made" },
    ];
    return [
      { kind: "factory-not-called", name: step.name, place: step.place, evidence, confidence: "proven" } as const,
    ];
  });
}

/** The function that a step returns on every way out, when it does nothing for the request itself. */
function madeBy(
  origin: FunctionOrigin,
  step: RawStep,
  context: EntryContext,
  analysis: Analysis,
): FunctionOrigin | null {
  const { fn } = origin;
  if (fn.isAsync || fn.returns.length === 0) return null;
  const frame = givenFrame(origin, step.given(context));
  const returned = analysis.queries.bind(analysis.queries.returnsOf(fn), frame);
  const functions = returned.filter((o) => o.kind === "function");
  const [first] = functions;
  if (first === undefined || functions.length !== returned.length) return null;
  return handlesRequest(origin, step, context, analysis) ? null : first;
}

/** Whether it calls the continuation or says anything to the client. */
function handlesRequest(origin: FunctionOrigin, step: RawStep, context: EntryContext, analysis: Analysis): boolean {
  let found = false;
  walk(origin, givenFrame(origin, step.given(context)), analysis.guarantees, [], {
    interesting: () => !found,
    visit: ({ site, callees }) => {
      const answers = callees.some(
        (o) => isContinuation(o) || (o.kind === "source" && o.source === "request" && o.path.startsWith("response")),
      );
      const { fn, v, frame } = site;
      const handsOn =
        fn.op(v) === Op.Call &&
        Array.from(fn.args(v)).some((v) => analysis.queries.evaluate({ fn, v, frame }).some(isContinuation));
      if (answers || handsOn) found = true;
      return found;
    },
  });
  return found;
}

function wouldGuard(inner: FunctionOrigin, step: RawStep, context: EntryContext, analysis: Analysis): boolean {
  const { grants } = judgeStep({ ...step, origin: inner }, context, analysis).step;
  return grants === "authentication" || grants === "decision" || grants === "signature";
}
