/** Checks that let everybody pass for what they are given here: a guard that asks for roles where none are demanded. */
import { FnHint, NONE, Op } from "../../model/lowered.js";
import { givenFrame } from "../values/call-frames.js";
import type { Frame, LinkQueries, Origin } from "../values/origin.js";
import { graphOf } from "./control-flow.js";
import { deadSides, truthOf } from "./truth.js";

type Check = Extract<Origin, { kind: "function" }>;

/** No way through the function that is left under these arguments refuses, and each gives something truthy. */
export function acceptsAlways(check: Check, args: readonly (readonly Origin[])[], queries: LinkQueries): boolean {
  const { fn } = check;
  if (!fn.hasBody) return false;
  const frame = givenFrame(check, args);
  const graph = graphOf(fn);
  if (graph.entry === NONE) return false;
  const dead = deadSides(fn, graph, frame, queries);
  const seen = new Set<number>();
  const queue = [graph.entry];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    const block = graph.blocks[id];
    if (block === undefined || seen.has(id)) continue;
    seen.add(id);
    const row = block.terminator;
    if (row === NONE || fn.op(row) === Op.Throw || mayRefuse(check, block.first, block.end, frame, queries))
      return false;
    if (fn.op(row) === Op.Return && (fn.a(row) === NONE || truthOf(fn, fn.a(row), frame, queries) !== true))
      return false;
    if (fn.op(row) === Op.Jump) queue.push(fn.a(row));
    if (fn.op(row) === Op.Branch && dead.get(row) !== 1) queue.push(fn.b(row));
    if (fn.op(row) === Op.Branch && dead.get(row) !== 0) queue.push(fn.c(row));
  }
  return true;
}

/** A call among these rows may throw by itself. */
function mayRefuse({ fn }: Check, first: number, end: number, frame: Frame, queries: LinkQueries): boolean {
  return Array.from(fn.calls).some(
    (v) =>
      v >= first &&
      v < end &&
      queries
        .evaluate({ fn, v: fn.callee(v), frame })
        .some((callee) => callee.kind === "function" && (callee.fn.info.hints & FnHint.Throws) !== 0),
  );
}
