/** Objects that are filled key by key: `for (const key of keys) target[key] = wrap(source[key])`. */
import { NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { storesUnderKeys } from "../../program/values/keyed-stores.js";
import { constant, type Frame, type Origin, type Site, unknown } from "../../program/values/origin.js";
import { NO_BINDINGS, type Spot } from "./spot.js";

interface KeyedWrite {
  readonly fn: FunctionView;
  readonly value: number;
  /** the parameter or the loop's item that is the key */
  readonly key: { readonly kind: "param"; readonly index: number } | { readonly kind: "item"; readonly v: number };
}

const MAX_LEVELS = 3;
const known = new WeakMap<FunctionView, Map<number, readonly KeyedWrite[]>>();

/** The values that may stand under a name in an object literal which is filled by computed keys. */
export function keyedWrites(literal: Site, name: string): readonly Spot[] {
  return writesTo(literal.fn, literal.v).map(({ fn, value, key }) => {
    const item: Origin = constant(name);
    const bindings = new Map(key.kind === "item" ? [[key.v, item] as const] : []);
    return { fn, v: value, frame: fn === literal.fn ? literal.frame : frameOf(fn, literal.frame, key, item), bindings };
  });
}

/** The frame of a callback that is given the key; its surroundings are those of the literal. */
function frameOf(fn: FunctionView, lexical: Frame | null, key: KeyedWrite["key"], item: Origin): Frame {
  const given = fn.info.params.map((_, i): readonly Origin[] => [
    key.kind === "param" && key.index === i ? item : unknown("callback"),
  ]);
  return { fn, site: null, given, self: null, lexical, depth: (lexical?.depth ?? 0) + 1 };
}

/** The objects whose properties `Object.assign(target, …)` adds to an object literal, the last of which wins. */
export function assignedTo(literal: Site): readonly Spot[] {
  const { fn: owner, v, frame } = literal;
  const slot = slotOf(owner, v);
  if (slot === NONE) return [];
  const found: Spot[] = [];
  for (const row of owner.calls) {
    const callee = owner.callee(row);
    if (owner.op(row) !== Op.Call || owner.memberName(callee) !== "assign") continue;
    const [target, ...sources] = owner.args(row);
    if (!isGlobal(owner, owner.a(callee), "Object") || target === undefined) continue;
    if (owner.op(target) !== Op.Var || owner.a(target) !== 0 || owner.b(target) !== slot) continue;
    for (const source of sources) found.push({ fn: owner, v: source, frame, bindings: NO_BINDINGS });
  }
  return found;
}

function isGlobal(fn: FunctionView, v: number, name: string): boolean {
  return fn.op(v) === Op.Global && fn.text(fn.a(v)) === name;
}

function writesTo(fn: FunctionView, literal: number): readonly KeyedWrite[] {
  const cached = known.get(fn)?.get(literal);
  if (cached !== undefined) return cached;
  const slot = slotOf(fn, literal);
  const found = slot === NONE ? [] : search(fn, slot);
  const own = known.get(fn) ?? new Map<number, readonly KeyedWrite[]>();
  known.set(fn, own.set(literal, found));
  return found;
}

function search(owner: FunctionView, slot: number): readonly KeyedWrite[] {
  return storesUnderKeys(owner, slot).flatMap(({ fn, key: written, value }) => {
    const key = levelBelow(fn, owner) === NONE ? null : keyOf(fn, written);
    return key === null ? [] : [{ fn, value, key }];
  });
}

/** How many functions lie between; NONE when the one does not stand in the other. */
export function levelBelow(fn: FunctionView, owner: FunctionView): number {
  for (let level = 0; level <= MAX_LEVELS; level += 1) if (fn.ancestor(level) === owner) return level;
  return NONE;
}

function keyOf(fn: FunctionView, v: number): KeyedWrite["key"] | null {
  let current = v;
  for (let i = 0; i < 8; i += 1) {
    if (fn.op(current) === Op.Param) return { kind: "param", index: fn.a(current) };
    if (fn.op(current) === Op.Iterated) return { kind: "item", v: current };
    if (fn.op(current) === Op.Cast) current = fn.a(current);
    else if (fn.op(current) === Op.Var && fn.a(current) === 0 && fn.storesTo(fn.b(current)).length === 1) {
      current = fn.storesTo(fn.b(current))[0];
    } else return null;
  }
  return null;
}

/** The variable in which a literal is put as it is made, casts looked through. */
export function slotOf(fn: FunctionView, literal: number): number {
  const same = new Set([literal]);
  for (let v = literal + 1; v < fn.valueCount; v += 1) {
    if (fn.op(v) === Op.Cast && same.has(fn.a(v))) same.add(v);
    if (fn.op(v) === Op.Store && fn.a(v) === 0 && same.has(fn.c(v))) return fn.b(v);
  }
  return NONE;
}
