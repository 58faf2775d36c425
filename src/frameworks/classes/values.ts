/** Reading set-up values: texts, lists with their spreads, properties. */
import { NONE, Op } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import { testBefore } from "../../program/facts/test-before.js";
import { truthOf } from "../../program/facts/truth.js";
import type { FunctionView, ProgramFile } from "../../program/linking/function-view.js";
import type { LinkQueries, Origin, Site } from "../../program/values/origin.js";

export type ClassRef = Extract<Origin, { kind: "class" }>;
export type FunctionRef = Extract<Origin, { kind: "function" }>;

/** One element of a list, where it is written and whether it is always there. */
export interface Item {
  readonly origin: Origin;
  readonly site: Site;
  /** '' when it is always in the list */
  readonly condition: string;
}

const MAX_NESTING = 8;

/** Elements of a list value: nested arrays, spreads, later pushes and conditional parts are taken apart. */
export function itemsOf(site: Site, queries: LinkQueries, condition = "", depth = 0): readonly Item[] {
  if (depth > MAX_NESTING) return [];
  const { fn, frame } = site;
  const v = fn.op(site.v) === Op.Spread ? fn.a(site.v) : site.v;
  const here: Site = { fn, v, frame };
  return itemsOfOrigins(queries.evaluate(here), here, queries, condition, depth);
}

/** As `itemsOf`, for a value that was already evaluated. */
export function itemsOfOrigins(
  origins: readonly Origin[],
  site: Site,
  queries: LinkQueries,
  condition = "",
  depth = 0,
): readonly Item[] {
  const present = origins.filter((o) => !isNothing(o));
  const when = condition === "" && origins.length > 1 && present.length > 0 ? conditionOf(site) : condition;
  return present.flatMap((origin): readonly Item[] => {
    if (origin.kind === "literal" && origin.form === "array") return elements(origin.site, queries, when, depth);
    if (origin.kind === "derived" && (origin.how === "rest" || origin.how === "Object.values")) {
      return origin.of.flatMap((o) => inner(o, site, queries, when, depth));
    }
    return [{ origin, site, condition: when }];
  });
}

/** What `Object.values` and rest parameters hold: the values one level below. */
function inner(origin: Origin, site: Site, queries: LinkQueries, condition: string, depth: number): readonly Item[] {
  if (origin.kind !== "literal" || origin.form !== "object") {
    return itemsOfOrigins([origin], site, queries, condition, depth + 1);
  }
  const { fn, v, frame } = origin.site;
  return Array.from(fn.props(v)).flatMap((p) => itemsOf({ fn, v: p.value, frame }, queries, condition, depth + 1));
}

function elements(site: Site, queries: LinkQueries, condition: string, depth: number): readonly Item[] {
  const { fn, v, frame } = site;
  const found: Item[] = [];
  for (const item of fn.list(fn.a(v))) found.push(...itemsOf({ fn, v: item, frame }, queries, condition, depth + 1));
  for (const call of pushesTo(fn, v)) {
    const test = testBefore(fn, call);
    // `if (options.admin) decorators.push(…)` of a factory that is told there and then
    const truth = test === NONE ? undefined : truthOf(fn, test, frame, queries);
    if (truth === false) continue;
    const when = condition || (truth === true ? "" : "set-up adds it under a condition");
    for (const arg of fn.args(call)) found.push(...itemsOf({ fn, v: arg, frame }, queries, when, depth + 1));
  }
  return found;
}

/** Calls of `list.push` on the variable in which an array literal was stored. */
function pushesTo(fn: FunctionView, array: number): readonly number[] {
  let slot = -1;
  const found: number[] = [];
  for (let v = array; v < fn.valueCount; v += 1) {
    const op = fn.op(v);
    if (op === Op.Store && fn.c(v) === array && fn.a(v) === 0) slot = fn.b(v);
    if (slot < 0 || op !== Op.Call || fn.memberName(fn.callee(v)) !== "push") continue;
    const list = fn.a(fn.callee(v));
    if (fn.op(list) === Op.Var && fn.a(list) === 0 && fn.b(list) === slot) found.push(v);
  }
  return found;
}

function isNothing(origin: Origin): boolean {
  if (origin.kind === "constant") return !origin.value;
  if (origin.kind !== "literal" || origin.form !== "array") return false;
  const { fn, v } = origin.site;
  return fn.list(fn.a(v)).length === 0 && pushesTo(fn, v).length === 0;
}

function conditionOf(site: Site): string {
  const { fn, v } = site;
  const op = fn.op(v);
  const test = op === Op.Cond ? fn.a(v) : op === Op.Logic ? fn.b(v) : -1;
  const name = test < 0 ? "" : pathText(fn, test);
  return name === "" ? "set-up decides" : `depends on ${name}`;
}

/** `process.env.AUTH` for a chain of member reads, '' for anything else. */
export function pathText(fn: FunctionView, v: number): string {
  switch (fn.op(v)) {
    case Op.Global:
      return fn.text(fn.a(v));
    case Op.Var:
      return fn.ancestor(fn.a(v))?.info.slots[fn.b(v)]?.name ?? "";
    case Op.This:
      return "this";
    case Op.Member: {
      const object = pathText(fn, fn.a(v));
      return object === "" ? fn.memberName(v) : `${object}.${fn.memberName(v)}`;
    }
    case Op.Call:
    case Op.New:
    case Op.Await:
    case Op.Cast:
      return pathText(fn, fn.a(v));
    case Op.Unary:
    case Op.Binary:
      return pathText(fn, fn.b(v));
    default:
      return "";
  }
}

/** Texts of a value that is a string or a list of strings. */
export function textsOf(site: Site, queries: LinkQueries): readonly string[] {
  return itemsOf(site, queries).flatMap(({ origin }) => textOf(origin) ?? []);
}

export function textOf(origin: Origin | undefined): string | null {
  return origin?.kind === "constant" && typeof origin.value === "string" ? origin.value : null;
}

/** Site of the argument at a position; null when there are fewer. */
export function argument(call: Site, index: number): Site | null {
  const args = call.fn.args(call.v);
  return index < args.length ? { fn: call.fn, v: args[index], frame: call.frame } : null;
}

export function argumentSites(call: Site): readonly Site[] {
  return Array.from(call.fn.args(call.v), (v) => ({ fn: call.fn, v, frame: call.frame }));
}

/** First origin of an argument. */
export function argumentOrigin(call: Site | null, index: number, queries: LinkQueries): Origin | undefined {
  const site = call === null ? null : argument(call, index);
  return site === null ? undefined : queries.evaluate(site)[0];
}

/** Elements of a property of an object, spreads followed. */
export function propertyItems(object: Origin, name: string, queries: LinkQueries): readonly Item[] {
  if (object.kind !== "literal" || object.form !== "object") return [];
  return itemsOfOrigins(queries.project(object, [name]), object.site, queries);
}

/** First origin of a property, undefined when the object has none. */
export function property(object: Origin | undefined, name: string, queries: LinkQueries): Origin | undefined {
  if (object === undefined || object.kind !== "literal" || object.form !== "object") return undefined;
  const found = queries.project(object, [name]).find((o) => !(o.kind === "constant" && o.value === undefined));
  return found;
}

export function isPackage(origin: Origin | undefined, module: string, path: string): boolean {
  return origin?.kind === "package" && origin.module === module && origin.path === path;
}

export function classKey(ref: { readonly file: ProgramFile; readonly index: number }): string {
  return `${ref.file.id}:${ref.index}`;
}

/** Line (from 0) of an offset. */
export function lineOf(file: ProgramFile, offset: number): number {
  const starts = file.lowered.lineStarts;
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle] <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Place of a value; of values without a span, that of what surrounds them. */
export function placeOf(site: Site, surrounding: Place): Place {
  return site.fn.start(site.v) < 0 ? surrounding : site.fn.place(site.v);
}
