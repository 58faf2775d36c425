/** Middleware as Koa's own helpers put it together: composed, mounted below a path, converted, routed alone. */
import { FnHint } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import type { Origin } from "../../program/values/origin.js";
import { koaArguments } from "../arguments.js";
import type { PathException, RawStep } from "../routing.js";
import { nameOf } from "../routing-tree/calls.js";
import { SOME_PATHS } from "../routing-tree/exceptions.js";
import { type Leaf, leavesOf } from "../routing-tree/handlers.js";
import type { PathPattern } from "../routing-tree/paths.js";
import { patternsOf } from "../routing-tree/patterns.js";
import { at, type Spot } from "../routing-tree/spot.js";
import { type Unless, unlessOf } from "../routing-tree/unless.js";
import type { Values } from "../routing-tree/values.js";

/** One piece of middleware, below the path that a helper gave it. */
export interface Piece {
  readonly leaf: Leaf;
  readonly below: readonly PathPattern[] | null;
  /** the paths below which it lies, or those that it leaves out, could not be read */
  readonly unread: boolean;
  /** for which it does not run */
  readonly except: readonly PathException[];
}

const MAX_DEPTH = 12;
const ALL_OF = /^(?:koa-compose|koa-convert|koa-convert-compose|@koa\/compose)$/;

/** Takes helpers apart until what remains are functions, routers and package values. */
export function piecesOf(spots: readonly Spot[], values: Values): readonly Piece[] {
  return leavesOf(spots, values).flatMap((leaf) => [...taken(leaf, values, 0)]);
}

function taken(leaf: Leaf, values: Values, depth: number): readonly Piece[] {
  const whole: Piece = { leaf, below: null, unread: false, except: [] };
  const { origin } = leaf;
  if (origin.kind !== "package" || origin.site === null || depth > MAX_DEPTH) return [whole];
  const inner = at(origin.site);
  const args = Array.from(inner.fn.args(inner.v), (v): Spot => ({ ...inner, v }));
  if (ALL_OF.test(origin.module)) return partsOf(args, leaf, values, depth);
  if (origin.module === "koa-mount" && origin.path === "()") {
    const [first, ...rest] = args;
    if (first === undefined) return [whole];
    if (rest.length === 0) return partsOf([first], leaf, values, depth);
    const below = patternsOf(first, values);
    const unread = below === null || !below.complete;
    return partsOf(rest, leaf, values, depth).map((part) => ({
      ...part,
      below: below?.patterns ?? [{ kind: "text", text: "/*" }],
      unread: unread || part.unread,
    }));
  }
  const unless = unlessOf(origin, values);
  return [unless === null ? whole : withExceptions(whole, unless)];
}

function partsOf(args: readonly Spot[], outer: Leaf, values: Values, depth: number): readonly Piece[] {
  const condition = outer.condition;
  return leavesOf(args, values).flatMap((leaf) => [
    ...taken({ ...leaf, condition: leaf.condition || condition }, values, depth + 1),
  ]);
}

/** The guard is what stands before. */
function withExceptions(whole: Piece, { guard, except, unread }: Unless): Piece {
  return {
    ...whole,
    leaf: { ...whole.leaf, origin: guard },
    unread,
    except: unread ? [...except, SOME_PATHS] : except,
  };
}

export function stepOf(leaf: Leaf, place: Place): RawStep {
  return {
    name: leaf.name || nameOf(leaf.origin),
    kind: "middleware",
    place,
    origin: leaf.origin,
    given: koaArguments,
    continuation: "calls-next",
    condition: leaf.condition,
  };
}

/** A local function that takes and calls the continuation goes on; of a package's one cannot tell. */
export function continues(origin: Origin): "no" | "maybe" | "yes" {
  if (origin.kind !== "function") return "maybe";
  const { params, hints } = origin.fn.info;
  return params.length === 2 && (hints & FnHint.CallsParameter) !== 0 ? "yes" : "no";
}
