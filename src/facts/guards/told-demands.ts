/**
 * Guards made for one route at a time (`requirePermissions(["orders:delete"])`) that test what they were told, where
 * the caller's own permissions come from too far away to be followed.
 */
import { FnHint, NONE, Op } from "../../model/lowered.js";
import { isAwaited } from "../../program/facts/consumption.js";
import { graphOf } from "../../program/facts/control-flow.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Frame, LinkQueries, Origin, ParameterOrigin } from "../../program/values/origin.js";
import { argumentsAt } from "../../program/walks/walk.js";
import { DEMAND, namesDemand } from "./metadata-demands.js";

const MAX_DEPTH = 4;

type FunctionOrigin = Extract<Origin, { kind: "function" }>;

/** Whether a branch of the guard hangs on a role or permission that was named where the guard was made. */
export function asksWhatItWasTold({ fn, frame }: FunctionOrigin, queries: LinkQueries): boolean {
  if (frame === null) return false;
  return testedParameters(fn, queries).some(
    (parameter) =>
      surrounds(parameter.fn, fn) &&
      DEMAND.test(nameOf(parameter)) &&
      queries.bind([parameter], frame).some((told) => namesDemand(told, queries)),
  );
}

/** what requests carry of their callers */
const OF_CALLER = /(?:^|[._])(?:user|session|auth|account|member(?:ship)?|principal|caller|actor|viewer|token|claims)/i;

/**
 * Such a guard that also turns away, and that looks at the caller whom an earlier step left on the request: which of
 * its tests counts for whom is too much to follow.
 */
export function weighsWhatItWasTold(origin: FunctionOrigin, queries: LinkQueries): boolean {
  const { fn } = origin;
  if ((fn.info.hints & FnHint.Refuses) === 0 || !asksWhatItWasTold(origin, queries)) return false;
  return testedParameters(fn, queries).some((o) => o.fn === fn && OF_CALLER.test(o.path.join(".")));
}

/** Whether a guard asks such a one, always or on some way: `return needsPermission("orders:delete")(request, reply)`. */
export function passesOnToTold(
  { fn }: FunctionOrigin,
  frame: Frame,
  queries: LinkQueries,
): "always" | "sometimes" | null {
  let found: "sometimes" | null = null;
  for (const v of fn.calls) {
    if (fn.op(v) !== Op.Call || fn.args(v).length === 0 || !isAwaited(fn, v)) continue;
    const asked = queries.evaluate({ fn, v: fn.callee(v), frame });
    if (!asked.some((o) => o.kind === "function" && o.fn !== fn && weighsWhatItWasTold(o, queries))) continue;
    if (graphOf(fn).blockOf[v] === 0) return "always";
    found = "sometimes";
  }
  return found;
}

/** What the branches of a function test, as far as its callers decide it. */
function testedParameters(fn: FunctionView, queries: LinkQueries): readonly ParameterOrigin[] {
  return graphOf(fn).blocks.flatMap(({ terminator }) => {
    if (terminator === NONE || fn.op(terminator) !== Op.Branch) return [];
    const tested = queries.evaluate({ fn, v: fn.a(terminator), frame: null });
    return tested.flatMap((o) => [...parametersIn(o, 0, queries)]);
  });
}

/** What a computed value is made of, as far as callers decide it; of `roles.includes(x)` both. */
function parametersIn(origin: Origin, depth: number, queries: LinkQueries): readonly ParameterOrigin[] {
  if (depth > MAX_DEPTH) return [];
  const inner = (parts: readonly Origin[]): readonly ParameterOrigin[] =>
    parts.flatMap((part) => [...parametersIn(part, depth + 1, queries)]);
  switch (origin.kind) {
    case "parameter":
      return [origin];
    case "apply":
      return [
        ...inner([origin.callee]).map((callee) => ({ ...callee, path: callee.path.slice(0, -1) })),
        ...inner(argumentsAt({ ...origin.site, frame: null }, queries).flat()),
      ];
    case "derived":
      return inner(origin.of);
    case "fallback":
      return inner([...origin.value, ...origin.or]);
    default:
      return [];
  }
}

function nameOf({ fn, index, path }: ParameterOrigin): string {
  return [fn.info.name, fn.info.params[index]?.name ?? "", ...path].join(".");
}

function surrounds(outer: FunctionView, inner: FunctionView): boolean {
  for (let fn = inner.parent; fn !== null; fn = fn.parent) if (fn === outer) return true;
  return false;
}
