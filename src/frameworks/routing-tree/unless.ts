/** `guard.unless({ path: […] })` of express-unless and koa-unless: the guard runs for all other requests. */
import { NONE, Op } from "../../model/lowered.js";
import type { Origin } from "../../program/values/origin.js";
import type { PathException } from "../routing.js";
import { optionSpots } from "./options.js";
import { patternsOf } from "./patterns.js";
import { at, type Spot } from "./spot.js";
import type { Values } from "./values.js";

export interface Unless {
  readonly guard: Origin;
  readonly except: readonly PathException[];
  /** further requests are left out, and which ones could not be read */
  readonly unread: boolean;
}

const MAX_EXCEPTIONS = 200;

/** The guard behind a call of `unless`, and what it leaves out; null for anything else. */
export function unlessOf(origin: Origin, values: Values): Unless | null {
  if (origin.kind !== "package" || origin.site === null) return null;
  const { fn, v } = origin.site;
  if (fn.op(v) !== Op.Call || fn.op(fn.callee(v)) !== Op.Member || fn.memberName(fn.callee(v)) !== "unless")
    return null;
  const call = at(origin.site);
  const guard = guardOf(origin, { ...call, v: fn.a(fn.callee(v)) }, values);
  const [first] = fn.args(v);
  const options: Spot | null = first === undefined ? null : { ...call, v: first };
  const read = options === null ? null : exceptionsOf(options, values);
  return { guard, except: read?.except.slice(0, MAX_EXCEPTIONS) ?? [], unread: read === null || read.unread };
}

/** What the package made before `unless` was asked of it, or the function that was given its `unless`. */
function guardOf(origin: Extract<Origin, { kind: "package" }>, receiver: Spot, values: Values): Origin {
  if (!/-unless$/.test(origin.module)) return origin.previous?.previous ?? origin;
  return values.of(receiver)[0] ?? origin;
}

function exceptionsOf(options: Spot, values: Values): Omit<Unless, "guard"> {
  const methods = methodsOf(options, values);
  const paths = optionSpots(options, "path", values);
  const custom = ["ext", "custom"].some((name) => optionSpots(options, name, values).length > 0);
  const except: PathException[] = [];
  let unread = custom || (paths.length === 0 && methods.length === 0);
  if (paths.length === 0 && methods.length > 0) except.push({ pattern: { kind: "text", text: "/*" }, methods });
  for (const path of paths.flatMap((spot) => listed(spot, values))) {
    const one = exceptionOf(path, values);
    if (one === null) unread = true;
    // a path is left out whatever the method is, and a method on every path
    else except.push(...one, ...(methods.length > 0 ? [{ pattern: ANY, methods }] : []));
  }
  return { except, unread };
}

const ANY = { kind: "text", text: "/*" } as const;

function listed(spot: Spot, values: Values): readonly Spot[] {
  const { fn, v } = spot;
  if (fn.op(v) === Op.Array) return Array.from(fn.list(fn.a(v)), (item) => ({ ...spot, v: item }));
  const definition = fn.op(v) === Op.Var ? values.definition(spot) : null;
  return definition !== null && definition.fn.op(definition.v) === Op.Array ? listed(definition, values) : [spot];
}

/** `"/health"`, `/^\/public/`, `{ url: "/reports", methods: ["GET"] }` */
function exceptionOf(spot: Spot, values: Values): readonly PathException[] | null {
  const [url] = optionSpots(spot, "url", values);
  const read = patternsOf(url ?? spot, values);
  if (read === null || !read.complete) return null;
  const methods = url === undefined ? [] : methodsOf(spot, values);
  return read.patterns.map((pattern) => ({ pattern, methods }));
}

function methodsOf(options: Spot, values: Values): readonly string[] {
  return ["method", "methods"]
    .flatMap((name) => optionSpots(options, name, values))
    .flatMap((spot) => listed(spot, values))
    .map((spot) => (spot.v === NONE ? null : values.text(spot)))
    .flatMap((text) => (text === null ? [] : [text.toUpperCase()]));
}
