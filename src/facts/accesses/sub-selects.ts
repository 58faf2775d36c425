/** Queries that are a condition of another: `exists(db.select()…)`, `inArray(t.id, db.select()…)`. None of their rows comes out. */
import { Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import { calleeName } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";

const CONDITION = /^(?:not_?)?(?:exists|in_?array|in)$/i;
const MAX_ROWS = 4000;

/** True for the call of a query that is written as an argument of such a condition, with all that is chained to it. */
export function isSubSelect(fn: FunctionView, call: number): boolean {
  if (fn.valueCount > MAX_ROWS) return false;
  let current = call;
  for (let row = call + 1; row < fn.valueCount; row += 1) {
    const op = fn.op(row);
    if (op === Op.Member && fn.a(row) === current) current = row;
    else if (op === Op.Await && fn.a(row) === current) return false;
    else if (op === Op.Call && fn.callee(row) === current) current = row;
    else if (op === Op.Call && fn.args(row).includes(current)) return isCondition(fn, fn.callee(row));
  }
  return false;
}

/** Also one of two: `const has = wanted ? exists : notExists`. */
function isCondition(fn: FunctionView, callee: number): boolean {
  const chosen = behind(fn, callee);
  const names = fn.op(chosen) === Op.Cond ? [fn.b(chosen), fn.c(chosen)] : [callee];
  return names.every((one) => CONDITION.test(calleeName(fn, one)));
}
