/** Routes that are described by an object: `app.openapi(createRoute({ method, path, middleware, security }), handler)`. */
import { NONE } from "../../model/lowered.js";
import type { Origin } from "../../program/values/origin.js";
import { type Leaf, leavesOf } from "../routing-tree/handlers.js";
import type { PathPattern } from "../routing-tree/paths.js";
import { at, type Spot } from "../routing-tree/spot.js";
import type { Values } from "../routing-tree/values.js";
import { fromOpenApi } from "./patterns.js";

export interface DescribedRoute {
  readonly method: string;
  readonly patterns: readonly PathPattern[];
  /** the `middleware` of the description; its `security` is documentation and runs nothing */
  readonly middleware: readonly Leaf[];
  /** the description says that nobody has to show anything */
  readonly open: boolean;
}

/** @returns null when method or path cannot be read */
export function describedRoute(spot: Spot, values: Values): DescribedRoute | null {
  for (const origin of values.of(spot)) {
    const found = fromDescription(origin, values);
    if (found !== null) return found;
  }
  return null;
}

function fromDescription(origin: Origin, values: Values): DescribedRoute | null {
  const text = (name: string): string | null => {
    const found = values.queries.project(origin, [name]);
    return found.length === 1 ? values.textOf(found[0]) : null;
  };
  const method = text("method");
  const path = text("path");
  if (method === null || path === null) return null;
  return {
    method: method.toUpperCase(),
    patterns: [{ kind: "text", text: fromOpenApi(path) }],
    middleware: middlewareOf(origin, values),
    open: saysOpen(origin, values),
  };
}

/** `security: []` in a description overrules what the document demands: the route is open on purpose. */
function saysOpen(description: Origin, values: Values): boolean {
  return values.queries.project(description, ["security"]).some((origin) => {
    if (origin.kind !== "literal" || origin.form !== "array") return false;
    const { fn, v } = origin.site;
    return fn.list(fn.a(v)).length === 0;
  });
}

/** `describeRoute({ security: [] })` among the functions of a route. */
export function isDescribedAsOpen({ origin }: Leaf, values: Values): boolean {
  if (origin.kind !== "package" || origin.site === null || !/(?:^|\.)describeRoute\(\)$/.test(origin.path))
    return false;
  const { fn, v, frame } = origin.site;
  const [description] = Array.from(fn.args(v));
  if (description === undefined) return false;
  return values.queries.evaluate({ fn, v: description, frame }).some((one) => saysOpen(one, values));
}

function middlewareOf(origin: Origin, values: Values): readonly Leaf[] {
  if (origin.kind === "literal" && origin.form === "object") {
    const v = origin.site.fn.prop(origin.site.v, "middleware");
    if (v !== NONE) return leavesOf([{ ...at(origin.site), v }], values);
  }
  return values.queries
    .project(origin, ["middleware"])
    .filter((o) => o.kind !== "constant")
    .flatMap((o) => (o.kind === "literal" ? [...values.elementsOf(o).items] : [o]))
    .map((o) => ({ origin: o, name: o.kind === "function" ? o.fn.info.name : "", condition: "" }));
}

/** `{ route, handler }` of `defineOpenAPIRoute`: the spots in which both stand; null when they cannot be read. */
export function definedRoute(origin: Origin): { readonly route: Spot; readonly handler: Spot } | null {
  if (origin.kind !== "literal" || origin.form !== "object") return null;
  const { fn, v } = origin.site;
  const route = fn.prop(v, "route");
  const handler = fn.prop(v, "handler");
  if (route === NONE || handler === NONE) return null;
  return { route: { ...at(origin.site), v: route }, handler: { ...at(origin.site), v: handler } };
}
