/** What is kept for somebody under a key: `user.roles[projectId]`, `user.grants.get(projectId)`. */
import { LogicKind, NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../linking/function-view.js";
import { derived, leaves } from "../values/computed-origins.js";
import type { Frame, LinkQueries, Origin } from "../values/origin.js";
import { behind, isWrittenFalsy } from "./conditions.js";

const MAX_STEPS = 6;
/** members that look at what was found, and are not there of nothing */
const LOOKS = /^(?:includes|has|some|every|find|at)$/;

/**
 * The holder and the key of the look-up without which a tested value could not be truthy, as one value that was made
 * of both: that something is kept under the key says that the key is among those of the holder.
 */
export function keyedLookUp(
  fn: FunctionView,
  tested: number,
  frame: Frame | null,
  queries: LinkQueries,
): Origin | null {
  let v = behind(fn, tested);
  for (let step = 0; step < MAX_STEPS && v !== NONE; step += 1) {
    const found = lookUpAt(fn, v);
    if (found !== null) return joined(fn, found, frame, queries);
    v = within(fn, v);
  }
  return null;
}

interface LookUp {
  readonly holder: number;
  readonly key: number;
}

function lookUpAt(fn: FunctionView, v: number): LookUp | null {
  if (fn.op(v) === Op.Index) return { holder: fn.a(v), key: fn.b(v) };
  if (fn.op(v) !== Op.Call || fn.op(fn.callee(v)) !== Op.Member) return null;
  const args = fn.args(v);
  return fn.memberName(fn.callee(v)) === "get" && args.length === 1
    ? { holder: fn.a(fn.callee(v)), key: args[0] }
    : null;
}

/** What a value was read off, or asked of. */
function within(fn: FunctionView, v: number): number {
  if (fn.op(v) === Op.Member) return behind(fn, fn.a(v));
  // `user.roles[id] ?? false`
  if (fn.op(v) === Op.Logic && fn.a(v) !== LogicKind.And && isWrittenFalsy(fn, behind(fn, fn.c(v))))
    return behind(fn, fn.b(v));
  if (fn.op(v) !== Op.Call || fn.op(fn.callee(v)) !== Op.Member) return NONE;
  return LOOKS.test(fn.memberName(fn.callee(v))) ? behind(fn, fn.a(fn.callee(v))) : NONE;
}

function joined(fn: FunctionView, { holder, key }: LookUp, frame: Frame | null, queries: LinkQueries): Origin | null {
  const keys = leaves(queries.evaluate({ fn, v: key, frame })).filter((o) => o.kind !== "constant");
  const holders = leaves(queries.evaluate({ fn, v: holder, frame })).filter((o) => o.kind !== "constant");
  if (keys.length === 0 || holders.length === 0) return null;
  return derived([...holders, ...keys], "has", { fn, v: holder, frame });
}
