/** Members written after an object was made: `where.orgId = x`, `this.router = Router()`. Indexed once per function. */
import { Op } from "../../model/lowered.js";
import type { FunctionView } from "../linking/function-view.js";

export interface MemberWrite {
  readonly name: string;
  readonly value: number;
  /** the SetMember row */
  readonly at: number;
}

interface WriteIndex {
  /** by slot of the own function */
  readonly bySlot: ReadonlyMap<number, readonly MemberWrite[]>;
  readonly onThis: readonly MemberWrite[];
  /** slot in which a value was stored as it was made */
  readonly slotOf: ReadonlyMap<number, number>;
}

const indexes = new WeakMap<FunctionView, WriteIndex>();

/** Writes to members of the object that a literal value became, when it was put in a variable of its function. */
export function writesToLiteral(fn: FunctionView, v: number): readonly MemberWrite[] {
  const index = indexOf(fn);
  const slot = index.slotOf.get(v);
  return slot === undefined ? [] : (index.bySlot.get(slot) ?? []);
}

/** Writes to members of what a variable of the function holds. */
export function writesToSlot(fn: FunctionView, slot: number): readonly MemberWrite[] {
  return indexOf(fn).bySlot.get(slot) ?? [];
}

/** The variable of the function in which a value was stored as it was made. */
export function slotOfMade(fn: FunctionView, v: number): number | null {
  return indexOf(fn).slotOf.get(v) ?? null;
}

/** Writes to members of `this` in a function's own body. */
export function writesToThis(fn: FunctionView): readonly MemberWrite[] {
  return indexOf(fn).onThis;
}

function indexOf(fn: FunctionView): WriteIndex {
  let index = indexes.get(fn);
  if (index === undefined) {
    index = buildIndex(fn);
    indexes.set(fn, index);
  }
  return index;
}

function buildIndex(fn: FunctionView): WriteIndex {
  const bySlot = new Map<number, MemberWrite[]>();
  const onThis: MemberWrite[] = [];
  const slotOf = new Map<number, number>();
  for (let v = 0; v < fn.valueCount; v += 1) {
    const op = fn.op(v);
    if (op === Op.Store && fn.a(v) === 0) {
      const value = fn.c(v);
      slotOf.set(value, fn.b(v));
      // `const where = {} as Where`
      if (fn.op(value) === Op.Cast) slotOf.set(fn.a(value), fn.b(v));
    }
    if (op !== Op.SetMember) continue;
    const write: MemberWrite = { name: fn.text(fn.b(v)), value: fn.c(v), at: v };
    const object = fn.a(v);
    if (fn.op(object) === Op.This) onThis.push(write);
    else if (fn.op(object) === Op.Var && fn.a(object) === 0) {
      const known = bySlot.get(fn.b(object));
      if (known) known.push(write);
      else bySlot.set(fn.b(object), [write]);
    }
  }
  return { bySlot, onThis, slotOf };
}
