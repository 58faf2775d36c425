/** Handlers and middleware as they are written in a registration: nested arrays, spreads, alternatives, wrappers. */
import { ONE_OF_SEVERAL } from "../../model/facts.js";
import { LogicKind, Op } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import { displayName } from "../../program/facts/fact-reader.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Origin } from "../../program/values/origin.js";
import { at, type Spot } from "./spot.js";
import type { Values } from "./values.js";

/** One function, router or package value handed to a registration. */
export interface Leaf {
  readonly origin: Origin;
  readonly name: string;
  /** why it may be absent, '' when it is always there */
  readonly condition: string;
}

const MAX_DEPTH = 24;
const WRAPPER_MODULE = /async|promise|wrap|try|catch/i;

/** What a list of arguments comes to, in order. */
export function leavesOf(spots: readonly Spot[], values: Values): readonly Leaf[] {
  return spots.flatMap((spot) => [...flatten(spot, values, "", "", 0)]);
}

function flatten(spot: Spot, values: Values, name: string, condition: string, depth: number): readonly Leaf[] {
  const { fn, v } = spot;
  if (depth > MAX_DEPTH) return [];
  const into = (next: number, extra = condition, called = ""): readonly Leaf[] =>
    flatten({ ...spot, v: next }, values, called, extra, depth + 1);
  switch (fn.op(v)) {
    case Op.Spread:
    case Op.Cast:
    case Op.Await:
      return into(fn.a(v), condition, name);
    case Op.Array:
      return [
        ...[...fn.list(fn.a(v))].flatMap((item) => [...into(item)]),
        ...pushedLeaves(spot, values, condition, depth),
      ];
    case Op.Cond: {
      const truth = values.truth({ ...spot, v: fn.a(v) });
      if (truth !== undefined) return into(truth ? fn.b(v) : fn.c(v), condition, name);
      const test = displayName(fn, fn.a(v)) || "a test";
      const both = (extra: string): string => (condition === "" ? extra : `${condition} and ${extra}`);
      return [...into(fn.b(v), both(test), name), ...into(fn.c(v), both(`not ${test}`), name)];
    }
    case Op.Logic:
      if (fn.a(v) !== LogicKind.And) break;
      return into(fn.c(v), displayName(fn, fn.b(v)) || "a test", name);
    case Op.Var: {
      const definition = values.definition(spot);
      const op = definition === null ? Op.Undefined : definition.fn.op(definition.v);
      const written = name || displayName(fn, v);
      const open = op === Op.Array || op === Op.Cond || op === Op.Cast || op === Op.Var;
      if (definition !== null && open) return flatten(definition, values, written, condition, depth + 1);
      break;
    }
  }
  return ofOrigins(spot, values, name || nameAt(fn, v), condition, depth);
}

/** `handlers.push(requireUser)` */
function pushedLeaves(array: Spot, values: Values, condition: string, depth: number): readonly Leaf[] {
  return values.pushedTo(array).flatMap((o) => [...ofOrigin(o, array, values, nameOf(o), condition, depth + 1)]);
}

function ofOrigins(spot: Spot, values: Values, name: string, condition: string, depth: number): readonly Leaf[] {
  const known =
    spot.bindings.size > 0 || spot.fn.op(spot.v) === Op.Member || spot.fn.op(spot.v) === Op.Logic
      ? values.of(spot)
      : values.queries.evaluate({ fn: spot.fn, v: spot.v, frame: spot.frame });
  const origins = known.length > 1 ? known.filter((o) => o.kind !== "unknown") : known;
  const kept = origins.filter((o) => !(o.kind === "constant" && !o.value));
  const several = origins.length > 1 && condition === "" ? ONE_OF_SEVERAL : condition;
  return kept.flatMap((origin) => [...ofOrigin(origin, spot, values, name, several, depth)]);
}

function ofOrigin(
  origin: Origin,
  spot: Spot,
  values: Values,
  name: string,
  condition: string,
  depth: number,
): readonly Leaf[] {
  if (origin.kind === "literal" && origin.form === "array") {
    const { fn, v } = origin.site;
    const inside = at(origin.site);
    return [
      ...[...fn.list(fn.a(v))].flatMap((v) => [...flatten({ ...inside, v }, values, "", condition, depth + 1)]),
      ...pushedLeaves(inside, values, condition, depth),
    ];
  }
  if (origin.kind === "derived" && (origin.how === "rest" || origin.how === "concat")) {
    // one name stands for all of them, so each goes by its own
    const shown = (o: Origin): string => (origin.of.length > 1 ? nameOf(o) : name);
    return origin.of.flatMap((o) => [...ofOrigin(o, spot, values, shown(o), condition, depth + 1)]);
  }
  if (origin.kind === "namespace") {
    const [whole] = values.queries.project(origin, ["default"]);
    if (whole !== undefined && whole.kind !== "unknown") return [{ origin: whole, name, condition }];
  }
  const inner = unwrap(origin, values);
  const own = inner.kind === "function" && isPassedOn(spot) ? innermost(inner, values).info.name : "";
  return [{ origin: inner, name: own || name || nameOf(inner), condition }];
}

/** A wrapper that only forwards failures is the function that it wraps. */
function unwrap(origin: Origin, values: Values): Origin {
  if (origin.kind === "derived" && origin.how === "call") {
    const inner = origin.of.filter((o) => o.kind === "function");
    return inner.length === 1 ? inner[0] : origin;
  }
  if (origin.kind !== "package" || origin.site === null || !WRAPPER_MODULE.test(origin.module)) return origin;
  const { fn, v } = origin.site;
  const args = fn.args(v);
  if (args.length !== 1) return origin;
  const [inner] = values.of({ ...at(origin.site), v: args[0] });
  return inner?.kind === "function" ? inner : origin;
}

/** Written as a parameter or a loop's item, whose name says nothing: `route.handler`. */
function isPassedOn(spot: Spot): boolean {
  const { fn } = spot;
  let v = spot.v;
  for (let i = 0; i < 6 && fn.op(v) === Op.Member; i += 1) v = fn.a(v);
  if (fn.op(v) === Op.Var && fn.a(v) === 0 && fn.storesTo(fn.b(v)).length === 1) v = fn.storesTo(fn.b(v))[0];
  for (let i = 0; i < 6 && (fn.op(v) === Op.Member || fn.op(v) === Op.Element); i += 1) v = fn.a(v);
  return fn.op(v) === Op.Param || fn.op(v) === Op.Iterated;
}

function nameAt(fn: FunctionView, v: number): string {
  if (fn.op(v) === Op.Closure) return "";
  return displayName(fn, fn.op(v) === Op.Call || fn.op(v) === Op.New ? fn.callee(v) : v);
}

function nameOf(origin: Origin): string {
  if (origin.kind === "function") return origin.fn.info.name;
  return origin.kind === "package" ? origin.path : "";
}

/** The function that a local wrapper was given: what a reader would call the handler. */
export function innermost(origin: Extract<Origin, { kind: "function" }>, values: Values): FunctionView {
  let current = origin;
  for (let i = 0; i < 4 && current.frame?.site; i += 1) {
    const { fn, v, frame } = current.frame.site;
    const args = Array.from(fn.args(v)).flatMap((v) => [...values.queries.evaluate({ fn, v, frame })]);
    const given = [
      ...args,
      ...args.flatMap((o) => (o.kind === "literal" ? values.queries.project(o, ["handler"]) : [])),
    ];
    const inner = given.find((o) => o.kind === "function");
    if (inner?.kind !== "function" || inner.fn === current.fn) break;
    current = inner;
  }
  return current.fn;
}

/** The first line of a function, so that a report points at its head and not at its whole body. */
export function headOf(fn: FunctionView): Place {
  return firstLine(fn, fn.ownPlace);
}

/** The part of a place that lies on its first line. */
export function firstLine(fn: FunctionView, place: Place): Place {
  const starts = fn.file.lowered.lineStarts;
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (starts[middle] <= place.start) low = middle + 1;
    else high = middle;
  }
  const next = low < starts.length ? starts[low] - 1 : place.end;
  return { ...place, end: Math.max(place.start + 1, Math.min(place.end, next)) };
}
