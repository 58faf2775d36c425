/** Hooks as steps: when they run, what they are called with, and what `fastify.auth([...])` makes of several. */
import { Op } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import { type Origin, packageMember, packageRoot, type Site, unknown } from "../../program/values/origin.js";
import { expressArguments } from "../arguments.js";
import type { RawStep } from "../routing.js";
import { nameOf } from "../routing-tree/calls.js";
import { type Leaf, leavesOf } from "../routing-tree/handlers.js";
import { optionSpots } from "../routing-tree/options.js";
import { at, type Spot } from "../routing-tree/spot.js";
import type { Values } from "../routing-tree/values.js";
import { isInstance } from "./instances.js";
import { hookArguments, parsingArguments } from "./knowledge.js";

/** Hooks that run before the handler, in this order; those after it cannot protect it. */
export const HOOKS: ReadonlyMap<string, number> = new Map([
  ["onRequest", 0],
  ["preParsing", 1],
  ["preValidation", 2],
  ["preHandler", 3],
]);

/** Decorations of well-known plugins that are used as hooks. */
const READY_MADE: ReadonlyMap<string, string> = new Map([
  ["basicAuth", "@fastify/basic-auth"],
  ["verifyBearerAuth", "@fastify/bearer-auth"],
  ["csrfProtection", "@fastify/csrf-protection"],
  ["rateLimit", "@fastify/rate-limit"],
]);

const MAX_NESTING = 6;

/** Steps that a list of hook functions comes to. */
export function hookSteps(spots: readonly Spot[], hook: string, place: Place, values: Values): readonly RawStep[] {
  return leavesOf(spots, values).flatMap((leaf) => [...stepsOfLeaf(leaf, hook, place, values, 0)]);
}

function stepsOfLeaf(leaf: Leaf, hook: string, place: Place, values: Values, depth: number): readonly RawStep[] {
  const combined = authCall(leaf.origin);
  if (combined !== null && depth < MAX_NESTING) {
    const args = combined.fn.args(combined.v);
    if (args.length === 0) return [];
    const spot = at(combined);
    const related = args.length < 2 ? [] : optionSpots({ ...spot, v: args[1] }, "relation", values);
    const and = related.length === 1 && values.text(related[0]) === "and";
    return relation({ ...spot, v: args[0] }, and, { hook, place, values, condition: leaf.condition }, depth + 1);
  }
  return [hookStep(leaf, hook, place)];
}

interface Attached {
  readonly hook: string;
  readonly place: Place;
  readonly values: Values;
  readonly condition: string;
}

/** `fastify.auth([a, b])` lets pass whoever passes one of them, or all with `relation: "and"`; arrays inside turn it round. */
function relation(list: Spot, and: boolean, attached: Attached, depth: number): readonly RawStep[] {
  const { hook, place, values, condition } = attached;
  const members = itemsOf(list, values).map((item) => {
    const nested = itemsOf(item, values);
    if (nested.length > 0 && depth < MAX_NESTING) return relation(item, !and, attached, depth + 1);
    return leavesOf([item], values).flatMap((leaf) => [...stepsOfLeaf(leaf, hook, place, values, depth)]);
  });
  if (and || members.length < 2) return members.flat().map((step) => ({ ...step, condition }));
  const names = members.map((way) => way.map((step) => step.name).join(" and "));
  return [{ ...hookStep(NO_LEAF, hook, place), name: `auth(${names.join(" or ")})`, condition, anyOf: members }];
}

const NO_LEAF: Leaf = { origin: unknown("several ways"), name: "auth", condition: "" };

/** The items of an array that is written out; none for everything else. */
function itemsOf(spot: Spot, values: Values): readonly Spot[] {
  const { fn, v } = spot;
  if (fn.op(v) === Op.Array) return Array.from(fn.list(fn.a(v)), (item) => ({ ...spot, v: item }));
  const definition = fn.op(v) === Op.Var ? values.definition(spot) : null;
  return definition !== null && definition.fn.op(definition.v) === Op.Array ? itemsOf(definition, values) : [];
}

/** The call of the decoration that `@fastify/auth` adds. */
function authCall(origin: Origin): Site | null {
  if (origin.kind === "package") {
    const of = origin.path.endsWith(".auth()") ? origin.previous?.previous : null;
    return of !== null && of !== undefined && isInstance(of) ? origin.site : null;
  }
  if (origin.kind !== "apply") return null;
  return origin.callee.kind === "parameter" && origin.callee.path.at(-1) === "auth" ? origin.site : null;
}

/** One hook function as a step. */
export function hookStep(leaf: Leaf, hook: string, place: Place): RawStep {
  const parsing = hook === "preParsing";
  const origin = known(leaf.origin);
  const name = leaf.name || nameOf(leaf.origin);
  return {
    name: origin.kind === "package" && name === "(anonymous)" ? origin.module : name,
    kind: "hook",
    place,
    origin,
    given: parsing ? parsingArguments : hookArguments,
    continuation: takesDone(leaf.origin, parsing ? 3 : 2) ? "calls-next-unanswered" : "returns-unanswered",
    condition: leaf.condition,
    phase: HOOKS.get(hook) ?? 0,
  };
}

/** Connect's middleware, run by `@fastify/middie` and `@fastify/express` before everything else. */
export function middlewareStep(leaf: Leaf, place: Place): RawStep {
  return { ...hookStep(leaf, "onRequest", place), given: expressArguments, continuation: "calls-next" };
}

function takesDone(origin: Origin, index: number): boolean {
  if (origin.kind !== "function" || origin.fn.isAsync) return false;
  return origin.fn.info.params.length > index;
}

/** A decoration that nobody in sight made: known plugins are named, of others only the name is left. */
function known(origin: Origin): Origin {
  if (origin.kind !== "package" || origin.previous === null || !isInstance(rootOf(origin))) return origin;
  const name = origin.path.split(".").at(-1)?.replace(/\(\)$/, "") ?? "";
  const module = READY_MADE.get(name);
  return module === undefined ? unknown(`decoration ${name}`) : packageMember(packageRoot(module), name);
}

function rootOf(origin: Extract<Origin, { kind: "package" }>): Extract<Origin, { kind: "package" }> {
  let current = origin;
  while (current.previous !== null && !isInstance(current)) current = current.previous;
  return current;
}
