/**
 * `let id = body.id; if (parent) id = parent.folderId; else await check(id);`: what the request brought is replaced on
 * one way and checked on the others.
 */
import { Op } from "../../model/lowered.js";
import { type Fact, uniqueFacts } from "../../program/facts/facts.js";
import { settledFacts } from "../../program/facts/settled-facts.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin, Site } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import { levelsOf } from "../guards/conditional-checks.js";
import { valueKey } from "./ledger-values.js";

const MAX_WAYS = 12;
const MAX_DEPTH = 4;

/** Whether the value is shown on each way on which it is still in the variable that an access, or a call around it, is told. */
export function isShownUnlessReplaced(
  value: Origin,
  site: Site,
  known: readonly Fact[],
  { guarantees, queries }: Analysis,
  isShown: (facts: readonly Fact[]) => boolean,
): boolean {
  const key = valueKey(value);
  const holds = ({ fn, frame }: Site, v: number): boolean =>
    leaves(queries.evaluate({ fn, v, frame })).some((o) => valueKey(o) === key);
  return levelsOf(site).some((at) => {
    if (at.fn.op(at.v) !== Op.Call) return false;
    return variablesTold(at.fn, at.v).some((slot) => {
      const rows = at.fn.storeRowsTo(slot);
      const brings = rows.filter((row) => holds(at, at.fn.c(row)));
      const [first] = brings;
      if (first === undefined || brings.length === rows.length) return false;
      const replaced = rows.filter((row) => !brings.includes(row));
      const ways = guarantees.waysBy(at, { ...at, v: first }, replaced);
      if (ways.length === 0 || ways.length > MAX_WAYS) return false;
      return ways.every((way) => isShown(settledFacts(uniqueFacts([...way, ...known]))));
    });
  });
}

/** Variables of the function itself that are handed on as they are, in objects and with a fallback too. */
export function variablesTold(fn: FunctionView, call: number): readonly number[] {
  const found = new Set<number>();
  const look = (v: number, depth: number): void => {
    if (depth > MAX_DEPTH) return;
    switch (fn.op(v)) {
      case Op.Var:
        if (fn.a(v) === 0) found.add(fn.b(v));
        return;
      case Op.Cast:
        look(fn.a(v), depth + 1);
        return;
      case Op.Logic:
        look(fn.b(v), depth + 1);
        look(fn.c(v), depth + 1);
        return;
      case Op.Object:
        for (const { value } of fn.props(v)) look(value, depth + 1);
        return;
      default:
    }
  };
  for (const arg of fn.args(call)) look(arg, 0);
  return [...found];
}
