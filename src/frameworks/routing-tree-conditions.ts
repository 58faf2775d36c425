/** Under which tests a registration is made. */
import { NONE, Op } from "../model/lowered.js";
import { type Atom, behind } from "../program/conditions.js";
import { Flow, graphOf, NO_OPTIONS } from "../program/control-flow.js";
import { displayName } from "../program/fact-reader.js";
import type { FunctionView } from "../program/function-view.js";
import type { Condition } from "./routing-tree.js";

interface Known {
  readonly flow: Flow;
  /** holds whenever the function is left normally, so it is no condition for what comes after it */
  readonly settled: ReadonlySet<string>;
}

const known = new WeakMap<FunctionView, Known>();

/** Tests of the function's own body that hold when control reaches the value, apart from the ones it cannot do without. */
export function conditionsAt(fn: FunctionView, v: number): readonly Condition[] {
  if (fn.info.blockCount <= 1) return [];
  const { flow, settled } = analyse(fn);
  const loops = collectionsOf(fn);
  return flow
    .factsAt(v)
    .filter((atom) => atom.kind !== "returned" && !settled.has(key(atom)) && !loops.has(atom.v))
    .map((atom) => ({ key: `${fn.id}:${key(atom)}`, text: textOf(fn, atom) }));
}

function analyse(fn: FunctionView): Known {
  let found = known.get(fn);
  if (found === undefined) {
    const flow = new Flow(fn, graphOf(fn), NO_OPTIONS);
    const exits = flow.exits().map((row) => new Set(flow.factsAt(row).map(key)));
    const [first, ...rest] = exits;
    const settled = new Set([...(first ?? [])].filter((k) => rest.every((exit) => exit.has(k))));
    found = { flow, settled };
    known.set(fn, found);
  }
  return found;
}

function collectionsOf(fn: FunctionView): ReadonlySet<number> {
  const found = new Set<number>();
  for (let v = 0; v < fn.valueCount; v += 1) if (fn.op(v) === Op.Iterated) found.add(behind(fn, fn.a(v)));
  return found;
}

function key(atom: Atom): string {
  return `${atom.kind}:${atom.v}`;
}

function textOf(fn: FunctionView, atom: Atom): string {
  const name = atom.v === NONE ? "" : displayName(fn, atom.v);
  const shown = name === "" ? "a test" : name;
  return atom.kind === "falsy" || atom.kind === "unequal" || atom.kind === "fails" ? `not ${shown}` : shown;
}
