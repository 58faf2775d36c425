/** Elements that are pushed to an array after it was made, each in the round of the loop in which that happens. */
import { NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { constant, type Frame, type Site } from "../../program/values/origin.js";
import { conditionsAt } from "./conditions.js";
import { roundsOf } from "./loops.js";
import { NO_BINDINGS, type Spot } from "./spot.js";
import type { Elements, Values } from "./values.js";
import { levelBelow, slotOf } from "./writes.js";

interface Push {
  readonly fn: FunctionView;
  readonly v: number;
}

const NAMES = new Set(["push", "unshift"]);
const EACH = new Set(["forEach", "map"]);
const known = new WeakMap<FunctionView, Map<number, readonly Push[]>>();

/** What `push` adds to an array literal; null when nothing does. */
export function pushedElements(literal: Site, values: Values): Elements | null {
  const pushes = pushesTo(literal.fn, literal.v);
  if (pushes.length === 0) return null;
  const parts = pushes.flatMap((push) => [...pushed(push, literal, values)]);
  return { items: parts.flatMap((p) => [...p.items]), complete: parts.every((p) => p.complete) };
}

function pushed(push: Push, literal: Site, values: Values): readonly Elements[] {
  const parts: Elements[] = [];
  for (const frame of framesOf(push.fn, literal, values)) {
    if (frame === "unknown") {
      parts.push({ items: [], complete: false });
      continue;
    }
    const spot: Spot = { fn: push.fn, v: push.v, frame, bindings: NO_BINDINGS };
    const rounds = roundsOf(spot, values);
    for (const bindings of rounds.bindings) {
      // `if (route.authenticated) handlers.push(requireUser)`
      if (conditionsAt({ ...spot, bindings }, values) === null) continue;
      for (const v of push.fn.args(push.v)) parts.push(argument({ ...spot, v, bindings }, values));
    }
  }
  return parts;
}

function argument(spot: Spot, values: Values): Elements {
  const { fn, v } = spot;
  if (fn.op(v) === Op.Spread) return values.elements({ ...spot, v: fn.a(v) });
  const items = values.of(spot);
  return { items, complete: items.every((o) => o.kind !== "unknown") };
}

/** The frames under which a function below the literal's runs: once per element when it is a table's callback. */
function framesOf(fn: FunctionView, literal: Site, values: Values): readonly (Frame | null | "unknown")[] {
  if (fn === literal.fn) return [literal.frame];
  const parent = fn.parent;
  if (parent === null) return ["unknown"];
  const call = callWith(parent, fn);
  if (call === NONE) return ["unknown"];
  return framesOf(parent, literal, values).flatMap((outer) => {
    if (outer === "unknown") return [outer];
    const callee = parent.callee(call);
    const elements = values.elements({ fn: parent, v: parent.a(callee), frame: outer, bindings: NO_BINDINGS });
    const frames: (Frame | "unknown")[] = elements.items.map((item, i) => ({
      fn,
      site: null,
      given: [[item], [constant(i)]],
      self: null,
      lexical: outer,
      depth: (outer?.depth ?? 0) + 1,
    }));
    return elements.complete ? frames : [...frames, "unknown" as const];
  });
}

/** The call of `forEach` or `map` to which a closure is handed. */
function callWith(parent: FunctionView, fn: FunctionView): number {
  for (const v of parent.calls) {
    const callee = parent.callee(v);
    if (parent.op(v) !== Op.Call || !EACH.has(parent.memberName(callee))) continue;
    const first = parent.args(v)[0] ?? NONE;
    if (first !== NONE && parent.op(first) === Op.Closure && parent.a(first) === fn.index) return v;
  }
  return NONE;
}

function pushesTo(fn: FunctionView, literal: number): readonly Push[] {
  const cached = known.get(fn)?.get(literal);
  if (cached !== undefined) return cached;
  const slot = slotOf(fn, literal);
  const found = slot === NONE ? [] : search(fn, slot);
  const own = known.get(fn) ?? new Map<number, readonly Push[]>();
  known.set(fn, own.set(literal, found));
  return found;
}

function search(owner: FunctionView, slot: number): readonly Push[] {
  const found: Push[] = [];
  for (let index = owner.index; index < owner.file.functionCount; index += 1) {
    const fn = owner.file.fn(index);
    const level = levelBelow(fn, owner);
    if (level === NONE) continue;
    for (const v of fn.calls) {
      const callee = fn.callee(v);
      if (fn.op(v) !== Op.Call || !NAMES.has(fn.memberName(callee))) continue;
      const object = fn.a(callee);
      if (fn.op(object) === Op.Var && fn.a(object) === level && fn.b(object) === slot) found.push({ fn, v });
    }
  }
  return found;
}
