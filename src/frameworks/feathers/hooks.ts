/** Hooks of services and applications: which of them run before a method, in which order. */
import type { Place } from "../../model/place.js";
import type { RawStep } from "../routing.js";
import { nameOf } from "../routing-tree/calls.js";
import { type Leaf, leavesOf } from "../routing-tree/handlers.js";
import { isOptions, optionSpots } from "../routing-tree/options.js";
import { at, type Spot } from "../routing-tree/spot.js";
import type { Values } from "../routing-tree/values.js";
import { hookArguments } from "./knowledge.js";

const MAX_NESTING = 6;
const COMMON = /^(?:feathers-hooks-common|@feathersjs\/hooks-common|feathers-utils)$/;

/** What runs before one method, as far as one registration of hooks says. */
export interface MethodHooks {
  readonly around: readonly RawStep[];
  readonly before: readonly RawStep[];
  /** callers from outside are turned away altogether */
  readonly closed: boolean;
}

/** `{ around: { all, find }, before: { all, find } }`, or a list of around hooks. */
export function hooksFor(given: Spot, method: string, values: Values): MethodHooks {
  const whole = isOptions(given, values) || isModule(given, values);
  const around = whole ? listsOf(given, "around", method, values) : [given];
  const before = whole ? listsOf(given, "before", method, values) : [];
  const leaves = [...leavesOf(around, values), ...leavesOf(before, values)];
  return {
    around: stepsOf(leavesOf(around, values), values, "calls-next", 0),
    before: stepsOf(leavesOf(before, values), values, "returns", 0),
    closed: leaves.some((leaf) => refusesOutside(leaf, values)),
  };
}

function listsOf(given: Spot, kind: string, method: string, values: Values): readonly Spot[] {
  return membersOf(given, kind, values).flatMap((spot) =>
    isOptions(spot, values)
      ? ["all", method].flatMap((name) => optionSpots(spot, name, values))
      : // a list or a function alone stands for all methods
        [spot],
  );
}

/** `module.exports = { before: { … } }`: the file is the object. */
function isModule(given: Spot, values: Values): boolean {
  return values.of(given).some((o) => o.kind === "namespace");
}

function membersOf(given: Spot, name: string, values: Values): readonly Spot[] {
  if (isOptions(given, values)) return optionSpots(given, name, values);
  return values
    .of(given)
    .filter((o) => o.kind === "namespace")
    .flatMap((o) => values.queries.project(o, [name]))
    .flatMap((o) => (o.kind === "literal" ? [at(o.site)] : []));
}

/** `disallow()`, `disallow("external")` */
function refusesOutside({ origin, condition }: Leaf, values: Values): boolean {
  if (condition !== "" || origin.kind !== "package" || !/^disallow\(\)$/.test(origin.path)) return false;
  if (origin.site === null) return false;
  const args = argumentsOf(origin.site);
  return args.length === 0 || args.some((arg) => /^(?:external|rest)$/.test(values.text(arg) ?? ""));
}

function argumentsOf(site: {
  readonly fn: Spot["fn"];
  readonly v: number;
  readonly frame: Spot["frame"];
}): readonly Spot[] {
  return Array.from(site.fn.args(site.v), (v) => at({ ...site, v }));
}

function stepsOf(
  leaves: readonly Leaf[],
  values: Values,
  continuation: RawStep["continuation"],
  depth: number,
): readonly RawStep[] {
  return leaves.flatMap((leaf) => {
    const inner = depth > MAX_NESTING ? null : conditional(leaf, values);
    if (inner !== null) return stepsOf(inner, values, continuation, depth + 1);
    return leaf.origin.kind === "constant" || leaf.origin.kind === "literal" ? [] : [stepOf(leaf, continuation)];
  });
}

/** `iff(isProvider("external"), authenticate("jwt"))`: for callers from outside the hooks run. */
function conditional({ origin, condition }: Leaf, values: Values): readonly Leaf[] | null {
  if (origin.kind !== "package" || origin.site === null || !COMMON.test(origin.module)) return null;
  const name = origin.path.replace(/\(\)$/, "");
  const args = argumentsOf(origin.site);
  if (name === "every" || name === "combine") return leavesOf(args, values);
  if (name !== "iff" && name !== "when" && name !== "unless" && name !== "iffElse") return null;
  const [test, ...rest] = args;
  const outside = test !== undefined && asksForOutside(test, values);
  const extra = outside && name !== "unless" ? "" : `${name === "unless" ? "not " : ""}a test of the call`;
  return leavesOf(rest, values).map((leaf) => {
    const texts = [condition, extra, leaf.condition].filter((text) => text !== "");
    return { ...leaf, condition: texts.join(" and ") };
  });
}

function asksForOutside(test: Spot, values: Values): boolean {
  return values.of(test).some((o) => {
    if (o.kind !== "package" || o.site === null || !/^isProvider\(\)$/.test(o.path)) return false;
    return argumentsOf(o.site).some((arg) => values.text(arg) === "external");
  });
}

function stepOf(leaf: Leaf, continuation: RawStep["continuation"]): RawStep {
  const { origin } = leaf;
  return {
    name: leaf.name || nameOf(origin),
    kind: "hook",
    place: placeOf(leaf),
    origin,
    given: hookArguments,
    continuation,
    condition: leaf.condition,
  };
}

function placeOf({ origin }: Leaf): Place {
  if (origin.kind === "function") return origin.frame?.site?.fn.place(origin.frame.site.v) ?? origin.fn.ownPlace;
  if (origin.kind === "package" && origin.site !== null) return origin.site.fn.place(origin.site.v);
  return NOWHERE;
}

const NOWHERE: Place = { file: "", start: 0, end: 0 };
