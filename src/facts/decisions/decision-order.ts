/** A decision that comes after what it should have prevented. */

import type { DataCall } from "../../frameworks/data/data-call.js";
import type { EngineCall } from "../../frameworks/knowledge/engines.js";
import { FnHint, NONE, Op } from "../../model/lowered.js";
import { displayName } from "../../program/facts/fact-reader.js";
import { calleeName } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import { rowsAfter } from "../guards/guard-flow.js";
import { protects } from "../guards/guard-strength.js";
import { usageOf } from "../guards/guard-uses.js";
import type { FoundFault } from "./decision-answers.js";
import { isDecisionName } from "./decision-names.js";
import { comparesPeople } from "./decision-predicates.js";
import { decisionsIn } from "./decisions.js";

const RECORDS = /audit|log|event|metric|history|attempt|visit/i;

/** The write before an engine is asked, when nothing decided before it either. */
export function effectBefore(fn: FunctionView, v: number, call: EngineCall, analysis: Analysis): readonly FoundFault[] {
  if (call.form === "plan" || isTransaction(fn)) return [];
  for (const row of fn.calls) {
    if (row >= v || fn.op(row) !== Op.Call) continue;
    const site = { fn, v: row, frame: null };
    const callees = analysis.queries.evaluate({ fn, v: fn.callee(row), frame: null });
    const data = analysis.data.recognise(site, callees, analysis.queries);
    if (data === null || data.operation === "read" || data.operation === "raw" || RECORDS.test(data.model)) continue;
    if (!goesBefore(fn, row, v, analysis)) continue;
    if (decisionsIn(analysis.guarantees.factsAt(site), analysis.data, analysis.queries).length > 0) continue;
    const note = `'${displayName(fn, row)}' has happened before '${call.engine}' is asked`;
    const name = displayName(fn, v);
    return [
      {
        fn,
        v: row,
        kind: "after-effect",
        engine: call.engine,
        name,
        verdict: displayName(fn, row),
        note,
        confidence: "inferred",
      },
    ];
  }
  return [];
}

/** A row is changed, and then the project's own check is asked about a row of the kind, and refuses. */
export function* checksAfterEffect(fn: FunctionView, analysis: Analysis): Iterable<FoundFault> {
  if ((fn.info.hints & (FnHint.Throws | FnHint.Refuses)) === 0 || isTransaction(fn)) return;
  for (const v of fn.calls) {
    if (fn.op(v) !== Op.Call || !isDecisionName(calleeName(fn, fn.callee(v))) || !usageOf(fn, v).tested) continue;
    const asked = new Set(modelsAsked(fn, v, analysis));
    if (asked.size === 0 || !tellsOfCallers(fn, v, analysis)) continue;
    const before = changedBefore(fn, v, (model) => asked.has(model), analysis);
    if (before === NONE) continue;
    const name = displayName(fn, fn.callee(v));
    const verdict = displayName(fn, before);
    const note = `'${verdict}' has happened before '${name}' is asked`;
    yield { fn, v: before, kind: "after-effect", engine: "", name, verdict, note, confidence: "inferred" };
  }
}

/** Models of the rows that a check is handed. */
function modelsAsked(fn: FunctionView, v: number, { data, queries }: Analysis): readonly string[] {
  return Array.from(fn.args(v)).flatMap((arg) =>
    leaves(queries.evaluate({ fn, v: arg, frame: null })).flatMap((o) => {
      const call = o.kind === "source" && o.source === "row" && o.site !== null ? data.loading(o.site, queries) : null;
      return call === null || call.operation !== "read" ? [] : [call.model];
    }),
  );
}

function tellsOfCallers(fn: FunctionView, v: number, analysis: Analysis): boolean {
  const callees = analysis.queries.evaluate({ fn, v: fn.callee(v), frame: null });
  return (
    callees.length > 0 &&
    callees.every(
      (o) =>
        o.kind === "function" &&
        o.fn.hasBody &&
        (comparesPeople(o.fn) ||
          (["truthy", "falsy"] as const).some((kind) =>
            protects(analysis.guarantees.ensures(o.fn, { kind }, null), analysis),
          )),
    )
  );
}

/** A row that was updated or deleted on the way to a call, and about which nothing was decided; none else. */
function changedBefore(fn: FunctionView, v: number, isOf: (model: string) => boolean, analysis: Analysis): number {
  for (const row of fn.calls) {
    if (row >= v || fn.op(row) !== Op.Call) continue;
    const site = { fn, v: row, frame: null };
    const callees = analysis.queries.evaluate({ fn, v: fn.callee(row), frame: null });
    const data = analysis.data.recognise(site, callees, analysis.queries);
    if (data === null || !isOf(data.model) || !(data.operation === "delete" || writesGiven(data))) continue;
    if (!goesBefore(fn, row, v, analysis)) continue;
    if (decisionsIn(analysis.guarantees.factsAt(site), analysis.data, analysis.queries).length === 0) return row;
  }
  return NONE;
}

/** Something is changed as it was asked for: when somebody was last here says the clock. */
function writesGiven({ operation, written }: DataCall): boolean {
  const isGiven = (o: Origin): boolean => o.kind === "parameter" || (o.kind === "source" && o.source === "input");
  return operation === "update" && written.some(({ values }) => leaves(values).some(isGiven));
}

function goesBefore(fn: FunctionView, row: number, v: number, analysis: Analysis): boolean {
  const after = (from: number): readonly number[] =>
    rowsAfter(fn, null, { from, refusalsEnd: true, known: [] }, analysis);
  return after(row).includes(v) && !after(v).includes(row);
}

/** A callback of a transaction: throwing takes the write back. */
function isTransaction(fn: FunctionView): boolean {
  const { parent } = fn;
  if (parent === null) return false;
  return Array.from(parent.calls).some((call) => {
    if (parent.op(call) !== Op.Call || !/transaction|withTx|^tx$/i.test(displayName(parent, call))) return false;
    return Array.from(parent.args(call)).some(
      (arg) => arg !== NONE && parent.op(arg) === Op.Closure && parent.a(arg) === fn.index,
    );
  });
}
