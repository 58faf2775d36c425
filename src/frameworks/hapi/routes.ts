/** One route as it is written: `{ method, path, handler, options: { auth, pre, ext } }`. */
import { NONE, Op } from "../../model/lowered.js";
import { displayName } from "../../program/facts/fact-reader.js";
import { unknown } from "../../program/values/origin.js";
import type { RawEntry, RawStep } from "../routing.js";
import { nameOf, within } from "../routing-tree/calls.js";
import { firstLine, headOf, innermost, type Leaf, leavesOf } from "../routing-tree/handlers.js";
import { hasUnreadOptions, optionSpots } from "../routing-tree/options.js";
import type { PathPattern } from "../routing-tree/paths.js";
import { patternsOf } from "../routing-tree/patterns.js";
import type { RouteItem } from "../routing-tree/routing-tree.js";
import type { RunCall } from "../routing-tree/run.js";
import { NO_BINDINGS, type Spot } from "../routing-tree/spot.js";
import type { Values } from "../routing-tree/values.js";
import { type AuthSetting, readAuth } from "./authentication.js";
import { hapiArguments, OPTIONS_KEY } from "./knowledge.js";

/** Extension points that run before the handler, in their order; authentication and its scopes lie at 2 and 4. */
export const POINTS: ReadonlyMap<string, number> = new Map([
  ["onRequest", 0],
  ["onPreAuth", 1],
  ["onCredentials", 3],
  ["onPostAuth", 5],
  ["onPreHandler", 6],
]);
const PREREQUISITES = 7;

/** A route that waits for the server's default of authentication. */
export interface PendingRoute {
  readonly items: readonly RouteItem[];
  readonly auth: AuthSetting | null;
}

/** @returns null when it has no path that could be read */
export function readRoute(route: Spot, call: RunCall, values: Values): PendingRoute | null {
  const paths = optionSpots(route, "path", values).map((spot) => patternsOf(spot, values));
  const patterns = paths.flatMap((one) => (one?.patterns ?? []).map(spelled));
  if (patterns.length === 0) return null;
  const options = ["options", "config"].flatMap((name) =>
    optionSpots(route, name, values).flatMap((spot) => [...optionObjects(spot)]),
  );
  const given = (name: string): readonly Spot[] => options.flatMap((spot) => [...optionSpots(spot, name, values)]);
  const [auth] = given("auth");
  const setting = auth === undefined ? null : readAuth(auth, values, "");
  const open = options.some((spot) => hasUnreadOptions(spot, values)) || hasUnreadOptions(route, values);
  const whole = paths.every((one) => one?.complete === true);
  const place = firstLine(route.fn, route.fn.place(route.v));
  const handlers = [...optionSpots(route, "handler", values), ...given("handler")];
  const base = {
    kind: "route",
    place,
    conditions: call.conditions,
    patterns,
    steps: [...extensions(given("ext"), values), ...prerequisites(given("pre"), values)],
    continues: "no",
    incomplete: incompleteness(whole, open, setting),
    metadata: metadataOf(options, values),
    publicMarker: setting?.kind === "off" ? { reason: "auth: false", place: setting.place } : null,
    ...handlerOf(handlers, route, values),
  } as const;
  const methods = optionSpots(route, "method", values).flatMap((spot) => [...methodsOf(spot, values)]);
  const each = methods.length === 0 ? ["ALL"] : [...new Set(methods)];
  return { items: each.map((method): RouteItem => ({ ...base, method })), auth: setting };
}

function incompleteness(whole: boolean, open: boolean, setting: AuthSetting | null): string {
  if (!whole) return "a part of the path could not be read";
  if (setting?.kind === "unread") return "its authentication could not be read";
  return open ? "its options could not be read" : "";
}

/** `options: (server) => ({ … })` is called when the route is made. */
function optionObjects(spot: Spot): readonly Spot[] {
  const { fn, v } = spot;
  if (fn.op(v) !== Op.Closure) return [spot];
  const inner = fn.file.fn(fn.a(v));
  return inner.returns
    .filter((row) => inner.a(row) !== NONE)
    .map((row) => ({ fn: inner, v: inner.a(row), frame: null, bindings: NO_BINDINGS }));
}

function methodsOf(spot: Spot, values: Values): readonly string[] {
  const text = values.text(spot);
  const texts = text === null ? values.elements(spot).items.map((o) => values.textOf(o)) : [text];
  return texts.flatMap((one) => (one === null ? [] : [one === "*" || one === "any" ? "ALL" : one.toUpperCase()]));
}

/** `{id}` and `{id?}` as `:id`, `{rest*}` as `*rest`. */
function spelled(pattern: PathPattern): PathPattern {
  if (pattern.kind !== "text") return pattern;
  const text = pattern.text.replace(/\{(\w+)\*\d*\}/g, "*$1").replace(/\{(\w+)\??\}/g, ":$1");
  return { kind: "text", text: text.startsWith("/") || text === "" ? text : `/${text}` };
}

function handlerOf(spots: readonly Spot[], route: Spot, values: Values): Pick<RouteItem, "handler" | "handlerPlace"> {
  const written = spots.at(-1);
  const name = written === undefined ? "" : displayName(written.fn, written.v);
  const leaf: Leaf = leavesOf(spots, values).at(-1) ?? { origin: unknown("handler"), name, condition: "" };
  const { origin } = leaf;
  const local = origin.kind === "function" ? innermost(origin, values) : null;
  const registration = firstLine(route.fn, route.fn.place(route.v));
  return {
    handler: { name: leaf.name || nameOf(origin), origin, given: hapiArguments },
    handlerPlace:
      local === null || within(local, route) || isWrittenIn(local.ownPlace, route) ? registration : headOf(local),
  };
}

function isWrittenIn(inner: { file: string; start: number; end: number }, route: Spot): boolean {
  const outer = route.fn.place(route.v);
  return inner.file === outer.file && inner.start >= outer.start && inner.end <= outer.end;
}

function metadataOf(options: readonly Spot[], values: Values): RawEntry["metadata"] {
  const found = options.flatMap((spot) => [...values.of(spot)]).filter((o) => o.kind === "literal");
  return found.length === 0 ? new Map() : new Map([[OPTIONS_KEY, found]]);
}

/** `pre: [load, { method, assign }, [both, of, these]]` */
function prerequisites(spots: readonly Spot[], values: Values): readonly RawStep[] {
  const leaves = leavesOf(spots, values).flatMap((leaf) => [...methodLeaves(leaf, values)]);
  return leaves.map((leaf) => extensionStep(leaf, PREREQUISITES, spots[0]));
}

/** `ext: { onPreHandler: { method } }` of a route. */
function extensions(spots: readonly Spot[], values: Values): readonly RawStep[] {
  return spots.flatMap((ext) =>
    [...POINTS].flatMap(([name, phase]) =>
      leavesOf(optionSpots(ext, name, values), values)
        .flatMap((leaf) => [...methodLeaves(leaf, values)])
        .map((leaf) => extensionStep(leaf, phase, ext)),
    ),
  );
}

/** `{ method: fn }` is what its method is. */
export function methodLeaves(leaf: Leaf, values: Values): readonly Leaf[] {
  const { origin } = leaf;
  if (origin.kind !== "literal" || origin.form !== "object") return [leaf];
  const { fn, v, frame } = origin.site;
  const spot: Spot = { fn, v, frame, bindings: NO_BINDINGS };
  return leavesOf(optionSpots(spot, "method", values), values);
}

/** A function that answers or throws instead of going on. */
export function extensionStep(leaf: Leaf, phase: number, at: Spot): RawStep {
  const { origin, condition } = leaf;
  const name = leaf.name || nameOf(origin);
  const place = firstLine(at.fn, at.fn.place(at.v));
  return { name, kind: "hook", place, origin, given: hapiArguments, continuation: "returns", condition, phase };
}
