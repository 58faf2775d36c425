/**
 * Reading a member of a looked-up row that may be missing: whoever gets past `member.role` has the row, since reading
 * it off nothing throws. `member?.role` shows nothing.
 */
import { NONE, Op } from "../../model/lowered.js";
import { METHODS_OF_VALUES } from "../linking/builtins.js";
import type { FunctionView } from "../linking/function-view.js";

/** Calls that give one row or nothing; that bounds the work, what they are is looked up where it matters. */
const FINDER =
  /^(?:find_?(?:one|first|unique|by)|first|get|one|single|maybe|load|fetch|look_?up|take_?first|execute_?take_?first|retrieve)(?!\w*(?:many|all|list|s$))/i;
const MAX_STEPS = 16;

/** Rows that read or write a member, each with the value that must be there for it. */
export function dereferencesOf(fn: FunctionView): readonly (readonly [number, number])[] {
  const found: (readonly [number, number])[] = [];
  for (let v = 0; v < fn.valueCount; v += 1) {
    const op = fn.op(v);
    if (op !== Op.SetMember && (op !== Op.Member || fn.c(v) !== 0)) continue;
    // a list is there even when it is empty
    const row = METHODS_OF_VALUES.has(fn.text(fn.b(v))) || fn.text(fn.b(v)) === "length" ? NONE : lookedUp(fn, fn.a(v));
    if (row !== NONE) found.push([v, row]);
  }
  return found;
}

/** The call, or the first of what it gives, behind a variable and an `await`; NONE for anything else. */
function lookedUp(fn: FunctionView, object: number): number {
  let current = object;
  let named = false;
  let awaited = false;
  for (let i = 0; i < MAX_STEPS && current !== NONE; i += 1) {
    switch (fn.op(current)) {
      case Op.Cast:
        current = fn.a(current);
        break;
      case Op.Await:
        awaited = true;
        current = fn.a(current);
        break;
      case Op.Var: {
        const slot = fn.a(current) === 0 ? fn.info.slots[fn.b(current)] : undefined;
        const stores = slot === undefined ? [] : fn.storesTo(fn.b(current));
        if (slot === undefined || slot.storedInInner || stores.length !== 1 || stores[0] >= current) return NONE;
        named = true;
        current = stores[0];
        break;
      }
      case Op.Element:
        return named && isRowSet(fn, fn.a(current)) ? current : NONE;
      case Op.Call:
        return named && awaited && FINDER.test(fn.memberName(fn.callee(current))) ? current : NONE;
      default:
        return NONE;
    }
  }
  return NONE;
}

/** What a query gives: `[row]` is taken off it. */
function isRowSet(fn: FunctionView, v: number): boolean {
  let current = v;
  for (let i = 0; i < MAX_STEPS && (fn.op(current) === Op.Await || fn.op(current) === Op.Cast); i += 1)
    current = fn.a(current);
  return fn.op(current) === Op.Tagged || fn.op(current) === Op.Call;
}
