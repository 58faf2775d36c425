/** What a registration hands over of a handler: steps, and whether they go on. */
import { FnHint } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import type { Origin } from "../../program/values/origin.js";
import { expressArguments } from "../arguments.js";
import type { RawStep } from "../routing.js";
import { nameOf } from "../routing-tree/calls.js";
import type { Leaf } from "../routing-tree/handlers.js";

export function stepOf(leaf: Leaf, place: Place): RawStep {
  return {
    name: leaf.name || nameOf(leaf.origin),
    kind: "middleware",
    place,
    origin: leaf.origin,
    given: expressArguments,
    continuation: "calls-next",
    condition: leaf.condition,
  };
}

/** Four parameters make an error handler, whatever it is meant for. */
export function isErrorHandler(origin: Origin): boolean {
  if (origin.kind !== "function") return false;
  const { params } = origin.fn.info;
  return params.length === 4 && !params.some((p) => p.rest || p.hasDefault);
}

/** A local function that takes and calls the continuation goes on; of a package's one cannot tell. */
export function continues(origin: Origin): "no" | "maybe" | "yes" {
  if (origin.kind !== "function") return "maybe";
  const { params, hints } = origin.fn.info;
  return params.length === 3 && (hints & FnHint.CallsParameter) !== 0 ? "yes" : "no";
}
