/** Builders of packages: `t.procedure.use(f).input(s).query(h)` as the list of its calls. */
import { Op, SlotKind } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import { displayName } from "../../program/facts/fact-reader.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Origin, OriginQueries, PackageOrigin, Site } from "../../program/values/origin.js";

/** One call on the way of a builder value. */
export interface ChainCall {
  /** name of the called member, '' when the value itself was called */
  readonly name: string;
  readonly site: Site;
  /** what was called */
  readonly on: PackageOrigin;
}

/** The calls that made a package value, oldest first. */
export function chainOf(origin: PackageOrigin): readonly ChainCall[] {
  const calls: ChainCall[] = [];
  for (let o: PackageOrigin | null = origin; o !== null; o = o.previous) {
    if (o.site === null || o.previous === null || !o.path.endsWith("()")) continue;
    calls.push({ name: lastName(o.previous.path), site: o.site, on: o.previous });
  }
  return calls.reverse();
}

/** `b` of `a().b`, '' of `a()`. */
export function lastName(path: string): string {
  return /(?:^|\.)(\w+)$/.exec(path)?.[1] ?? "";
}

/** Site of the argument at a position of a call; null when there are fewer. */
export function argumentAt(call: Site, index: number): Site | null {
  const { fn, v, frame } = call;
  if (fn.op(v) !== Op.Call && fn.op(v) !== Op.New) return null;
  const args = fn.args(v);
  return index < args.length ? { fn, v: args[index], frame } : null;
}

/** Origins of the argument at a position; none when there are fewer. */
export function originsOfArgument(call: Site, index: number, queries: OriginQueries): readonly Origin[] {
  const site = argumentAt(call, index);
  return site === null ? [] : queries.evaluate(site);
}

/** The function of an argument at any position, the first one. */
export function functionArgument(call: Site, queries: OriginQueries): Extract<Origin, { kind: "function" }> | null {
  for (let i = 0; argumentAt(call, i) !== null && i < 6; i += 1) {
    for (const origin of originsOfArgument(call, i, queries)) if (origin.kind === "function") return origin;
  }
  return null;
}

/** Text of a value that is one known string. */
export function textOf(origins: readonly Origin[]): string | null {
  const [only] = origins;
  return origins.length === 1 && only.kind === "constant" && typeof only.value === "string" ? only.value : null;
}

/** The variable, property or factory under which a builder was kept: a name for what stands in it without one. */
export function nameOfBuilder(site: Site): string {
  const { fn } = site;
  for (let v = site.v; v < fn.valueCount; v += 1) {
    if (fn.op(v) === Op.Store && fn.a(v) === 0 && madeFrom(fn, fn.c(v), site.v)) {
      return fn.info.slots[fn.b(v)]?.name ?? "";
    }
    if (fn.op(v) === Op.Return && fn.a(v) >= 0 && madeFrom(fn, fn.a(v), site.v)) return nameOfFunction(fn);
  }
  return "";
}

/** True when a value is a call, or a chain of calls and members, that starts at another. */
function madeFrom(fn: FunctionView, value: number, start: number): boolean {
  for (let v = value, steps = 0; steps < 60; steps += 1) {
    if (v === start) return true;
    const op = fn.op(v);
    if (op !== Op.Call && op !== Op.Member && op !== Op.Await && op !== Op.Cast) return false;
    v = fn.a(v);
  }
  return false;
}

/** A function's own name, or that of the variable that holds it. */
export function nameOfFunction(fn: FunctionView): string {
  if (fn.info.name !== "") return fn.info.name;
  const home = fn.parent;
  if (home === null) return "";
  for (const slot of home.info.slots) {
    if (slot.kind === SlotKind.Const && slot.storedBy >= 0) {
      const stored = home.op(slot.storedBy) === Op.Store ? home.c(slot.storedBy) : slot.storedBy;
      if (home.op(stored) === Op.Closure && home.a(stored) === fn.index) return slot.name;
    }
  }
  return "";
}

/** How a value is written, '' for functions written in place. */
export function writtenName(site: Site): string {
  return site.fn.op(site.v) === Op.Closure ? "" : displayName(site.fn, site.v);
}

/** The first line of a place. */
export function firstLineOf(fn: FunctionView, place: Place): Place {
  const starts = fn.file.lowered.lineStarts;
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (starts[middle] <= place.start) low = middle + 1;
    else high = middle;
  }
  const next = low < starts.length ? starts[low] - 1 : place.end;
  return { ...place, end: Math.max(place.start, Math.min(place.end, next)) };
}

/** The first line of a function. */
export function headOfFunction(fn: FunctionView): Place {
  return firstLineOf(fn, fn.ownPlace);
}
