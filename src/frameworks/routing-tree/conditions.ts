/** Under which tests a registration is made. */
import { NONE, Op } from "../../model/lowered.js";
import { type Atom, behind } from "../../program/facts/conditions.js";
import { Flow, graphOf, NO_OPTIONS } from "../../program/facts/control-flow.js";
import { displayName } from "../../program/facts/fact-reader.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Condition } from "./routing-tree.js";
import type { Spot } from "./spot.js";
import type { Values } from "./values.js";

interface Known {
  readonly flow: Flow;
  /** holds whenever the function is left normally, so it is no condition for what comes after it */
  readonly settled: ReadonlySet<string>;
}

const known = new WeakMap<FunctionView, Known>();

/**
 * Tests of the function's own body that hold when control reaches a call, apart from those that the call's caller has
 * decided; null when these say that control never gets there.
 */
export function conditionsAt(spot: Spot, values: Values): readonly Condition[] | null {
  const { fn } = spot;
  if (fn.info.blockCount <= 1) return [];
  const { flow, settled } = analyse(fn);
  const loops = collectionsOf(fn);
  const found: Condition[] = [];
  for (const atom of flow.factsAt(spot.v)) {
    if (atom.kind === "returned" || loops.has(atom.v)) continue;
    const truth = decide(atom, spot, values);
    if (truth === false) return null;
    if (truth === true || settled.has(key(atom))) continue;
    found.push({ key: `${fn.id}:${key(atom)}`, text: textOf(fn, atom) });
  }
  return found;
}

/** Whether a statement holds, where the values are known. */
function decide(atom: Atom, spot: Spot, values: Values): boolean | undefined {
  const { fn } = spot;
  const at = (v: number): Spot => ({ ...spot, v });
  if (atom.kind === "equal" || atom.kind === "unequal") {
    const left = values.text(at(fn.b(atom.v)));
    const right = left === null ? null : values.text(at(fn.c(atom.v)));
    return left === null || right === null ? undefined : (left === right) === (atom.kind === "equal");
  }
  if (spot.frame === null && spot.bindings.size === 0) return undefined;
  if (atom.kind === "holds" || atom.kind === "fails") return longerThanNothing(atom, spot, values);
  if (atom.kind !== "truthy" && atom.kind !== "falsy") return undefined;
  const truth = values.truth(at(atom.v));
  return truth === undefined ? undefined : truth === (atom.kind === "truthy");
}

/** `list.length > 0` */
function longerThanNothing(atom: Atom, spot: Spot, values: Values): boolean | undefined {
  const { fn } = spot;
  const left = fn.b(atom.v);
  if (fn.text(fn.a(atom.v)) !== ">" || fn.memberName(left) !== "length") return undefined;
  if (values.text({ ...spot, v: fn.c(atom.v) }) !== "0") return undefined;
  const { items, complete } = values.elements({ ...spot, v: fn.a(left) });
  if (!complete && items.length === 0) return undefined;
  return items.length > 0 === (atom.kind === "holds");
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
