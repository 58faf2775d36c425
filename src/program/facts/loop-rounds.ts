/** What every round of a loop shows: `for (const role of wanted) if (!own.includes(role)) return false;` that came to its end. */
import { Op } from "../../model/lowered.js";
import type { FunctionView } from "../linking/function-view.js";
import type { Frame, OriginQueries } from "../values/origin.js";
import type { Atom } from "./conditions.js";
import type { Flow } from "./control-flow.js";

/** Whether at least one round is made: the list is written out, and not as an empty one. */
export function isFilled(fn: FunctionView, list: number, frame: Frame | null, queries: OriginQueries): boolean {
  const origins = queries.evaluate({ fn, v: list, frame });
  return (
    origins.length > 0 &&
    origins.every((origin) => {
      // `Roles("reader")` of `(...roles) => SetMetadata("roles", roles)`
      if (origin.kind === "derived" && origin.rest !== undefined)
        return origin.rest.whole && origin.rest.known.length > 0;
      if (origin.kind !== "literal" || origin.form !== "array") return false;
      const { fn: at, v } = origin.site;
      return at.op(v) === Op.Array && Array.from(at.list(at.a(v))).some((item) => at.op(item) !== Op.Spread);
    })
  );
}

/** Atoms that hold wherever a round ends and the next one begins. */
export function roundAtoms(flow: Flow, head: number): readonly Atom[] {
  const { fn, graph } = flow;
  const header = graph.blockOf[head];
  let common: readonly Atom[] | null = null;
  for (const { terminator } of graph.blocks) {
    // rows of the body come after the head, what leads to the loop before it
    if (terminator <= head || fn.op(terminator) !== Op.Jump || fn.a(terminator) !== header) continue;
    if (!flow.reachable(terminator)) continue;
    const atoms = flow.factsAt(terminator);
    common = common === null ? atoms : common.filter((atom) => atoms.includes(atom));
  }
  return common ?? [];
}
