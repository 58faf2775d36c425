/** Puts a route into the tree: the last function is the handler, those before it run first. */
import type { Place } from "../../model/place.js";
import { honoArguments } from "../arguments.js";
import { delegateMarker } from "../file-routes/delegates.js";
import type { Arguments, RawEntry } from "../routing.js";
import { nameOf, placeOf, within } from "../routing-tree/calls.js";
import { headOf, innermost, type Leaf } from "../routing-tree/handlers.js";
import type { PathPattern } from "../routing-tree/paths.js";
import type { TreeRouter } from "../routing-tree/routing-tree.js";
import type { RunCall } from "../routing-tree/run.js";
import type { Values } from "../routing-tree/values.js";
import { isDescribedAsOpen } from "./openapi.js";
import { continues, stepsOf } from "./steps.js";

/** The document that the routes are described in says that this one demands nothing. */
export function openByDescription(place: Place): RawEntry["publicMarker"] {
  return { reason: "'security: []' of its description", place };
}

export interface NewRoute {
  readonly call: RunCall;
  readonly router: TreeRouter;
  readonly method: string;
  readonly patterns: readonly PathPattern[];
  readonly leaves: readonly Leaf[];
  readonly incomplete: string;
  readonly given?: Arguments;
  readonly publicMarker?: RawEntry["publicMarker"];
}

export function pushRoute(route: NewRoute, values: Values): void {
  const { call, router, method, patterns, leaves, incomplete } = route;
  const last = leaves.at(-1);
  if (last === undefined || patterns.length === 0) return;
  const place = placeOf(call);
  const { origin } = last;
  const goesOn = method === "ALL" || patterns.every(isWildcard);
  router.items.push({
    kind: "route",
    place,
    conditions: call.conditions,
    method,
    patterns,
    steps: leaves.slice(0, -1).flatMap((leaf) => [...stepsOf(leaf, place, values)]),
    handler: { name: last.name || nameOf(origin), origin, given: route.given ?? honoArguments },
    handlerPlace: handlerPlace(last, call, place, values),
    continues: goesOn ? continues(origin) : "no",
    incomplete,
    publicMarker:
      route.publicMarker ?? describedMarker(route, place, values) ?? delegateMarker([origin], place, values.queries),
  });
}

function describedMarker({ leaves }: NewRoute, place: Place, values: Values): RawEntry["publicMarker"] {
  return leaves.some((leaf) => isDescribedAsOpen(leaf, values)) ? openByDescription(place) : null;
}

function handlerPlace(last: Leaf, call: RunCall, place: Place, values: Values): Place {
  const local = last.origin.kind === "function" ? innermost(last.origin, values) : null;
  return local === null || within(local, call) ? place : headOf(local);
}

/** A path with a wildcard is written for set-ups; what it covers has routes of its own. */
function isWildcard(pattern: PathPattern): boolean {
  return pattern.kind === "text" && pattern.text.includes("*");
}
