/** Which stores to a variable a read can see: those from which control comes to it with no other store between. */
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
  if (seen.length === 0) return stores;
  // `q = q.where(a)`: what was begun is continued, and all that was done to it counts
  if (seen.length < 2 || seen.some((value) => continues(fn, slot, value))) return seen;
  const last = lastStores(fn, slot, read);
  return last === null ? seen : seen.filter((value) => last.has(value));
}

/** The stored value is a call on what the variable held before, or with it. */
function continues(fn: FunctionView, slot: number, value: number): boolean {
  const isIt = (v: number): boolean => fn.op(v) === Op.Var && fn.a(v) === 0 && fn.b(v) === slot;
  let at = value;
  for (let level = 0; at !== NONE && level < MAX_CHAIN; level += 1) {
    const op = fn.op(at);
    if (op === Op.Call || op === Op.New) {
      if (fn.args(at).some(isIt)) return true;
      at = fn.callee(at);
    } else if (op === Op.Member || op === Op.Index || op === Op.Await || op === Op.Cast) at = fn.a(at);
    else return isIt(at);
  }
  return false;
}

const MAX_CHAIN = 40;

/** Values of the stores that nothing overwrites on some way to a read; null when it is reached by no way in sight. */
function lastStores(fn: FunctionView, slot: number, read: number): ReadonlySet<number> | null {
  const { blockOf } = graphOf(fn);
  const rows = fn.storeRowsTo(slot);
  const goal = blockOf[read];
  if (rows.length > MAX_STORES || goal === undefined || goal === NONE) return null;
  const found = new Set<number>();
  const before = rows.findLast((row) => row < read && blockOf[row] === goal);
  if (before !== undefined) return found.add(fn.c(before));
  const into = edgesInto(fn);
  const open: Edge[] = [...(into[goal] ?? [])];
  const seen = new Set<Edge>(open);
  for (let edge = open.pop(); edge !== undefined; edge = open.pop()) {
    const { from, thrown } = edge;
    const own = rows.filter((row) => blockOf[row] === from);
    // what is thrown may be thrown before any of them, and after each
    for (const row of thrown ? own : own.slice(-1)) found.add(fn.c(row));
    if (own.length > 0 && !thrown) continue;
    for (const next of into[from] ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(next);
    }
  }
  return found.size === 0 ? null : found;
}

interface Edge {
  readonly from: number;
  /** control leaves in the middle of the block, for the handler */
  readonly thrown: boolean;
}

const edges = new WeakMap<FunctionView, readonly (readonly Edge[])[]>();

/** For each block, where control comes from. */
function edgesInto(fn: FunctionView): readonly (readonly Edge[])[] {
  const known = edges.get(fn);
  if (known !== undefined) return known;
  const { blocks } = graphOf(fn);
  const into: Edge[][] = blocks.map(() => []);
  for (const [from, { terminator, handler }] of blocks.entries()) {
    for (const target of targetsOf(fn, terminator)) into[target]?.push({ from, thrown: false });
    if (handler !== NONE) into[handler]?.push({ from, thrown: true });
  }
  edges.set(fn, into);
  return into;
}

/** of one variable; of more, the order of rows has to do */
const MAX_STORES = 24;

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
