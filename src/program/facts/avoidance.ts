/** Ways through a function that go around one of its values. */
import { NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../linking/function-view.js";
import { graphOf } from "./control-flow.js";

/** Whether the function can get from a value to a later one (or to its end) without passing a third. */
export function canAvoid(fn: FunctionView, from: number, via: number, to: number): boolean {
  const { blocks, blockOf } = graphOf(fn);
  const start = blockOf[from];
  const middle = blockOf[via];
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

/** Blocks that may follow; null when the function ends there normally. */
function followers(fn: FunctionView, terminator: number): readonly number[] | null {
  const op = terminator === NONE ? Op.Return : fn.op(terminator);
  if (op === Op.Jump) return [fn.a(terminator)];
  if (op === Op.Branch) return [fn.b(terminator), fn.c(terminator)];
  return op === Op.Return ? null : [];
}
