/** Calls that register the routes of a ts-rest contract on an application of another framework. */
import { Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { LinkQueries } from "../../program/values/origin.js";
import type { Arguments, RawStep } from "../routing.js";
import { placeOf } from "../routing-tree/calls.js";
import { headOf, innermost } from "../routing-tree/handlers.js";
import type { RouteItem } from "../routing-tree/routing-tree.js";
import type { RunCall } from "../routing-tree/run.js";
import { at, type Spot } from "../routing-tree/spot.js";
import type { Values } from "../routing-tree/values.js";
import { type ContractRoute, contractOf, contractRoutes } from "./contracts.js";

/** How a framework runs handlers, and what an options object of one route or of all of them puts before these. */
export interface EndpointDialect {
  readonly given: Arguments;
  before(options: Spot, call: RunCall): readonly RawStep[];
}

/** `createExpressEndpoints(contract, router, app, options)`, `s.registerRouter(contract, router, app, options)` */
export function registersContract(fn: FunctionView, v: number, queries: LinkQueries): boolean {
  const callee = fn.callee(v);
  if ((fn.op(callee) !== Op.Var && fn.op(callee) !== Op.Member) || fn.args(v).length < 3) return false;
  if (!fn.file.lowered.imports.some((item) => item.module.startsWith("@ts-rest/"))) return false;
  return queries
    .evaluate({ fn, v: callee, frame: null })
    .some(
      (o) =>
        o.kind === "package" &&
        o.module.startsWith("@ts-rest/") &&
        /(?:^|\.)(?:createExpressEndpoints|registerRouter)$/.test(o.path),
    );
}

/** Where the parts of a registration stand. */
export interface EndpointParts {
  /** null where the router's own call names it */
  readonly contract: Spot | null;
  readonly router: Spot;
  readonly options: Spot | null;
}

/** Routes that a call registers: those of the contract, behind what the options put before all of them. */
export function endpointItems(
  call: RunCall,
  parts: EndpointParts,
  dialect: EndpointDialect,
  values: Values,
): readonly RouteItem[] {
  const router = values.of(parts.router);
  const contract = parts.contract === null ? contractOf(router, values.queries) : values.of(parts.contract);
  const shared = parts.options === null ? [] : dialect.before(parts.options, call);
  return contractRoutes(contract, router, values.queries).map((route) => {
    const own = route.options === null ? [] : dialect.before(at(route.options), call);
    return routeItem(route, [...shared, ...own], call, dialect.given, values);
  });
}

function routeItem(
  route: ContractRoute,
  steps: readonly RawStep[],
  call: RunCall,
  given: Arguments,
  values: Values,
): RouteItem {
  const { handler: origin } = route;
  const read = origin.kind === "function";
  const name = read && origin.fn.info.name !== "" ? origin.fn.info.name : route.name;
  return {
    kind: "route",
    place: placeOf(call),
    conditions: call.conditions,
    method: route.method,
    patterns: [{ kind: "text", text: route.path }],
    steps,
    handler: { name, origin, given },
    // one call registers many routes: each is where its function stands
    handlerPlace: read ? headOf(innermost(origin, values)) : placeOf(call),
    continues: "no",
    incomplete: read ? "" : "the handler could not be read",
  };
}
