/** Which stores to a variable a read can see, by the order of rows: a later one only comes back through a loop. */
import { NONE, Op } from "../../model/lowered.js";
import { graphOf } from "../facts/control-flow.js";
import type { FunctionView } from "../linking/function-view.js";

interface Span {
  readonly from: number;
  readonly to: number;
}

const spans = new WeakMap<FunctionView, readonly Span[]>();

/**
 * The stored values that a read of the same function can see. Without this, `q = q.where(a); q = q.where(b); …` makes
 * every store a matter of all others, and their combinations grow without end.
 */
export function storesSeenBy(fn: FunctionView, slot: number, read: number): readonly number[] {
  const stores = fn.storesTo(slot);
  if (stores.length < 2 || fn.info.blockCount > MAX_BLOCKS) return stores;
  const seen = stores.filter((value) => value < read || inOneLoop(fn, value, read));
  // functions are hoisted: their stores may stand behind their use
  return seen.length === 0 ? stores : seen;
}

const MAX_BLOCKS = 1500;

function inOneLoop(fn: FunctionView, a: number, b: number): boolean {
  return loopSpans(fn).some(({ from, to }) => from <= a && a <= to && from <= b && b <= to);
}

/** Rows between which control can go backwards; overlapping ones joined. */
function loopSpans(fn: FunctionView): readonly Span[] {
  let known = spans.get(fn);
  if (known === undefined) {
    known = joined(backwardEdges(fn));
    spans.set(fn, known);
  }
  return known;
}

function backwardEdges(fn: FunctionView): Span[] {
  const { blocks } = graphOf(fn);
  const found: Span[] = [];
  for (const { terminator, handler, end } of blocks) {
    for (const target of [...targetsOf(fn, terminator), handler]) {
      const to = target === NONE ? undefined : blocks[target];
      if (to !== undefined && to.first < end) found.push({ from: to.first, to: end });
    }
  }
  return found;
}

function targetsOf(fn: FunctionView, terminator: number): readonly number[] {
  const op = terminator === NONE ? NONE : fn.op(terminator);
  if (op === Op.Jump) return [fn.a(terminator)];
  return op === Op.Branch ? [fn.b(terminator), fn.c(terminator)] : [];
}

function joined(edges: readonly Span[]): readonly Span[] {
  const result: Span[] = [];
  for (const edge of [...edges].sort((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last === undefined || edge.from > last.to) result.push(edge);
    else result[result.length - 1] = { from: last.from, to: Math.max(last.to, edge.to) };
  }
  return result;
}

/** Whether control can come to a read without having passed any store: a `let` without a value may be undefined there. */
export function mayBeUnset(fn: FunctionView, slot: number, read: number): boolean {
  if (fn.info.blockCount > MAX_BLOCKS) return false;
  const { blocks, blockOf, entry } = graphOf(fn);
  const rows = fn.storeRowsTo(slot);
  const stored = new Set(rows.map((row) => blockOf[row]));
  const goal = blockOf[read];
  if (goal === undefined || goal === NONE || entry === NONE) return false;
  if (rows.some((row) => blockOf[row] === goal && row < read)) return false;
  const open = [entry];
  const seen = new Set<number>(open);
  while (open.length > 0) {
    const id = open.pop();
    const block = id === undefined ? undefined : blocks[id];
    if (id === undefined || block === undefined) continue;
    if (id === goal) return true;
    // what is thrown may be thrown before the store
    const next = stored.has(id) ? [block.handler] : [...targetsOf(fn, block.terminator), block.handler];
    for (const target of next) {
      if (target === NONE || seen.has(target)) continue;
      seen.add(target);
      open.push(target);
    }
  }
  return false;
}
