/** Functions that answer on some ways and come to their end on others: `if (locked) return "locked";`. */
import { NONE, Op } from "../../model/lowered.js";
import { graphOf } from "../facts/control-flow.js";
import type { FunctionView } from "../linking/function-view.js";
import type { Origin } from "./origin.js";

/**
 * Whether a function gives nothing on some way though all that it returns is written there and true: whoever tests the
 * answer would else be taken for somebody who always goes the same way.
 */
export function givesNothingElse(fn: FunctionView, returned: readonly Origin[]): boolean {
  return returned.length > 0 && returned.every((o) => o.kind === "constant" && Boolean(o.value)) && reachesEnd(fn);
}

function reachesEnd(fn: FunctionView): boolean {
  const { blocks, entry } = graphOf(fn);
  const seen = new Set<number>();
  const open = [entry];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const block = blocks[id];
    if (block === undefined || seen.has(id)) continue;
    seen.add(id);
    const { terminator } = block;
    if (terminator === NONE) return true;
    if (fn.op(terminator) === Op.Jump) open.push(fn.a(terminator));
    if (fn.op(terminator) === Op.Branch) open.push(fn.b(terminator), fn.c(terminator));
  }
  return false;
}
