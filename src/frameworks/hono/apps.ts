/** Which values are Hono applications, and under which base path. Every application is also a sub-application. */
import { Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Origin, PackageOrigin, Site } from "../../program/values/origin.js";
import { joinPaths, patternText } from "../routing-tree/paths.js";
import { patternsOf } from "../routing-tree/patterns.js";
import { type RouterDialect, routerOf } from "../routing-tree/routers.js";
import type { TreeRouter } from "../routing-tree/routing-tree.js";
import { at, type Spot } from "../routing-tree/spot.js";
import type { Values } from "../routing-tree/values.js";

export const HONO_MODULES = [
  "hono",
  "hono/tiny",
  "hono/quick",
  "hono/hono-base",
  "hono/factory",
  "@hono/hono",
  "@hono/hono/factory",
  "@hono/zod-openapi",
];

const MODULES = new Set(HONO_MODULES);
const MADE = /^(?:\w+\.)?(?:Hono|HonoBase|OpenAPIHono)\(\)$|^(?:createFactory|Factory)\(\)\.createApp\(\)$/;
const APP = /(?:(?:^|\.)(?:Hono|HonoBase|OpenAPIHono)\(\)|\.createApp\(\))(?:\.basePath\(\))*$/;

/** Methods that register a handler for one HTTP method. */
export const VERBS: ReadonlyMap<string, string> = new Map(
  ["get", "post", "put", "delete", "options", "patch", "query"].map((name) => [name, name.toUpperCase()] as const),
);
/** Methods that add something to an application and give it back. */
export const FLUENT: ReadonlySet<string> = new Set([
  ...VERBS.keys(),
  ..."all on use route mount openapi openapiRoutes doc doc31 onError notFound".split(" "),
]);

const HONO: RouterDialect = {
  modules: MODULES,
  makes: (_module, path) => (MADE.test(path) ? "app" : null),
  chain: new Set([...FLUENT, "basePath"]),
  parameterName: /^_?(?:\w*(?:app|router|server|routes?|hono)|api)$/i,
};

export interface AppRef {
  readonly identity: Omit<TreeRouter, "items">;
  /** what `basePath` put before everything that is registered through this value */
  readonly prefix: string;
}

/** The application that a value is, null when it is none. */
export function appOf(origin: Origin, values: Values, seenIn: FunctionView): AppRef | null {
  // without a type, a name says too little: other frameworks call theirs the same
  if (origin.kind === "parameter" && !isTyped(origin, values) && !importsHono(origin.fn)) return null;
  const ref = routerOf(origin, values.queries, seenIn, HONO);
  return ref === null ? null : { identity: ref.identity, prefix: prefixOf(origin, values) };
}

function isTyped(origin: Extract<Origin, { kind: "parameter" }>, values: Values): boolean {
  const { file, info } = origin.fn;
  const type = file.lowered.types[info.params[origin.index]?.type ?? -1];
  return type !== undefined && values.queries.typeOrigin(file, type) !== null;
}

function importsHono(fn: FunctionView): boolean {
  return fn.file.lowered.imports.some((item) => MODULES.has(item.module));
}

/** `basePath` gives a view on the same application: what is registered through it is registered on all views. */
function prefixOf(origin: Origin, values: Values): string {
  let prefix = "";
  for (let step = origin; step.kind === "package" && step.previous !== null; step = step.previous) {
    if (step.path.endsWith(".basePath()") && step.site !== null) prefix = joinPaths(pathOf(step.site, values), prefix);
  }
  return prefix;
}

function pathOf(call: Site, values: Values): string {
  const [first] = call.fn.args(call.v);
  const [pattern] = (first === undefined ? null : patternsOf({ ...at(call), v: first }, values))?.patterns ?? [];
  return pattern === undefined ? "/:base" : patternText(pattern);
}

export interface Receiver {
  /** what stands before the chain */
  readonly base: Spot;
  readonly prefix: string;
}

/**
 * What a chain begins with: `app` of `app.use(a).get(b)`. Followed as it is written, because a parameter with a type
 * is known as that type only once it was called, and then which application it was is lost.
 */
export function receiverOf(spot: Spot, values: Values): Receiver {
  let base = spot;
  let prefix = "";
  for (let i = 0; i < 400; i += 1) {
    const next = beforeCall(base, values) ?? definedAs(base, values);
    if (next === null) break;
    prefix = joinPaths(next.prefix, prefix);
    base = next.base;
  }
  return { base, prefix: prefix === "/" ? "" : prefix };
}

function beforeCall(spot: Spot, values: Values): Receiver | null {
  const { fn, v } = spot;
  if (fn.op(v) === Op.Cast || fn.op(v) === Op.Await) return { base: { ...spot, v: fn.a(v) }, prefix: "" };
  if (fn.op(v) !== Op.Call || fn.op(fn.callee(v)) !== Op.Member) return null;
  const name = fn.memberName(fn.callee(v));
  if (name !== "basePath" && !FLUENT.has(name)) return null;
  return { base: { ...spot, v: fn.a(fn.callee(v)) }, prefix: name === "basePath" ? pathOf(spot, values) : "" };
}

function definedAs(spot: Spot, values: Values): Receiver | null {
  if (spot.fn.op(spot.v) !== Op.Var) return null;
  const definition = values.definition(spot);
  return definition === null ? null : beforeCall(definition, values);
}

/** The application that a fluent method gives back; undefined for every other call. */
export function fluentResult(callee: PackageOrigin): Origin | undefined {
  if (!MODULES.has(callee.module) || callee.previous === null || !APP.test(callee.previous.path)) return undefined;
  return FLUENT.has(callee.path.slice(callee.path.lastIndexOf(".") + 1)) ? callee.previous : undefined;
}
