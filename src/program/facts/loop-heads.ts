/** Where the loops of a function branch: on the list that they go through. */
import { NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../linking/function-view.js";

const heads = new WeakMap<FunctionView, ReadonlyMap<number, number>>();

/** The branch at the head of the loop that goes through the list at a row, NONE where the row is no such list. */
export function loopOver(fn: FunctionView, list: number): number {
  return headsOf(fn).get(list) ?? NONE;
}

/** The lists that its loops go through. */
export function listsGoneThrough(fn: FunctionView): Iterable<number> {
  return headsOf(fn).keys();
}

function headsOf(fn: FunctionView): ReadonlyMap<number, number> {
  let known = heads.get(fn);
  if (known === undefined) {
    known = findHeads(fn);
    heads.set(fn, known);
  }
  return known;
}

function findHeads(fn: FunctionView): ReadonlyMap<number, number> {
  const lists = new Set<number>();
  for (let v = 0; v < fn.valueCount; v += 1) if (fn.op(v) === Op.Iterated) lists.add(fn.a(v));
  const found = new Map<number, number>();
  if (lists.size === 0) return found;
  for (let v = 0; v < fn.valueCount; v += 1) if (fn.op(v) === Op.Branch && lists.has(fn.a(v))) found.set(fn.a(v), v);
  return found;
}
