/** Decisions that decide nothing (AG503): what becomes of the answers of engines and of checks given to list methods. */

import { ENGINE_CALLS, type EngineCall } from "../../frameworks/knowledge/engines.js";
import { engineCall } from "../../frameworks/knowledge/verdicts.js";
import type { DecisionFault } from "../../model/facts.js";
import { FnHint, type LoweredFile, NONE, Op } from "../../model/lowered.js";
import { caughtBy, isAwaited } from "../../program/facts/consumption.js";
import { displayName } from "../../program/facts/fact-reader.js";
import type { FunctionView, ProgramFile } from "../../program/linking/function-view.js";
import type { Program } from "../../program/linking/program.js";
import type { Analysis } from "../analysis.js";
import type { JudgedEntry } from "../entries/entries.js";
import { isUsed, usageOf } from "../guards/guard-uses.js";
import { answersRead, type FoundFault } from "./decision-answers.js";
import { checksAfterEffect, effectBefore } from "./decision-order.js";
import { asyncPredicates } from "./decision-predicates.js";
import { faultyTests } from "./decision-tests.js";

/**
 * Faults of decisions, one per place.
 *
 * @param files where they are looked for
 */
export function collectDecisionFaults(
  judged: readonly JudgedEntry[],
  files: Iterable<ProgramFile>,
  analysis: Analysis,
): readonly DecisionFault[] {
  const functions = [...files].flatMap((file) => [...file.functions()]).filter((fn) => fn.hasBody);
  const found: FoundFault[] = functions.flatMap((fn) => [
    ...asyncPredicates(fn, analysis),
    ...checksAfterEffect(fn, analysis),
  ]);
  if (asksEngines(analysis.program)) {
    const read = answersRead(functions, analysis);
    for (const fn of functions) {
      found.push(...faultyCalls(fn, analysis), ...faultyTests(fn, read, analysis));
    }
  }
  const entries = entriesByFunction(judged);
  return unique(found).map((one) => faultOf(one, entries));
}

/** Without an engine's package or address in the program there is nothing to look at. */
function asksEngines(program: Program): boolean {
  const modules = ENGINE_CALLS.filter(
    (call) => call.given === undefined || call.module.test("@aws-sdk/client-verifiedpermissions"),
  );
  for (const { lowered } of program.files) {
    const known =
      asking.get(lowered) ??
      (lowered.imports.some(({ module }) => modules.some((call) => call.module.test(module))) ||
        lowered.strings.some((text) => ADDRESS.test(text)));
    asking.set(lowered, known);
    if (known) return true;
  }
  return false;
}

const asking = new WeakMap<LoweredFile, boolean>();

const ADDRESS = /\/v[01]\/data\//;

function faultyCalls(fn: FunctionView, analysis: Analysis): readonly FoundFault[] {
  return Array.from(fn.calls).flatMap((v) => {
    if (fn.op(v) !== Op.Call) return [];
    const site = { fn, v, frame: null };
    const callees = analysis.queries.evaluate({ fn, v: fn.callee(v), frame: null });
    const calls = callees.map((callee) => engineCall(callee, site, analysis.queries)).filter((call) => call !== null);
    const [call] = calls;
    if (call === undefined || calls.length !== callees.length || fn.isOptionalCall(v)) return [];
    return [...lost(fn, v, call), ...effectBefore(fn, v, call, analysis)];
  });
}

/** Its promise is tested or dropped, or nobody looks at what it said. */
function lost(fn: FunctionView, v: number, call: EngineCall): readonly FoundFault[] {
  const base = {
    fn,
    v,
    engine: call.engine,
    name: displayName(fn, v),
    verdict: call.written,
    confidence: "proven",
  } as const;
  // what is caught is waited for behind the `catch`
  const caught = call.async ? caughtBy(fn, v) : NONE;
  if (caught !== NONE && isAwaited(fn, caught)) {
    if (call.form !== "throws" || isUsed(fn, caught) || !saysNothing(fn, caught)) return [];
    return [{ ...base, kind: "discarded", note: "Its refusal is caught here, and nobody looks at what comes of it" }];
  }
  if (call.async && !isAwaited(fn, v)) {
    const usage = usageOf(fn, v);
    if (usage.tested)
      return [{ ...base, kind: "not-awaited", note: "A promise is tested here, which is true whatever it decides" }];
    return usage.other || call.form === "plan"
      ? []
      : [{ ...base, kind: "not-awaited", note: "Nothing waits for the promise of this call" }];
  }
  if (call.form === "throws" || isUsed(fn, v)) return [];
  return [{ ...base, kind: "discarded", note: "What the engine answered is not looked at" }];
}

/** `.catch(() => undefined)`: whoever is refused goes on like everybody else. */
function saysNothing(fn: FunctionView, caught: number): boolean {
  const [handler] = fn.args(caught);
  if (handler === undefined || fn.op(handler) !== Op.Closure) return false;
  return (fn.file.fn(fn.a(handler)).info.hints & (FnHint.Throws | FnHint.Calls)) === 0;
}

function entriesByFunction(judged: readonly JudgedEntry[]): ReadonlyMap<FunctionView, ReadonlySet<string>> {
  const found = new Map<FunctionView, Set<string>>();
  for (const { raw, entry } of judged) {
    for (const origin of [raw.handler, ...raw.steps.map((step) => step.origin)]) {
      if (origin.kind === "function") found.set(origin.fn, (found.get(origin.fn) ?? new Set()).add(entry.key));
    }
  }
  return found;
}

function faultOf(one: FoundFault, entries: ReadonlyMap<FunctionView, ReadonlySet<string>>): DecisionFault {
  const { fn, v, kind, engine, name, verdict, note, confidence } = one;
  const keys: string[] = [];
  let symbol = "";
  let outer: FunctionView | null = fn;
  for (let level = 0; outer !== null && level < 20; level += 1, outer = outer.parent) {
    symbol ||= outer.info.name;
    keys.push(...(entries.get(outer) ?? []));
  }
  const place = fn.place(v);
  return { kind, engine, name, verdict, place, symbol, entries: keys.sort(), evidence: [{ place, note }], confidence };
}

function unique(found: readonly FoundFault[]): readonly FoundFault[] {
  const byPlace = new Map<string, FoundFault>();
  for (const one of found) {
    const { file, start } = one.fn.place(one.v);
    const key = `${file}:${start}`;
    if (!byPlace.has(key)) byPlace.set(key, one);
  }
  return [...byPlace.values()];
}
