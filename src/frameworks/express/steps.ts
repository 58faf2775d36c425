/** What a registration hands over of a handler: steps, and whether they go on. */
import { FnHint } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import type { Origin } from "../../program/values/origin.js";
import { expressArguments, expressUseArguments, nextOrigin, requestOrigin } from "../arguments.js";
import type { Arguments, RawStep } from "../routing.js";
import { nameOf, placeOf } from "../routing-tree/calls.js";
import { SOME_PATHS } from "../routing-tree/exceptions.js";
import { type Leaf, leavesOf } from "../routing-tree/handlers.js";
import { optionSpots } from "../routing-tree/options.js";
import { unlessOf } from "../routing-tree/unless.js";
import type { Values } from "../routing-tree/values.js";
import { SOCKET } from "../sockets/knowledge.js";
import type { EndpointDialect } from "../ts-rest/endpoints.js";

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

/** A step that `use` was given, with the requests that it leaves out. */
export function usedStepOf(leaf: Leaf, place: Place, values: Values): RawStep {
  const unless = unlessOf(leaf.origin, values);
  if (unless === null) return { ...stepOf(leaf, place), given: expressUseArguments };
  const except = unless.unread ? [...unless.except, SOME_PATHS] : unless.except;
  return { ...stepOf({ ...leaf, origin: unless.guard }, place), given: expressUseArguments, except };
}

/** `(socket, request, next)` of express-ws. */
export const socketArguments: Arguments = (context) => [
  [requestOrigin(SOCKET, context)],
  [requestOrigin("express", context)],
  [nextOrigin(context)],
];

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

/** Contracts of ts-rest: middleware for all routes, or beside one handler; `{ params, body, req }` are the request's. */
export function contractDialect(values: Values): EndpointDialect {
  return {
    given: (context) => [[requestOrigin("express", context)]],
    before: (options, call) =>
      ["globalMiddleware", "middleware"].flatMap((name) =>
        leavesOf(optionSpots(options, name, values), values).map((leaf) => stepOf(leaf, placeOf(call))),
      ),
  };
}
