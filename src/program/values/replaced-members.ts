/** Members of a variable that were written over before it is read: `data.orgId = user.orgId; create(data)`. */
import { NONE, Op } from "../../model/lowered.js";
import { graphOf } from "../facts/control-flow.js";
import type { FunctionView } from "../linking/function-view.js";
import { leaves } from "./computed-origins.js";
import type { Origin } from "./origin.js";

const MAX_DEPTH = 6;
const MAX_WRITES = 24;

const writes = new WeakMap<FunctionView, ReadonlyMap<number, readonly number[]>>();

/**
 * Names whose value no longer is what the variable was given, on every way to the read.
 * @param written what is written; a value made of the input stays the client's
 */
export function replacedMembers(
  fn: FunctionView,
  slot: number,
  read: number,
  written: (v: number) => readonly Origin[],
): readonly string[] {
  const rows = writesOf(fn).get(slot) ?? [];
  return rows.slice(0, MAX_WRITES).flatMap((row) => {
    if (row >= read || readsSlot(fn, fn.c(row), slot, 0) || !alwaysBefore(fn, row, read)) return [];
    return leaves(written(fn.c(row))).some(isGiven) ? [] : [fn.text(fn.b(row))];
  });
}

function writesOf(fn: FunctionView): ReadonlyMap<number, readonly number[]> {
  let known = writes.get(fn);
  if (known === undefined) {
    const found = new Map<number, number[]>();
    for (let v = 0; v < fn.valueCount; v += 1) {
      if (fn.op(v) !== Op.SetMember) continue;
      const object = withoutCasts(fn, fn.a(v));
      if (fn.op(object) !== Op.Var || fn.a(object) !== 0) continue;
      found.set(fn.b(object), [...(found.get(fn.b(object)) ?? []), v]);
    }
    known = found;
    writes.set(fn, known);
  }
  return known;
}

function withoutCasts(fn: FunctionView, v: number): number {
  let current = v;
  while (fn.op(current) === Op.Cast) current = fn.a(current);
  return current;
}

/** `data.name = data.name.trim()` asks for the variable itself. */
function readsSlot(fn: FunctionView, v: number, slot: number, depth: number): boolean {
  if (v === NONE) return false;
  if (depth > MAX_DEPTH) return true;
  switch (fn.op(v)) {
    case Op.Var:
      return fn.a(v) === 0 && fn.b(v) === slot;
    case Op.Member:
    case Op.Cast:
    case Op.Await:
      return readsSlot(fn, fn.a(v), slot, depth + 1);
    case Op.String:
    case Op.Number:
    case Op.True:
    case Op.False:
    case Op.Null:
    case Op.Undefined:
    case Op.This:
    case Op.Global:
    case Op.Param:
      return false;
    case Op.Call:
      return [fn.callee(v), ...fn.args(v)].some((part) => readsSlot(fn, part, slot, depth + 1));
    default:
      return true;
  }
}

/** No way leads to the read past the write. */
function alwaysBefore(fn: FunctionView, write: number, read: number): boolean {
  const { blocks, blockOf, entry } = graphOf(fn);
  const over = blockOf[write];
  const target = blockOf[read];
  if (over === target) return true;
  const seen = new Set<number>(over === undefined ? [] : [over]);
  const queue = [entry];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    const block = id === NONE ? undefined : blocks[id];
    if (block === undefined || seen.has(id)) continue;
    if (id === target) return false;
    seen.add(id);
    queue.push(block.handler);
    const row = block.terminator;
    if (row === NONE) continue;
    if (fn.op(row) === Op.Jump) queue.push(fn.a(row));
    if (fn.op(row) === Op.Branch) queue.push(fn.b(row), fn.c(row));
  }
  return true;
}

/** `req.body`, not the request: what guards write on that is theirs. */
export function isGiven(origin: Origin): boolean {
  if (origin.kind === "parameter")
    return /^(?:body|query|params|input|data|payload|values|form)$/.test(origin.path.at(-1) ?? "");
  return isInput(origin);
}

function isInput(origin: Origin): boolean {
  return origin.kind === "source" && origin.source === "input";
}
