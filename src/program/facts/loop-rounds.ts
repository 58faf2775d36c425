/** What every round of a loop shows: `for (const role of wanted) if (!own.includes(role)) return false;` that came to its end. */
import { Op } from "../../model/lowered.js";
import type { FunctionView } from "../linking/function-view.js";
import { leaves } from "../values/computed-origins.js";
import type { Frame, Origin, OriginQueries } from "../values/origin.js";
import { siteKey } from "../values/origin-keys.js";
import type { Atom } from "./conditions.js";
import type { Flow } from "./control-flow.js";
import { MATCHED } from "./element-facts.js";
import type { Fact } from "./facts.js";

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
  const [first, ...others] = roundEnds(flow, head);
  return first?.filter((atom) => others.every((atoms) => atoms.includes(atom))) ?? [];
}

/** What holds at each of the places where a round ends and the next one begins. */
export function roundEnds(flow: Flow, head: number): readonly (readonly Atom[])[] {
  const { fn, graph } = flow;
  const header = graph.blockOf[head];
  const found: (readonly Atom[])[] = [];
  for (const { terminator } of graph.blocks) {
    // rows of the body come after the head, what leads to the loop before it
    if (terminator <= head || fn.op(terminator) !== Op.Jump || fn.a(terminator) !== header) continue;
    if (flow.reachable(terminator)) found.push(flow.factsAt(terminator));
  }
  return found;
}

/**
 * Of what holds at the end of a round, what is said of the row that the round was about: `row.ownerId === user.id`,
 * `row.members.some((one) => one.userId === user.id)`, and that what was sought for it is missing.
 */
export function saidOfRow(fact: Fact, rows: readonly Origin[]): readonly Fact[] {
  const isOfRows = (part: Origin): boolean => rows.some((row) => isOfRow(part, row));
  if (fact.kind === "equal" || fact.kind === "unequal")
    return leaves([...fact.left, ...fact.right]).some(isOfRows) ? [fact] : [];
  if (fact.kind === "absent") return fact.of.length > 0 && !leaves(fact.of).some(isOfRows) ? [fact] : [];
  const [match, ...others] = fact.kind === "present" ? fact.of : [];
  if (match?.kind !== "derived" || match.how !== MATCHED || others.length > 0) return [];
  const parts = leaves(match.of);
  const left = parts.filter(isOfRows);
  const right = parts.filter((part) => !isOfRows(part));
  return left.length > 0 && right.length > 0 ? [{ kind: "equal", left, right, via: fact.via }] : [];
}

function isOfRow(part: Origin, row: Origin): boolean {
  if (part.kind !== "source" || row.kind !== "source" || part.source !== row.source) return false;
  return part.site !== null && row.site !== null && siteKey(part.site) === siteKey(row.site);
}
