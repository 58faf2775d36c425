/** What a registration on a Hono application hands over of its middleware and handlers. */
import { FnHint } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import type { Origin } from "../../program/values/origin.js";
import { honoArguments } from "../arguments.js";
import type { RawStep } from "../routing.js";
import { nameOf } from "../routing-tree/calls.js";
import type { Leaf } from "../routing-tree/handlers.js";
import type { PathPattern } from "../routing-tree/paths.js";
import { at } from "../routing-tree/spot.js";
import type { Values } from "../routing-tree/values.js";
import { pathsOf } from "./patterns.js";

/** The steps of a leaf: one, or what the functions of hono/combine make of several. */
export function stepsOf(leaf: Leaf, place: Place, values: Values): readonly RawStep[] {
  const { origin } = leaf;
  const part = (one: Origin): readonly RawStep[] =>
    stepsOf({ origin: one, name: originName(one) || leaf.name, condition: leaf.condition }, place, values);
  if (origin.kind === "derived" && origin.how === "all-of") return origin.of.flatMap((one) => [...part(one)]);
  if (origin.kind === "derived" && origin.how === "one-of") {
    const anyOf = origin.of.map((one) => part(one).map(told));
    return [{ ...stepOf(leaf, place), anyOf }];
  }
  const excepting = exceptionOf(origin, values);
  if (excepting === null) return [stepOf(leaf, place)];
  return excepting.middleware
    .flatMap((one) => [...part(one)])
    .map((step) => {
      const texts = [step.condition, excepting.condition].filter((text) => text !== "");
      return {
        ...step,
        condition: texts.join(" and "),
        except: excepting.paths.map((pattern) => ({ pattern, methods: [] })),
      };
    });
}

/** Among alternatives, a function without a continuation says with its result whether the request may pass. */
function told(step: RawStep): RawStep {
  const tells = step.origin.kind === "function" && step.origin.fn.info.params.length < 2;
  return tells ? { ...step, continuation: "returns-true" } : step;
}

function stepOf(leaf: Leaf, place: Place): RawStep {
  return {
    name: leaf.name || nameOf(leaf.origin),
    kind: "middleware",
    place,
    origin: leaf.origin,
    given: honoArguments,
    continuation: "calls-next",
    condition: leaf.condition,
  };
}

interface Exception {
  readonly paths: readonly PathPattern[];
  /** when a function says which requests are left out */
  readonly condition: string;
  readonly middleware: readonly Origin[];
}

/** `except("/public/*", guard)` of hono/combine; its paths are those of the whole request. */
function exceptionOf(origin: Origin, values: Values): Exception | null {
  if (origin.kind !== "package" || origin.module !== "hono/combine" || origin.path !== "except()") return null;
  if (origin.site === null) return null;
  const { fn, v } = origin.site;
  const [first, ...rest] = Array.from(fn.args(v), (arg) => ({
    ...at({ fn, v: arg, frame: origin.site?.frame ?? null }),
  }));
  if (first === undefined) return null;
  const paths = pathsOf(first, values)?.patterns ?? [];
  const middleware = rest.flatMap((spot) => [...values.of(spot)]);
  return { paths, condition: paths.length > 0 ? "" : "the request is not an exception", middleware };
}

function originName(origin: Origin): string {
  if (origin.kind === "function") return origin.fn.info.name;
  return origin.kind === "package" ? origin.path.replaceAll("()", "") : "";
}

/** A local function that takes and calls the continuation goes on; of a package's one cannot tell. */
export function continues(origin: Origin): "no" | "maybe" | "yes" {
  if (origin.kind !== "function") return "maybe";
  const { params, hints } = origin.fn.info;
  return params.length > 1 && (hints & FnHint.CallsParameter) !== 0 ? "yes" : "no";
}

/** It takes the context alone: nothing after it can run. */
export function answers(origin: Origin): boolean {
  if (origin.kind !== "function") return false;
  const { params } = origin.fn.info;
  return params.length === 1 && !params[0].rest;
}
