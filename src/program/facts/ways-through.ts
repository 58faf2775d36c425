/** Ways through a function that pass a given value: the sides of earlier branches that lead past it are no such ways. */
import { NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../linking/function-view.js";
import type { Graph } from "./control-flow.js";

/** Larger functions are looked at as a whole. */
const MAX_BLOCKS = 160;

/** Branch rows with the side (true 1, false 0) from which control neither comes to the value nor came from it. */
export function sidesPast(fn: FunctionView, graph: Graph, v: number): ReadonlyMap<number, 0 | 1> {
  const found = new Map<number, 0 | 1>();
  const at = graph.blockOf[v];
  if (at === undefined || at === NONE || graph.blocks.length > MAX_BLOCKS) return found;
  const behind = reachedFrom(at, fn, graph);
  for (const [id, block] of graph.blocks.entries()) {
    const row = block.terminator;
    // what comes after it is passed on all its ways
    if (row === NONE || fn.op(row) !== Op.Branch || id === at || behind.has(id)) continue;
    const leads = ([1, 0] as const).map((side) => reachedFrom(side === 1 ? fn.b(row) : fn.c(row), fn, graph).has(at));
    if (leads[0] === leads[1]) continue;
    found.set(row, leads[0] === true ? 0 : 1);
  }
  return found;
}

/** The block itself and all that control can come to from it. */
function reachedFrom(start: number, fn: FunctionView, { blocks }: Graph): ReadonlySet<number> {
  const reached = new Set<number>();
  const queue = [start];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    const block = id === NONE ? undefined : blocks[id];
    if (block === undefined || reached.has(id)) continue;
    reached.add(id);
    queue.push(block.handler);
    const row = block.terminator;
    if (row === NONE) continue;
    if (fn.op(row) === Op.Jump) queue.push(fn.a(row));
    if (fn.op(row) === Op.Branch) queue.push(fn.b(row), fn.c(row));
  }
  return reached;
}
