/** What is handed to h3: functions in what defines handlers, objects with hooks, routers below a base, Node's middleware. */
import type { Place } from "../../model/place.js";
import type { LinkQueries, Origin, Site } from "../../program/values/origin.js";
import { expressArguments } from "../arguments.js";
import { eventArguments } from "../nuxt/knowledge.js";
import { argumentAt, lastName, originsOfArgument } from "../procedures/builder-chain.js";
import type { RawStep } from "../routing.js";
import { nameOf } from "../routing-tree/calls.js";
import { type Leaf, leavesOf } from "../routing-tree/handlers.js";
import { optionSpots } from "../routing-tree/options.js";
import { at, type Spot } from "../routing-tree/spot.js";
import type { Values } from "../routing-tree/values.js";

const MAKER =
  /^(?:define(?:Cached|Lazy)?(?:Event)?Handler|define(?:Request)?Middleware|(?:cached)?[eE]ventHandler|onRequest)$/;
/** middleware that runs when the answer is there, or instead of it */
const AFTER = /^on(?:Response|Error)$/;
const BASE = /^(?:useBase|withBase)$/;
const NODE = /^fromNode(?:Middleware|Handler)$/;
const HOOKS = ["onRequest", "middleware"];

/** One handler, with what runs before it because it was defined so. */
export interface Defined {
  readonly leaf: Leaf;
  readonly before: readonly RawStep[];
  /** the path that `useBase` cuts off before what is inside; null where nothing does */
  readonly base: Spot | null;
  /** takes Node's request, response and continuation */
  readonly node: boolean;
}

const MAX_DEPTH = 6;

/** The function, router or package value behind what defines handlers. */
export function definedHandler(leaf: Leaf, place: Place, values: Values, depth = 0): Defined {
  const plain: Defined = { leaf, before: [], base: null, node: false };
  const { origin } = leaf;
  if (origin.kind !== "package" || origin.site === null || depth > MAX_DEPTH) return plain;
  const name = lastName(origin.path.replace(/\(\)$/, ""));
  if (BASE.test(name)) {
    const base = spotOf(argumentAt(origin.site, 0));
    return { ...inside(leaf, origin.site, 1, place, values, depth), base };
  }
  if (NODE.test(name)) return { ...inside(leaf, origin.site, 0, place, values, depth), node: true };
  if (!MAKER.test(name)) return plain;
  const options = originsOfArgument(origin.site, 0, values.queries).find((o) => o.kind === "literal");
  return options?.kind === "literal"
    ? withHooks(leaf, options.site, place, values)
    : inside(leaf, origin.site, 0, place, values, depth);
}

function inside(leaf: Leaf, site: Site, index: number, place: Place, values: Values, depth: number): Defined {
  const spot = spotOf(argumentAt(site, index));
  const [inner] = spot === null ? [] : leavesOf([spot], values);
  if (inner === undefined) return { leaf, before: [], base: null, node: false };
  const named = { ...inner, name: inner.name || leaf.name, condition: inner.condition || leaf.condition };
  return definedHandler(named, place, values, depth + 1);
}

/** `defineHandler({ middleware: [f], handler })` */
function withHooks(leaf: Leaf, options: Site, place: Place, values: Values): Defined {
  const [handler] = leavesOf(optionSpots(at(options), "handler", values), values);
  const before = HOOKS.flatMap((name) => stepsFrom(optionSpots(at(options), name, values), place, values));
  const own = handler === undefined ? leaf : { ...handler, name: leaf.name || handler.name };
  return { leaf: own, before, base: null, node: false };
}

/** The steps that a list of functions comes to. */
export function stepsFrom(spots: readonly Spot[], place: Place, values: Values): readonly RawStep[] {
  return leavesOf(spots, values)
    .filter(({ origin }) => !runsAfter(origin))
    .map((leaf) => stepOf(definedHandler(leaf, place, values), place));
}

export function runsAfter(origin: Origin): boolean {
  return origin.kind === "package" && AFTER.test(lastName(origin.path.replace(/\(\)$/, "")));
}

export function stepOf({ leaf, node }: Defined, place: Place): RawStep {
  return {
    name: leaf.name || nameOf(leaf.origin),
    kind: "middleware",
    place,
    origin: leaf.origin,
    given: node ? expressArguments : eventArguments,
    continuation: node ? "calls-next" : "returns",
    condition: leaf.condition,
  };
}

/** It hands back a value of its own, on some way: that is the answer, and nothing after it runs. */
export function answers(origin: Origin, queries: LinkQueries): boolean {
  if (origin.kind !== "function") return false;
  const { fn } = origin;
  // `(event, next)` of h3 2 hands on what comes after it
  if (fn.info.params.length > 1) return false;
  return queries.returnsOf(fn).some((o) => !(o.kind === "constant" && (o.value === undefined || o.value === null)));
}

function spotOf(site: Site | null): Spot | null {
  return site === null ? null : at(site);
}
