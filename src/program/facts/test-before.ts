/** The condition under which a call is made, where that is one test. */
import { NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../linking/function-view.js";
import { behind } from "./conditions.js";
import { graphOf } from "./control-flow.js";

/** The value that a block begins with being truthy, when only that branch leads to it. */
export function testBefore(fn: FunctionView, call: number): number {
  const { blocks, blockOf } = graphOf(fn);
  const leading = blocks.filter(({ terminator: row }) => row !== NONE && leadsTo(fn, row, blockOf[call]));
  const [only, ...others] = leading;
  if (only === undefined || others.length > 0 || fn.op(only.terminator) !== Op.Branch) return NONE;
  return fn.b(only.terminator) === blockOf[call] ? behind(fn, fn.a(only.terminator)) : NONE;
}

function leadsTo(fn: FunctionView, row: number, block: number): boolean {
  if (fn.op(row) === Op.Jump) return fn.a(row) === block;
  return fn.op(row) === Op.Branch && (fn.b(row) === block || fn.c(row) === block);
}
