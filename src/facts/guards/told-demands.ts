/**
 * Guards made for one route at a time (`requirePermissions(["orders:delete"])`) that test what they were told, where
 * the caller's own permissions come from too far away to be followed.
 */
import { NONE, Op } from "../../model/lowered.js";
import { graphOf } from "../../program/facts/control-flow.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { LinkQueries, Origin, ParameterOrigin } from "../../program/values/origin.js";
import { DEMAND, namesDemand } from "./metadata-demands.js";

const MAX_DEPTH = 4;

type FunctionOrigin = Extract<Origin, { kind: "function" }>;

/** Whether a branch of the guard hangs on a role or permission that was named where the guard was made. */
export function asksWhatItWasTold({ fn, frame }: FunctionOrigin, queries: LinkQueries): boolean {
  if (frame === null) return false;
  return graphOf(fn).blocks.some(({ terminator }) => {
    if (terminator === NONE || fn.op(terminator) !== Op.Branch) return false;
    const asked = queries.evaluate({ fn, v: fn.a(terminator), frame: null }).flatMap((o) => [...parametersIn(o, 0)]);
    return asked.some(
      (parameter) =>
        surrounds(parameter.fn, fn) &&
        DEMAND.test(nameOf(parameter)) &&
        queries.bind([parameter], frame).some((told) => namesDemand(told, queries)),
    );
  });
}

/** What a computed value is made of, as far as callers decide it; of `roles.includes(x)` the list. */
function parametersIn(origin: Origin, depth: number): readonly ParameterOrigin[] {
  if (depth > MAX_DEPTH) return [];
  const inner = (parts: readonly Origin[]): readonly ParameterOrigin[] =>
    parts.flatMap((part) => [...parametersIn(part, depth + 1)]);
  switch (origin.kind) {
    case "parameter":
      return [origin];
    case "apply":
      return inner([origin.callee]).map((callee) => ({ ...callee, path: callee.path.slice(0, -1) }));
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
