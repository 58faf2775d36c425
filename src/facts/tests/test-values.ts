/** Values in test files: names in call chains, texts with unknown parts, numbers and words that assertions expect. */
import { UNKNOWN_SEGMENT } from "../../base/route-path.js";
import { NONE, Op, SlotKind } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { operandsOf } from "../claims/token-values.js";

const MAX_DEPTH = 12;

/** Name of a variable, an undeclared name or a member; '' for anything else. */
export function nameOf(fn: FunctionView, v: number): string {
  if (v === NONE) return "";
  if (fn.op(v) === Op.Member) return fn.memberName(v);
  if (fn.op(v) === Op.Global) return fn.text(fn.a(v));
  if (fn.op(v) !== Op.Var) return "";
  return fn.ancestor(fn.a(v))?.info.slots[fn.b(v)]?.name ?? "";
}

/** Names from the called one back to where the chain begins: `expect(x).not.toBe(1)` gives toBe, not, expect. */
export function chainNames(fn: FunctionView, call: number): readonly string[] {
  const names: string[] = [];
  let at = fn.callee(call);
  for (let depth = 0; depth < 24 && at !== NONE; depth += 1) {
    const name = nameOf(fn, at);
    if (name !== "") names.push(name);
    const op = fn.op(at);
    if (op === Op.Member || op === Op.Index || op === Op.Await || op === Op.Cast) at = fn.a(at);
    else if (op === Op.Call || op === Op.Tagged) at = fn.callee(at);
    else break;
  }
  return names;
}

/** Text of a literal, a template, a sum of texts or a constant; unknown parts marked; null when it is no text. */
export function textOf(fn: FunctionView, v: number, depth = 0): string | null {
  if (v === NONE || depth > MAX_DEPTH) return null;
  switch (fn.op(v)) {
    case Op.String:
      return fn.text(fn.a(v));
    case Op.Template:
      // texts and values alternate, texts first
      return [...fn.list(fn.a(v))]
        .map((item, index) => (index % 2 === 0 ? fn.text(item) : (textOf(fn, item, depth + 1) ?? UNKNOWN_SEGMENT)))
        .join("");
    case Op.Binary: {
      if (fn.text(fn.a(v)) !== "+") return null;
      const parts = [fn.b(v), fn.c(v)].map((part) => textOf(fn, part, depth + 1));
      return parts.every((part) => part === null) ? null : parts.map((part) => part ?? UNKNOWN_SEGMENT).join("");
    }
    case Op.Cast:
      return textOf(fn, fn.a(v), depth + 1);
    case Op.Var: {
      const owner = fn.ancestor(fn.a(v));
      const slot = owner?.info.slots[fn.b(v)];
      if (owner === null || slot === undefined || slot.kind !== SlotKind.Const || slot.storedBy === NONE) return null;
      return textOf(owner, owner.c(slot.storedBy), depth + 1);
    }
    default:
      return null;
  }
}

/** Every value that a value is made of, itself first, within the function. */
export function* partsOf(fn: FunctionView, v: number): Generator<number> {
  const open: { readonly v: number; readonly depth: number }[] = [{ v, depth: 0 }];
  const seen = new Set<number>();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.v === NONE || next.depth > MAX_DEPTH * 2 || seen.has(next.v)) continue;
    seen.add(next.v);
    yield next.v;
    for (const operand of operandsOf(fn, next.v)) open.push({ v: operand, depth: next.depth + 1 });
  }
}
