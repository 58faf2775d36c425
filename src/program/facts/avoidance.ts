/** Ways through a function that go around one of its values, or on from it. */
import { NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../linking/function-view.js";
import { graphOf } from "./control-flow.js";

/** Whether the function can get from a value to a later one (or to its end) without passing a third. */
export function canAvoid(fn: FunctionView, from: number, via: number, to: number): boolean {
  const { blocks, blockOf } = graphOf(fn);
  const start = blockOf[from];
  const middle = via === NONE ? NONE : blockOf[via];
  if (start === middle) return false;
  const goal = to === NONE ? NONE : blockOf[to];
  const open = [start];
  const seen = new Set<number>([start, middle]);
  while (open.length > 0) {
    const id = open.pop();
    const block = id === undefined ? undefined : blocks[id];
    if (id === undefined || block === undefined) continue;
    if (id === goal) return true;
    const next = followers(fn, block.terminator);
    if (next === null && goal === NONE) return true;
    for (const follower of next ?? []) {
      if (follower === NONE || seen.has(follower)) continue;
      seen.add(follower);
      open.push(follower);
    }
  }
  return false;
}

/** A branch, and the outcome of what it tests. */
export interface Parting {
  readonly test: number;
  readonly holds: boolean;
}

/**
 * The one branch at which every way that goes around `via` parts from those that lead over it; null where there are
 * several. Arguments as of `canAvoid`.
 */
export function partingFrom(fn: FunctionView, from: number, via: number, to: number): Parting | null {
  const { blocks, blockOf } = graphOf(fn);
  const middle = blockOf[via];
  const toMiddle = leadingTo(fn, [middle]);
  const ends =
    to === NONE ? blocks.flatMap(({ terminator }, id) => (isEnd(fn, terminator) ? [id] : [])) : [blockOf[to]];
  const onwards = leadingTo(fn, ends);
  const reached = new Set([blockOf[from]]);
  const found: Parting[] = [];
  // grows while it is gone through
  for (const id of reached) {
    const { terminator } = blocks[id];
    if (id === middle) continue;
    for (const next of followers(fn, terminator) ?? []) {
      if (toMiddle.has(next)) reached.add(next);
      else if (onwards.has(next) && fn.op(terminator) === Op.Branch)
        found.push({ test: fn.a(terminator), holds: next === fn.b(terminator) });
    }
  }
  return found.length === 1 ? found[0] : null;
}

function isEnd(fn: FunctionView, terminator: number): boolean {
  return followers(fn, terminator) === null;
}

/** Whether the function can get from a value to a later one at all. */
export function leadsTo(fn: FunctionView, from: number, to: number): boolean {
  const { blockOf } = graphOf(fn);
  return blockOf[from] === blockOf[to] || canAvoid(fn, from, NONE, to);
}

/** `try { …row… } catch { return failed; }`: an exit to which only a failure leads, and that has nothing of what was found. */
export function isCaughtBehind(fn: FunctionView, row: number, exit: number): boolean {
  const { blocks, blockOf } = graphOf(fn);
  const handler = blocks[blockOf[row]]?.handler ?? NONE;
  if (handler === NONE || leadsTo(fn, row, exit)) return false;
  const { first } = blocks[handler];
  for (let v = first; v <= exit; v += 1) {
    if (fn.op(v) !== Op.Var || fn.a(v) !== 0) continue;
    const slot = fn.info.slots[fn.b(v)];
    if (slot?.storedInInner === true) return false;
    // a variable from before that was filled in between
    if (fn.storeRowsTo(fn.b(v)).some((store) => store > row && store < first)) return false;
  }
  return true;
}

/** An exit that ways which never come by a value share with those that do, and to which no failure leads. */
export function isForOthersToo(fn: FunctionView, row: number, exit: number): boolean {
  const { blocks, entry } = graphOf(fn);
  const first = blocks[entry]?.first ?? NONE;
  return first !== NONE && !isCaughtBehind(fn, row, exit) && canAvoid(fn, first, row, exit);
}

/** where loops cross, a way may end where all that leads on has been gone through */
const MAX_STEPS = 10_000;

/**
 * The ways from a value to a later one, loops left out: each tells whether it leads over a value. Null where there are
 * more than that.
 */
export function waysBetween(
  fn: FunctionView,
  from: number,
  to: number,
  most: number,
): readonly ((v: number) => boolean)[] | null {
  const { blocks, blockOf } = graphOf(fn);
  const goal = blockOf[to];
  // what leaves the function on the way is gone through as often as there are ways through it
  const leading = leadingTo(fn, [goal]);
  const found: ((v: number) => boolean)[] = [];
  const open: (readonly number[])[] = [[blockOf[from]]];
  let steps = 0;
  for (let way = open.pop(); way !== undefined; way = open.pop()) {
    steps += 1;
    if (steps > MAX_STEPS) return null;
    const id = way.at(-1) ?? NONE;
    const block = blocks[id];
    if (block === undefined) continue;
    if (id === goal) {
      const over = new Set(way);
      found.push((v) => over.has(blockOf[v]));
      if (found.length > most) return null;
      continue;
    }
    for (const next of followers(fn, block.terminator) ?? [])
      if (leading.has(next) && !way.includes(next)) open.push([...way, next]);
    if (open.length > most) return null;
  }
  return found;
}

/** Whether nothing is called after a value, on whichever way the function goes on. */
export function isLastCall(fn: FunctionView, call: number): boolean {
  const { blocks, blockOf } = graphOf(fn);
  const open = [{ id: blockOf[call], after: call }];
  const seen = new Set<number>();
  while (open.length > 0) {
    const next = open.pop();
    const block = next === undefined ? undefined : blocks[next.id];
    if (next === undefined || block === undefined) continue;
    for (let v = Math.max(block.first, next.after + 1); v < block.end; v += 1) {
      if (fn.op(v) === Op.Call || fn.op(v) === Op.New || fn.op(v) === Op.Tagged) return false;
    }
    for (const id of followers(fn, block.terminator) ?? []) {
      if (id === NONE || seen.has(id)) continue;
      seen.add(id);
      open.push({ id, after: NONE });
    }
  }
  return true;
}

/** Blocks that may follow; null when the function ends there normally. */
function followers(fn: FunctionView, terminator: number): readonly number[] | null {
  const op = terminator === NONE ? Op.Return : fn.op(terminator);
  if (op === Op.Jump) return [fn.a(terminator)];
  if (op === Op.Branch) return [fn.b(terminator), fn.c(terminator)];
  return op === Op.Return ? null : [];
}

/** The blocks from which one of some blocks can be got to, those among them. */
function leadingTo(fn: FunctionView, goals: readonly number[]): ReadonlySet<number> {
  const { blocks } = graphOf(fn);
  const found = new Set(goals);
  for (let grown = true; grown; ) {
    const before = found.size;
    for (const [id, { terminator }] of blocks.entries())
      if ((followers(fn, terminator) ?? []).some((next) => found.has(next))) found.add(id);
    grown = found.size > before;
  }
  return found;
}
