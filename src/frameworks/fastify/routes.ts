/** One route registration: `get(url, options, handler)`, `route({ method, url, handler })`. */
import { Op } from "../../model/lowered.js";
import { displayName } from "../../program/facts/fact-reader.js";
import { type Origin, unknown } from "../../program/values/origin.js";
import { requestOrigin } from "../arguments.js";
import type { RawEntry, RawStep } from "../routing.js";
import { nameOf, placeOf, within } from "../routing-tree/calls.js";
import { headOf, innermost, type Leaf, leavesOf } from "../routing-tree/handlers.js";
import { hasUnreadOptions, isOptions, optionSpots } from "../routing-tree/options.js";
import type { PathPattern } from "../routing-tree/paths.js";
import { patternsOf } from "../routing-tree/patterns.js";
import type { RouteHandler, RouteItem } from "../routing-tree/routing-tree.js";
import type { RunCall } from "../routing-tree/run.js";
import type { Spot } from "../routing-tree/spot.js";
import type { Values } from "../routing-tree/values.js";
import type { EndpointDialect } from "../ts-rest/endpoints.js";
import { HOOKS, hookSteps } from "./hooks.js";
import { CONFIG_KEY, hookArguments, socketArguments } from "./knowledge.js";

/** What a registration says, before it is known where it hangs. */
export interface ReadRoute {
  readonly items: readonly RouteItem[];
  /** what could not be read, '' when all could */
  readonly unread: string;
}

/** The parts of a registration as they are written. */
interface Parts {
  readonly methods: readonly string[];
  readonly path: readonly Spot[];
  readonly options: Spot | null;
  readonly handlers: readonly Spot[];
}

const NO_METADATA: RawEntry["metadata"] = new Map();

/** `app.get(url, options?, handler?)`; null when it is no route (a look-up of the same name). */
export function shorthandRoute(call: RunCall, method: string, values: Values): ReadRoute | null {
  const [path, second, third] = Array.from(call.fn.args(call.v), (v): Spot => ({ ...call, v }));
  if (path === undefined || second === undefined) return null;
  const isHandler = third === undefined && !isOptions(second, values);
  const options = isHandler ? null : second;
  const written = isHandler ? second : third;
  const handlers = written !== undefined ? [written] : options === null ? [] : optionSpots(options, "handler", values);
  return readRoute(call, { methods: [method], path: [path], options, handlers }, values);
}

/** `app.route({ … })` */
export function fullRoute(call: RunCall, values: Values): ReadRoute | null {
  const [first] = call.fn.args(call.v);
  if (first === undefined) return null;
  const options: Spot = { ...call, v: first };
  if (!isOptions(options, values)) return { items: [], unread: "the route's options could not be read" };
  const url = optionSpots(options, "url", values);
  const path = url.length > 0 ? url : optionSpots(options, "path", values);
  const methods = optionSpots(options, "method", values).flatMap((spot) => [...methodsOf(spot, values)]);
  return readRoute(call, { methods, path, options, handlers: optionSpots(options, "handler", values) }, values);
}

function methodsOf(spot: Spot, values: Values): readonly string[] {
  const text = values.text(spot);
  const origins = text === null ? values.elements(spot).items : [];
  const texts = text === null ? origins.map((o) => values.textOf(o)) : [text];
  return texts.flatMap((one) => (one === null ? [] : [one === "*" ? "ALL" : one.toUpperCase()]));
}

function readRoute(call: RunCall, parts: Parts, values: Values): ReadRoute {
  const place = placeOf(call);
  const read = parts.path.map((spot) => patternsOf(spot, values));
  const patterns = read.flatMap((one) => [...(one?.patterns ?? [])]);
  if (patterns.length === 0) return { items: [], unread: "the path could not be read" };
  const whole = read.every((one) => one?.complete === true);
  const { options } = parts;
  const open = options !== null && hasUnreadOptions(options, values);
  const handler = handlerOf(call, parts, values);
  const incomplete = !whole ? "a part of the path could not be read" : open ? "its options could not be read" : "";
  const base = {
    kind: "route",
    place,
    conditions: call.conditions,
    patterns,
    steps: options === null ? [] : routeHooks(options, call, values),
    continues: "no",
    incomplete,
    metadata: options === null ? NO_METADATA : configOf(options, values),
    ...(open || hasSchema(options, values) ? {} : { unchecked: true as const }),
    ...handler,
  } as const;
  const methods = parts.methods.length === 0 ? ["ALL"] : [...new Set(parts.methods)];
  const unread = handler.handler.origin.kind === "unknown" ? "the handler could not be read" : incomplete;
  return { items: methods.map((method): RouteItem => ({ ...base, method })), unread };
}

/** A schema of the body, or one of which the parts cannot be told. */
function hasSchema(options: Spot | null, values: Values): boolean {
  if (options === null) return false;
  return optionSpots(options, "schema", values).some(
    (spot) =>
      !isOptions(spot, values) || hasUnreadOptions(spot, values) || optionSpots(spot, "body", values).length > 0,
  );
}

function handlerOf(
  call: RunCall,
  parts: Parts,
  values: Values,
): Pick<RouteItem, "handler" | "handlerPlace" | "transport"> {
  const { options } = parts;
  const socket = options === null ? [] : optionSpots(options, "wsHandler", values);
  const flagged = options !== null && optionSpots(options, "websocket", values).some((s) => values.truth(s) === true);
  const leaf = leavesOf(parts.handlers, values).at(-1) ?? unreadHandler(parts.handlers);
  const isSocket = flagged && socket.length === 0;
  const found = handlerAt(leaf, isSocket, call, values);
  return isSocket ? { ...found, transport: "ws" } : found;
}

function unreadHandler(spots: readonly Spot[]): Leaf {
  const spot = spots.at(-1);
  const name = spot === undefined ? "" : displayName(spot.fn, spot.v);
  return { origin: unknown("handler"), name, condition: "" };
}

/** The handler that a value is, with the place that a report should show. */
export function handlerAt(
  leaf: Leaf,
  isSocket: boolean,
  call: RunCall,
  values: Values,
): Pick<RouteItem, "handler" | "handlerPlace"> {
  const { origin } = leaf;
  const local = origin.kind === "function" ? innermost(origin, values) : null;
  const given = isSocket ? socketArguments : hookArguments;
  const handler: RouteHandler = { name: leaf.name || nameOf(origin), origin, given };
  return { handler, handlerPlace: local === null || within(local, call) ? placeOf(call) : headOf(local) };
}

/** Hooks among the options of a route, in the order of their kinds. */
export function routeHooks(options: Spot, call: RunCall, values: Values): readonly RawStep[] {
  const place = placeOf(call);
  return [...HOOKS.keys()].flatMap((hook) => [...hookSteps(optionSpots(options, hook, values), hook, place, values)]);
}

function configOf(options: Spot, values: Values): RawEntry["metadata"] {
  const configs = optionSpots(options, "config", values).flatMap((spot): readonly Origin[] =>
    spot.fn.op(spot.v) === Op.Object
      ? [{ kind: "literal", form: "object", site: { fn: spot.fn, v: spot.v, frame: spot.frame } }]
      : values.of(spot),
  );
  return configs.length === 0 ? NO_METADATA : new Map([[CONFIG_KEY, configs]]);
}

/** The prefix under which a plugin's routes lie; the root when none is given. */
export function prefixOf(
  options: Spot | null,
  values: Values,
): { patterns: readonly PathPattern[]; complete: boolean } {
  const spots = options === null ? [] : optionSpots(options, "prefix", values);
  const read = spots.map((spot) => patternsOf(spot, values));
  const patterns = read.flatMap((one) => [...(one?.patterns ?? [])]);
  if (patterns.length > 0) return { patterns, complete: read.every((one) => one?.complete === true) };
  return { patterns: [{ kind: "text", text: "/" }], complete: spots.length === 0 };
}

/** Contracts of ts-rest: hooks for all routes, or beside one handler; `{ params, body, request }` are the request's. */
export function contractDialect(values: Values): EndpointDialect {
  return {
    given: (context) => [[requestOrigin("fastify", context)]],
    before: (options, call) =>
      optionSpots(options, "hooks", values).flatMap((hooks) => [...routeHooks(hooks, call, values)]),
  };
}
