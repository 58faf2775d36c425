/**
 * Helpers that only ask whether something is there: `isNil(row)`, `_.isEmpty(user)`. Every project and every utility
 * library has some under the same few names; how they find out (types, lengths, own keys) says nothing of the caller.
 */
import { NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../linking/function-view.js";

const MISSING =
  /^_?is_?(?:nil|null|undefined|null_?or_?undefined|nullish|empty|null_?or_?empty|nil_?or_?empty|blank)$/i;
const THERE =
  /^_?(?:(?:is_?)?(?:not|non)_?(?:nil|null|undefined|nullish|null_?or_?undefined|empty|blank)|is_?(?:defined|present))$/i;

export interface PresenceTest {
  /** the value that is asked about */
  readonly of: number;
  /** how the helper answers when it is there */
  readonly there: boolean;
}

/** What a call asks for, when it is such a helper. */
export function presenceTest(fn: FunctionView, call: number): PresenceTest | null {
  if (fn.op(call) !== Op.Call) return null;
  const [of = NONE, ...others] = fn.args(call);
  if (of === NONE || others.length > 0) return null;
  const name = helperName(fn, fn.callee(call));
  const there = THERE.test(name);
  return there || MISSING.test(name) ? { of, there } : null;
}

function helperName(fn: FunctionView, callee: number): string {
  if (fn.op(callee) === Op.Member) return fn.memberName(callee);
  return fn.op(callee) === Op.Var ? (fn.ancestor(fn.a(callee))?.info.slots[fn.b(callee)]?.name ?? "") : "";
}
