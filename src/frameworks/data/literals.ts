/** Reading object and array literals with what happened to them: spreads, conditions, later writes, `push`. */
import { LogicKind, NONE, Op, PropKind } from "../../model/lowered.js";
import { canAvoid } from "../../program/facts/avoidance.js";
import { behind } from "../../program/facts/conditions.js";
import { testBefore } from "../../program/facts/test-before.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { givenFrame } from "../../program/values/call-frames.js";
import {
  type Frame,
  type Origin,
  type OriginQueries,
  type Site,
  unknown,
  withoutKeys,
} from "../../program/values/origin.js";
import { writesToLiteral } from "../../program/values/writes.js";
import type { Choice } from "./data-call.js";
import { asReplaced } from "./replaced-keys.js";
import { wayAround } from "./way-around.js";

/** A value that is one of several by its own text. */
export type Shape =
  /** `x ? a : b`, `a ?? b`; the first is what it is when the condition, if there is one, is truthy */
  | { readonly kind: "either"; readonly sites: readonly [Site, Site]; readonly condition?: Site }
  /** `x && a` */
  | { readonly kind: "when"; readonly site: Site; readonly condition: Site }
  | { readonly kind: "plain"; readonly site: Site };

/** How the value is written, variables of the own function and casts looked through. */
export function shapeOf(site: Site): Shape {
  const { fn, frame } = site;
  const v = behind(fn, site.v);
  const at = (value: number): Site => ({ fn, v: value, frame });
  if (fn.op(v) === Op.Cond)
    return { kind: "either", sites: [at(fn.b(v)), at(fn.c(v))], condition: at(behind(fn, fn.a(v))) };
  if (fn.op(v) === Op.Logic) {
    if (fn.a(v) === LogicKind.And) return { kind: "when", site: at(fn.c(v)), condition: at(fn.b(v)) };
    return { kind: "either", sites: [at(fn.b(v)), at(fn.c(v))] };
  }
  return { kind: "plain", site: at(v) };
}

/** A text as it is written, of a template the piece before its first value; null for what is no text. */
export function writtenBeginning(site: Site): string | null {
  const shape = shapeOf(site);
  if (shape.kind !== "plain") return null;
  const { fn, v } = shape.site;
  if (fn.op(v) === Op.String) return fn.text(fn.a(v));
  return fn.op(v) === Op.Template ? fn.text(fn.list(fn.a(v))[0]) : null;
}

/** Alternatives of a value with fallbacks taken apart. */
export function alternativesOf(origins: readonly Origin[]): readonly Origin[] {
  const all = origins.flatMap((origin) =>
    origin.kind === "fallback" ? [...alternativesOf(origin.value), ...alternativesOf(origin.or)] : [origin],
  );
  // what a function gives that calls itself is made as its other answers are
  const others = all.filter((origin) => origin.kind !== "unknown" || origin.why !== "cycle");
  return others.length === 0 ? all : others;
}

export function isNothing(origin: Origin): boolean {
  return origin.kind === "constant" && (origin.value === undefined || origin.value === null || origin.value === false);
}

export interface LiteralWrite {
  readonly name: string;
  readonly site: Site;
  /** there is a way from the literal to its use around the write */
  readonly conditional: boolean;
  /** what comes out so on all of those ways, if that is one test */
  readonly unless: Choice | undefined;
}

/** Members written to an object literal after it was made, as far as `use` (a value of the same function) comes later. */
export function writesAfter(literal: Site, use: Site | null): readonly LiteralWrite[] {
  const { fn, v, frame } = literal;
  const found: LiteralWrite[] = [];
  const target = use !== null && use.fn === fn ? use.v : NONE;
  for (const write of writesToLiteral(fn, v)) {
    if (write.at < v || (target !== NONE && write.at > target)) continue;
    const site: Site = { fn, v: write.value, frame };
    const conditional = canAvoid(fn, v, write.at, target);
    found.push({
      name: write.name,
      site,
      conditional,
      unless: conditional ? wayAround(literal, write.at, target) : undefined,
    });
  }
  return found;
}

export interface PushedItem {
  readonly site: Site;
  readonly conditional: boolean;
  /** what it was pushed for: `if (orgId) conditions.push(…)` */
  readonly condition: Site | null;
}

/** Items pushed to an array literal that was put in a variable, or in a property of an object that was. */
export function pushesTo(literal: Site, use: Site | null): readonly PushedItem[] {
  const { fn, v, frame } = literal;
  const holder = holderOf(fn, v);
  if (holder === null) return [];
  const target = use !== null && use.fn === fn ? use.v : NONE;
  const found: PushedItem[] = [];
  for (const call of fn.calls) {
    if (call < v || (target !== NONE && call > target) || fn.op(call) !== Op.Call) continue;
    const callee = fn.callee(call);
    if (fn.memberName(callee) !== "push") continue;
    if (!isHeldBy(fn, fn.a(callee), holder)) continue;
    const conditional = canAvoid(fn, v, call, target);
    const test = conditional ? testBefore(fn, call) : NONE;
    const condition: Site | null = test === NONE ? null : { fn, v: test, frame };
    for (const item of fn.args(call)) found.push({ site: { fn, v: item, frame }, conditional, condition });
  }
  return found;
}

interface Holder {
  readonly slot: number;
  /** property of the object in the variable, '' for the variable itself */
  readonly key: string;
}

function holderOf(fn: FunctionView, v: number): Holder | null {
  const own = slotHolding(fn, v);
  if (own !== NONE) return { slot: own, key: "" };
  for (let object = v + 1; object < fn.valueCount; object += 1) {
    if (fn.op(object) !== Op.Object) continue;
    for (const prop of fn.props(object)) {
      if (prop.value !== v) continue;
      const slot = slotHolding(fn, object);
      const key = prop.kind === PropKind.Computed ? writtenKey(fn, prop.key) : prop.name;
      return slot === NONE || key === "" ? null : { slot, key };
    }
  }
  return null;
}

function isHeldBy(fn: FunctionView, receiver: number, holder: Holder): boolean {
  let v = behindCast(fn, receiver);
  if (holder.key !== "") {
    const op = fn.op(v);
    const key = op === Op.Member ? fn.memberName(v) : op === Op.Index ? writtenKey(fn, fn.b(v)) : "";
    if (key !== holder.key) return false;
    v = behindCast(fn, fn.a(v));
  }
  return fn.op(v) === Op.Var && fn.a(v) === 0 && fn.b(v) === holder.slot;
}

/** `Op.and` of `[Op.and]`, `and` of `["and"]`. */
function writtenKey(fn: FunctionView, v: number): string {
  if (fn.op(v) === Op.String) return fn.text(fn.a(v));
  if (fn.op(v) !== Op.Member) return "";
  const object = fn.a(v);
  const owner = fn.op(object) === Op.Var ? (fn.ancestor(fn.a(object))?.info.slots[fn.b(object)]?.name ?? "") : "";
  return `${owner}.${fn.memberName(v)}`;
}

const slots = new WeakMap<FunctionView, ReadonlyMap<number, number>>();

function slotHolding(fn: FunctionView, v: number): number {
  let known = slots.get(fn);
  if (known === undefined) {
    const made = new Map<number, number>();
    for (let at = 0; at < fn.valueCount; at += 1) {
      if (fn.op(at) === Op.Store && fn.a(at) === 0) made.set(behindCast(fn, fn.c(at)), fn.b(at));
    }
    known = made;
    slots.set(fn, known);
  }
  return known.get(v) ?? NONE;
}

function behindCast(fn: FunctionView, v: number): number {
  let current = v;
  while (current !== NONE && fn.op(current) === Op.Cast) current = fn.a(current);
  return current;
}

/** What the callback of `rows.map(row => ({ … }))` returns, when the rows themselves are not known; null for anything else. */
export function mappedItems(origin: Origin, queries: OriginQueries): readonly Site[] | null {
  if ((origin.kind !== "apply" && origin.kind !== "derived") || origin.site === null) return null;
  const { fn, v, frame } = origin.site;
  if (fn.op(v) !== Op.Call || !/^(?:map|flatMap)$/.test(fn.memberName(fn.callee(v)))) return null;
  const [callback] = fn.args(v);
  if (callback === undefined) return null;
  const found: Site[] = [];
  for (const made of queries.evaluate({ fn, v: callback, frame })) {
    if (made.kind !== "function" || !made.fn.hasBody) return null;
    for (const row of made.fn.returns) found.push({ fn: made.fn, v: made.fn.a(row), frame: made.frame });
  }
  return found.length > 0 ? found : null;
}

/** A frame for a function that a library calls, with arguments nobody knows: what surrounds it stays known inside. */
export function frameInside(
  callback: Extract<Origin, { kind: "function" }>,
  given: readonly (readonly Origin[])[] = [],
): Frame {
  const params = callback.fn.info.params.map((_, index) => given[index] ?? [unknown("callback")]);
  return givenFrame(callback, params, callback.frame?.depth ?? 0);
}

export interface LiteralField {
  readonly name: string;
  readonly site: Site;
}

/** The fields of an object value, spreads and writes included, in the order in which they take effect. */
export interface LiteralFields {
  readonly fields: readonly LiteralField[];
  /** values spread in, or the value itself, that are no literals */
  readonly opaque: readonly Origin[];
}

const MAX_NESTING = 6;

/** Fields of all alternatives that a value can be, without telling the alternatives apart. */
export function fieldsOf(site: Site, queries: OriginQueries, use: Site | null, depth = 0): LiteralFields {
  const fields: LiteralField[] = [];
  const opaque: Origin[] = [];
  for (const origin of alternativesOf(queries.evaluate(site))) {
    if (origin.kind !== "literal" || origin.form !== "object" || depth > MAX_NESTING) {
      if (isNothing(origin)) continue;
      const { whole, set } = asReplaced(origin, site);
      opaque.push(whole);
      fields.push(...set);
      continue;
    }
    const { fn, v, frame } = origin.site;
    for (const prop of fn.props(v)) {
      if (prop.kind === PropKind.Spread) {
        const inner = fieldsOf({ fn, v: prop.value, frame }, queries, null, depth + 1);
        fields.push(...inner.fields);
        opaque.push(...inner.opaque);
      } else if (prop.kind !== PropKind.Computed) {
        fields.push({ name: prop.name, site: { fn, v: prop.value, frame } });
        // what is written after a spread takes the place of its key
        for (const [at, spread] of opaque.entries()) opaque[at] = withoutKeys(spread, [prop.name]);
      }
    }
    for (const write of writesAfter(origin.site, use)) fields.push({ name: write.name, site: write.site });
  }
  return { fields, opaque };
}
