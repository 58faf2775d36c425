/** ts-rest: what a contract and the object that implements it say together: method, path, handler of each route. */
import type { LinkQueries, Origin, PackageOrigin, Site } from "../../program/values/origin.js";
import { keysOf } from "../object-keys.js";
import { lastName, originsOfArgument, textOf } from "../procedures/builder-chain.js";
import { joinPaths } from "../routing-tree/paths.js";

export interface ContractRoute {
  /** keys of the contract, joined with dots */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  /** the function, or whatever stands where one is expected */
  readonly handler: Origin;
  /** `{ middleware: […], handler }` around it, null when there is none */
  readonly options: Site | null;
}

const MODULE = /^@ts-rest\//;
/** calls that hold a contract's routes, or what implements them beside the contract */
const ROUTER = /^(?:router|createNextRoute)$/;
const SAME = /^nestControllerContract$/;
const ENDPOINT = /^(?:query|mutation)$/;
const ROUTE = /^route$/;
const MAX_DEPTH = 8;
const NOT_GIVEN: Origin = { kind: "unknown", why: "nothing implements the route" };

/** The routes of a contract, or the one that it is, with what implements them. */
export function contractRoutes(
  contract: readonly Origin[],
  router: readonly Origin[],
  queries: LinkQueries,
): readonly ContractRoute[] {
  for (const { object, prefix } of contract.map((origin) => describedBy(origin, queries))) {
    const only = routeOf(object, queries);
    if (only !== null)
      return [{ name: "", ...only, path: joinPaths(prefix, only.path), ...handlerOf(router, queries) }];
  }
  return routesBelow({ contract, router, prefix: "", name: "", depth: 0 }, queries);
}

/** A value of a package's `router(contract, implementation)` stands for both. */
export function contractOf(router: readonly Origin[], queries: LinkQueries): readonly Origin[] {
  const made = router.find((o) => isCall(o, ROUTER));
  return made?.kind === "package" && made.site !== null ? originsOfArgument(made.site, 0, queries) : [];
}

interface Level {
  readonly contract: readonly Origin[];
  readonly router: readonly Origin[];
  readonly prefix: string;
  readonly name: string;
  readonly depth: number;
}

function routesBelow(level: Level, queries: LinkQueries): readonly ContractRoute[] {
  const { depth } = level;
  if (depth > MAX_DEPTH) return [];
  const implementation = level.router.flatMap((o) => implemented(o, queries));
  return level.contract.flatMap((origin) => {
    const { object, prefix } = describedBy(origin, queries);
    const below = prefix === "" ? level.prefix : joinPaths(level.prefix, prefix);
    return object.flatMap((one) =>
      keysOf(one, queries).flatMap((key) => {
        const contract = queries.project(one, [key]);
        const router = implementation.flatMap((o) => queries.project(o, [key]));
        const name = level.name === "" ? key : `${level.name}.${key}`;
        const route = routeOf(contract, queries);
        if (route === null) return routesBelow({ contract, router, prefix: below, name, depth: depth + 1 }, queries);
        const path = joinPaths(below, route.path);
        return [{ name, method: route.method, path, ...handlerOf(router, queries) }];
      }),
    );
  });
}

interface Described {
  readonly object: readonly Origin[];
  readonly prefix: string;
}

/** The object of routes behind `c.router({ … }, { pathPrefix })`, or behind a member of such a contract. */
function describedBy(origin: Origin, queries: LinkQueries): Described {
  const names: string[] = [];
  let made: Origin | null = origin;
  while (made?.kind === "package" && made.site === null && names.length < MAX_DEPTH) {
    names.unshift(lastName(made.path));
    made = made.previous;
  }
  // `nestControllerContract(contract)` is the contract
  if (made !== null && isCall(made, SAME)) {
    const [same] = originsOfArgument(made.site, 0, queries);
    const member = same === undefined ? [] : names.length === 0 ? [same] : queries.project(same, names);
    return member.length === 0 ? { object: [], prefix: "" } : describedBy(member[0], queries);
  }
  if (made === null || !isCall(made, ROUTER)) return { object: [origin], prefix: "" };
  const options = originsOfArgument(made.site, 1, queries);
  const prefix = textOf(options.flatMap((o) => queries.project(o, ["pathPrefix"]))) ?? "";
  return names.reduce<Described>((outer, name) => inner(outer, name, queries), {
    object: originsOfArgument(made.site, 0, queries),
    prefix,
  });
}

function inner(outer: Described, name: string, queries: LinkQueries): Described {
  const parts = outer.object.flatMap((o) => queries.project(o, [name])).map((o) => describedBy(o, queries));
  const below = parts.find((part) => part.prefix !== "")?.prefix ?? "";
  return {
    object: parts.flatMap((part) => [...part.object]),
    prefix: below === "" ? outer.prefix : joinPaths(outer.prefix, below),
  };
}

/** `c.query({ method, path })`, or the object alone. */
function routeOf(
  contract: readonly Origin[],
  queries: LinkQueries,
): { readonly method: string; readonly path: string } | null {
  const read = (name: string): string | null =>
    textOf(
      contract
        .flatMap((o) => (isCall(o, ENDPOINT) ? originsOfArgument(o.site, 0, queries) : [o]))
        .flatMap((o) => (isCall(o, ROUTER) ? [] : queries.project(o, [name])))
        // `{ ...other.route, path }`: what is left of the other one
        .flatMap((o) => [...describedBy(o, queries).object]),
    );
  const path = read("path");
  const method = read("method");
  return path === null || method === null ? null : { method: method.toUpperCase(), path };
}

/** The object behind `s.router(contract, { … })`. */
function implemented(origin: Origin, queries: LinkQueries): readonly Origin[] {
  return isCall(origin, ROUTER) ? originsOfArgument(origin.site, 1, queries) : [origin];
}

function handlerOf(given: readonly Origin[], queries: LinkQueries): Pick<ContractRoute, "handler" | "options"> {
  const parts = given.flatMap((o) => (isCall(o, ROUTE) ? originsOfArgument(o.site, 1, queries) : [o]));
  const own = parts.find((o) => o.kind === "function");
  if (own !== undefined) return { handler: own, options: null };
  const object = parts.find((o) => o.kind === "literal" && o.form === "object");
  if (object?.kind !== "literal") return { handler: parts[0] ?? NOT_GIVEN, options: null };
  const inner = queries.project(object, ["handler"]);
  return { handler: inner.find((o) => o.kind === "function") ?? inner[0] ?? NOT_GIVEN, options: object.site };
}

/** The result of a call of one of the package's builders. */
function isCall(origin: Origin, name: RegExp): origin is PackageOrigin & { readonly site: Site } {
  return (
    origin.kind === "package" &&
    origin.site !== null &&
    MODULE.test(origin.module) &&
    name.test(lastName(origin.previous?.path ?? ""))
  );
}
