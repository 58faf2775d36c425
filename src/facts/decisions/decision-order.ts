/** A decision that comes after what it should have prevented. */
import type { EngineCall } from "../../frameworks/knowledge/engines.js";
import { NONE, Op } from "../../model/lowered.js";
import { displayName } from "../../program/facts/fact-reader.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Analysis } from "../analysis.js";
import { rowsAfter } from "../guards/guard-flow.js";
import type { FoundFault } from "./decision-answers.js";
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
    const after = rowsAfter(fn, null, { from: row, refusalsEnd: true, known: [] }, analysis);
    if (!after.includes(v) || rowsAfter(fn, null, { from: v, refusalsEnd: true, known: [] }, analysis).includes(row))
      continue;
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
