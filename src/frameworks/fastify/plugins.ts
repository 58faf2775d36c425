/** What is handed to `register`: functions, wrapped ones that escape their scope, imported ones, packages. */
import { Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Origin, PackageOrigin } from "../../program/values/origin.js";
import { optionSpots } from "../routing-tree/options.js";
import { at, type Spot } from "../routing-tree/spot.js";
import type { Values } from "../routing-tree/values.js";

type FunctionOrigin = Extract<Origin, { kind: "function" }>;

export type Plugin =
  /** `escapes`: what it adds goes to the instance on which it is registered, not to one of its own */
  | { readonly kind: "function"; readonly origin: FunctionOrigin; readonly escapes: boolean }
  | { readonly kind: "package"; readonly origin: PackageOrigin }
  | { readonly kind: "unread" };

const MAX_DEPTH = 8;

/** The plugins that a value stands for. */
export function pluginsOf(spot: Spot, values: Values): readonly Plugin[] {
  const origins = values.of(spot);
  const known = origins.length > 1 ? origins.filter((o) => o.kind !== "unknown") : origins;
  return known.flatMap((origin) => [...pluginOf(origin, values, 0)]);
}

/** The plugins that an origin stands for. */
export function pluginOf(origin: Origin, values: Values, depth: number): readonly Plugin[] {
  if (depth > MAX_DEPTH) return [{ kind: "unread" }];
  switch (origin.kind) {
    case "function":
      return [{ kind: "function", origin, escapes: skipsOverride(origin.fn) }];
    case "package":
      return isWrapper(origin) ? wrapped(origin, values, depth) : [{ kind: "package", origin }];
    case "namespace":
    case "literal": {
      const whole = values.queries.project(origin, ["default"]);
      return whole.flatMap((o) => [...pluginOf(o, values, depth + 1)]);
    }
    case "derived":
      if (origin.how !== "bind") break;
      return origin.of.flatMap((o) => [...pluginOf(o, values, depth + 1)]);
    case "constant":
      return [];
  }
  return [{ kind: "unread" }];
}

function isWrapper(origin: PackageOrigin): boolean {
  return origin.module === "fastify-plugin" && /^(?:|\w+)\(\)$/.test(origin.path);
}

/** `fp(plugin, { encapsulate })` */
function wrapped(origin: PackageOrigin, values: Values, depth: number): readonly Plugin[] {
  if (origin.site === null) return [{ kind: "unread" }];
  const { fn, v } = origin.site;
  const [first, second] = fn.args(v);
  if (first === undefined) return [{ kind: "unread" }];
  const spot = at(origin.site);
  const options = second === undefined ? [] : optionSpots({ ...spot, v: second }, "encapsulate", values);
  const escapes = !options.some((option) => values.truth(option) === true);
  const inner = values.of({ ...spot, v: first }).flatMap((o) => [...pluginOf(o, values, depth + 1)]);
  return inner.map((plugin) => (plugin.kind === "function" ? { ...plugin, escapes } : plugin));
}

/** `plugin[Symbol.for("skip-override")] = true`, what `fastify-plugin` does. */
function skipsOverride(plugin: FunctionView): boolean {
  const { file } = plugin;
  if (!file.lowered.strings.includes("skip-override")) return false;
  const fn = plugin.parent ?? file.module;
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) !== Op.SetIndex || !isSkipKey(fn, fn.b(v))) continue;
    const target = fn.a(v);
    if (fn.op(target) !== Op.Var || fn.a(target) !== 0) continue;
    if (fn.storesTo(fn.b(target)).some((s) => fn.op(s) === Op.Closure && fn.a(s) === plugin.index)) return true;
  }
  return false;
}

function isSkipKey(fn: FunctionView, key: number): boolean {
  if (fn.op(key) !== Op.Call) return false;
  const [first] = fn.args(key);
  return first !== undefined && fn.op(first) === Op.String && fn.text(fn.a(first)) === "skip-override";
}

/** Whether a package's plugin refuses requests by itself, from the moment it is registered. */
export function guardsByItself(origin: PackageOrigin, options: Spot | null, values: Values): boolean {
  if (!/^(?:@fastify\/|fastify-)bearer-auth$/.test(origin.module)) return false;
  const hook = options === null ? [] : optionSpots(options, "addHook", values);
  return !hook.some((spot) => values.truth(spot) === false);
}

/** A package that nobody described and whose name speaks of callers: it may well add hooks. */
export function mayGuard(origin: PackageOrigin): boolean {
  return /auth(?!or)|guard|keycloak|oidc/i.test(origin.module) && !origin.module.startsWith("@fastify/");
}

/** Named exports that a plugin's file carries beside it: `autoPrefix`, `prefixOverride`, `autoload`. */
export function besidePlugin(exported: Origin, name: string, values: Values): readonly Origin[] {
  if (exported.kind === "function") return assigned(exported.fn, name, values);
  return values.queries.project(exported, [name]).filter((o) => o.kind !== "unknown");
}

/** `plugin.autoPrefix = "/x"` beside a function. */
function assigned(plugin: FunctionView, name: string, values: Values): readonly Origin[] {
  const fn = plugin.parent ?? plugin.file.module;
  const found: Origin[] = [];
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) !== Op.SetMember || fn.text(fn.b(v)) !== name) continue;
    found.push(...values.queries.evaluate({ fn, v: fn.c(v), frame: null }));
  }
  return found;
}
