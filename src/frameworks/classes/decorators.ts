/** Decorators as the packages' functions that they end in: composites and local factories are taken apart. */
import { Op } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import { truthOf } from "../../program/facts/truth.js";
import { givenFrame } from "../../program/values/call-frames.js";
import type { LinkQueries, Origin, PackageOrigin, Site } from "../../program/values/origin.js";
import { argumentSites, type ClassRef, type FunctionRef, itemsOfOrigins, placeOf } from "./values.js";

/** One decorator in effect. */
export interface Applied {
  /** `@nestjs/common`; '' for a call of the language's own Reflect */
  readonly module: string;
  /** `Controller`, `Reflector.createDecorator()`: what was called, or the value itself without a call */
  readonly name: string;
  readonly origin: PackageOrigin;
  /** the call with the decorator's arguments, null for `@Decorator` alone */
  readonly call: Site | null;
  /** where it is written on the class, method or parameter */
  readonly place: Place;
  readonly condition: string;
}

export interface Decorations {
  /** in the order in which they take effect: the one nearest to the declaration first */
  readonly applied: readonly Applied[];
  /** decorators that could not be followed to a function */
  readonly unread: readonly string[];
}

interface Collector {
  readonly applied: Applied[];
  readonly unread: string[];
  readonly place: Place;
  readonly queries: LinkQueries;
}

const MAX_NESTING = 6;
const NONE_FOUND: Decorations = { applied: [], unread: [] };

/** Decorators among the given values of the function in which a class stands. */
export function decorationsOf(
  cls: ClassRef,
  values: readonly number[],
  around: Place,
  queries: LinkQueries,
): Decorations {
  if (values.length === 0) return NONE_FOUND;
  const fn = cls.file.fn(cls.file.lowered.classes[cls.index].inFn);
  const applied: Applied[] = [];
  const unread: string[] = [];
  // TypeScript applies them from the last to the first
  for (const v of [...values].reverse()) {
    const site: Site = { fn, v, frame: cls.frame };
    expand(site, "", 0, { applied, unread, place: placeOf(site, around), queries });
  }
  return { applied, unread };
}

function expand(site: Site, condition: string, depth: number, into: Collector): void {
  if (depth > MAX_NESTING) return;
  const chosen = chosenSide(site, into.queries);
  const origins = into.queries.evaluate(chosen);
  for (const item of itemsOfOrigins(origins, chosen, into.queries, condition)) {
    expandOrigin(item.origin, item.condition, depth, into);
  }
}

/** `withKeys ? UseGuards(Both) : UseGuards(Tokens)` of a decorator that is told there and then which it shall be. */
function chosenSide(site: Site, queries: LinkQueries): Site {
  let { v } = site;
  const { fn, frame } = site;
  for (let depth = 0; depth < MAX_NESTING && fn.op(v) === Op.Cond; depth += 1) {
    const truth = truthOf(fn, fn.a(v), frame, queries);
    if (truth === undefined) break;
    v = truth ? fn.b(v) : fn.c(v);
  }
  return { fn, v, frame };
}

function expandOrigin(origin: Origin, condition: string, depth: number, into: Collector): void {
  if (origin.kind === "package") {
    const { module, path, site } = origin;
    if (module.startsWith("@nestjs/common") && path === "applyDecorators()" && site !== null) {
      for (const arg of argumentSites(site)) expandArgument(arg, condition, depth, into);
      return;
    }
    into.applied.push(appliedOf(origin, condition, into.place));
  } else if (origin.kind === "function") expandBody(origin, condition, depth, into);
  else if (origin.kind === "unknown") into.unread.push(origin.why);
}

function expandArgument(site: Site, condition: string, depth: number, into: Collector): void {
  const { fn, frame } = site;
  const v = fn.op(site.v) === Op.Spread ? fn.a(site.v) : site.v;
  expand({ fn, v, frame }, condition, depth + 1, into);
}

/** A decorator written by hand: the decorators that it calls in its body are in effect too. */
function expandBody(origin: FunctionRef, condition: string, depth: number, into: Collector): void {
  const { fn } = origin;
  const frame = givenFrame(origin, []);
  for (const call of fn.calls) {
    if (fn.op(call) !== Op.Call) continue;
    for (const callee of into.queries.evaluate({ fn, v: fn.callee(call), frame })) {
      if (callee.kind === "package" && callee.module === "" && callee.path === "Reflect.defineMetadata") {
        const site: Site = { fn, v: call, frame };
        into.applied.push({ ...appliedOf(callee, condition, into.place), call: site });
      } else if (callee.kind === "package" ? callee.path.endsWith("()") : callee.kind === "function") {
        expandOrigin(callee, condition, depth + 1, depth < MAX_NESTING ? into : { ...into, applied: [] });
      }
    }
  }
}

function appliedOf(origin: PackageOrigin, condition: string, place: Place): Applied {
  const called = origin.path.endsWith("()");
  return {
    module: origin.module,
    name: called ? origin.path.slice(0, -2) : origin.path,
    origin,
    call: called ? origin.site : null,
    place,
    condition,
  };
}

/** The last one in effect of a package's decorators with one of these names. */
export function find(applied: readonly Applied[], module: string, ...names: readonly string[]): Applied | undefined {
  return applied.findLast((a) => isFrom(a, module) && names.includes(a.name));
}

export function isFrom(applied: Applied, module: string): boolean {
  return applied.module === module || applied.module.startsWith(`${module}/`);
}
