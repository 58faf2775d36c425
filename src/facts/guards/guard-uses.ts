/** What becomes of a value: nothing, a condition, something else; and which members of it are read. */
import { LogicKind, NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";

export interface Usage {
  /** something branches on it */
  readonly tested: boolean;
  /** it goes anywhere else: an argument, a return, a member read, a variable of an outer function */
  readonly other: boolean;
}

const MAX_DEPTH = 16;

/** How a call's value is used, seen through variables, casts, awaits, `void` and `.catch(…)`. */
export function usageOf(fn: FunctionView, v: number): Usage {
  const found = { tested: false, other: false };
  collect(fn, v, found, new Set(), 0);
  return found;
}

function collect(
  fn: FunctionView,
  v: number,
  found: { tested: boolean; other: boolean },
  seen: Set<number>,
  depth: number,
): void {
  if (seen.has(v)) return;
  seen.add(v);
  if (depth > MAX_DEPTH) {
    found.other = true;
    return;
  }
  for (const user of usersOf(fn, v)) {
    const next = passesOn(fn, user, v);
    if (next === "tested") found.tested = true;
    else if (next === "other") found.other = true;
    else for (const value of next) collect(fn, value, found, seen, depth + 1);
    if (isLeftOfLogic(fn, user, v)) found.tested = true;
  }
}

/** Values that stand for the same thing after this use, or what the use is. */
function passesOn(fn: FunctionView, user: number, v: number): readonly number[] | "tested" | "other" {
  switch (fn.op(user)) {
    case Op.Branch:
      return "tested";
    case Op.Unary: {
      const operator = fn.text(fn.a(user));
      return operator === "!" ? "tested" : operator === "void" ? [] : "other";
    }
    case Op.Await:
    case Op.Cast:
      return [user];
    case Op.Cond:
      return fn.a(user) === v ? "tested" : [user];
    case Op.Logic:
      return fn.b(user) === v && fn.a(user) === LogicKind.And ? [] : [user];
    case Op.Store:
      return readsOfSlot(fn, user) ?? "other";
    case Op.Member: {
      const name = fn.text(fn.b(user));
      const calls = usersOf(fn, user).filter((call) => fn.op(call) === Op.Call && fn.callee(call) === user);
      return (name === "catch" || name === "finally") && calls.length > 0 ? calls : "other";
    }
    default:
      return "other";
  }
}

function isLeftOfLogic(fn: FunctionView, user: number, v: number): boolean {
  return fn.op(user) === Op.Logic && fn.b(user) === v && fn.a(user) !== LogicKind.Nullish;
}

/** Reads of the variable that a Store writes; null when inner functions or other modules may read it too. */
function readsOfSlot(fn: FunctionView, store: number): readonly number[] | null {
  if (fn.a(store) !== 0 || fn.index === 0) return null;
  const slot = fn.b(store);
  if (capturedSlots(fn).has(slot)) return null;
  const reads: number[] = [];
  for (let v = 0; v < fn.valueCount; v += 1)
    if (fn.op(v) === Op.Var && fn.a(v) === 0 && fn.b(v) === slot) reads.push(v);
  return reads;
}

/**
 * Names of the members that are read from a value when that is all that happens to it.
 * @returns null when it is used as a whole or tested
 */
export function membersRead(fn: FunctionView, v: number, depth = 0): ReadonlySet<string> | null {
  const names = new Set<string>();
  for (const user of usersOf(fn, v)) {
    const op = fn.op(user);
    if (op === Op.Member) names.add(fn.text(fn.b(user)));
    else if (op === Op.Await || op === Op.Cast || op === Op.Store) {
      const next = op === Op.Store ? readsOfSlot(fn, user) : [user];
      if (next === null || depth > MAX_DEPTH) return null;
      for (const value of next) {
        const inner = membersRead(fn, value, depth + 1);
        if (inner === null) return null;
        for (const name of inner) names.add(name);
      }
    } else return null;
  }
  return names;
}

/** Whether anything at all becomes of a value, or of what is read from it. */
export function isUsed(fn: FunctionView, v: number, depth = 0): boolean {
  if (depth > MAX_DEPTH) return true;
  return usersOf(fn, v).some((user) => {
    switch (fn.op(user)) {
      case Op.Await:
      case Op.Cast:
      case Op.Member:
      case Op.Element:
        return isUsed(fn, user, depth + 1);
      case Op.Unary:
        return fn.text(fn.a(user)) === "void" ? isUsed(fn, user, depth + 1) : true;
      case Op.Store: {
        const reads = readsOfSlot(fn, user);
        return reads === null || reads.some((read) => isUsed(fn, read, depth + 1));
      }
      default:
        return true;
    }
  });
}

const users = new WeakMap<FunctionView, ReadonlyMap<number, readonly number[]>>();

/** Rows that have a value as operand. */
export function usersOf(fn: FunctionView, v: number): readonly number[] {
  let known = users.get(fn);
  if (known === undefined) {
    const made = new Map<number, number[]>();
    for (let row = 0; row < fn.valueCount; row += 1) {
      for (const operand of operandsOf(fn, row)) {
        const list = made.get(operand);
        if (list === undefined) made.set(operand, [row]);
        else list.push(row);
      }
    }
    known = made;
    users.set(fn, known);
  }
  return known.get(v) ?? [];
}

const captured = new WeakMap<FunctionView, ReadonlySet<number>>();

/** Slots of a function that functions inside it read or write. */
function capturedSlots(fn: FunctionView): ReadonlySet<number> {
  let known = captured.get(fn);
  if (known === undefined) {
    const made = new Set<number>();
    for (let i = fn.index + 1; i < fn.file.functionCount; i += 1) {
      const inner = fn.file.fn(i);
      const depth = depthBelow(inner, fn);
      if (depth === 0) continue;
      for (let v = 0; v < inner.valueCount; v += 1)
        if ((inner.op(v) === Op.Var || inner.op(v) === Op.Store) && inner.a(v) === depth) made.add(inner.b(v));
    }
    known = made;
    captured.set(fn, known);
  }
  return known;
}

/** How many functions up the outer one is; 0 when it does not surround the inner one. */
function depthBelow(inner: FunctionView, outer: FunctionView): number {
  let depth = 0;
  for (let fn: FunctionView | null = inner; fn !== null && depth < 40; fn = fn.parent, depth += 1)
    if (fn === outer) return depth;
  return 0;
}

/** Value operands of a row. */
function operandsOf(fn: FunctionView, row: number): readonly number[] {
  switch (fn.op(row)) {
    case Op.Template:
      return fn.templateValues(row);
    case Op.Array:
      return Array.from(fn.list(fn.a(row)));
    case Op.Object:
      return [...fn.props(row)].flatMap((prop) => (prop.key === NONE ? [prop.value] : [prop.key, prop.value]));
    case Op.Call:
    case Op.New:
      return [fn.a(row), ...fn.args(row)];
    case Op.Member:
    case Op.Element:
    case Op.Rest:
    case Op.Iterated:
    case Op.Spread:
    case Op.Await:
    case Op.Yield:
    case Op.Cast:
    case Op.Branch:
    case Op.Return:
    case Op.Throw:
      return [fn.a(row)];
    case Op.Unary:
      return [fn.b(row)];
    case Op.Store:
      return [fn.c(row)];
    case Op.Binary:
    case Op.Logic:
      return [fn.b(row), fn.c(row)];
    case Op.Index:
    case Op.Default:
    case Op.Tagged:
    case Op.Jsx:
      return [fn.a(row), fn.b(row)];
    case Op.SetMember:
      return [fn.a(row), fn.c(row)];
    case Op.Cond:
    case Op.SetIndex:
      return [fn.a(row), fn.b(row), fn.c(row)];
    default:
      return [];
  }
}
