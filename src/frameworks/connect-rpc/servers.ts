/** Servers of Connect: `connectNodeAdapter({ routes, interceptors })`, and which function registers their routes. */
import { givenFrame } from "../../program/values/call-frames.js";
import {
  type LinkQueries,
  type Origin,
  packageCall,
  packageMember,
  packageRoot,
  type Site,
} from "../../program/values/origin.js";
import { type FunctionOrigin, packageCalls } from "../package-calls.js";
import { originsOfArgument } from "../procedures/builder-chain.js";
import type { AdapterInput, RawStep } from "../routing.js";
import { interceptorsAt } from "./interceptors.js";

/** A function that a server calls with its router, behind the server's interceptors. */
interface Serving {
  readonly routes: FunctionOrigin;
  readonly steps: readonly RawStep[];
}

/** By the function's id, once for each server that calls it. */
export type RoutesFunctions = ReadonlyMap<string, readonly Serving[]>;

/** A registration as one server runs it. */
export interface Served {
  readonly site: Site;
  readonly steps: readonly RawStep[];
}

const ADAPTERS = [
  "connectNodeAdapter",
  "expressConnectMiddleware",
  "nextJsApiRouter",
  "createWorkerHandler",
  "createRouterTransport",
];
const SERVER = { module: /^@connectrpc\//, path: new RegExp(`^(?:${ADAPTERS.join("|")})$`), names: ADAPTERS };
/** `fastify.register(fastifyConnectPlugin, options)` */
const PLUGIN = /^@connectrpc\/connect-fastify$/;

export function routesFunctions(input: AdapterInput): RoutesFunctions {
  const { queries, index } = input;
  const found = new Map<string, readonly Serving[]>();
  const options = [
    ...packageCalls([SERVER], input).map(({ site }) => originsOfArgument(site, 0, queries)),
    ...index
      .callsOfMember("register")
      .filter((site) => isPlugin(site, queries))
      .map((site) => originsOfArgument(site, 1, queries)),
  ];
  for (const given of options) {
    const steps = interceptorsAt(given, queries);
    for (const routes of given.flatMap((o) => [...queries.project(o, ["routes"])])) {
      if (routes.kind !== "function") continue;
      found.set(routes.fn.id, [...(found.get(routes.fn.id) ?? []), { routes, steps }]);
    }
  }
  return found;
}

/** what every server calls them with */
export const ROUTER: Origin = madeBy(packageMember(packageRoot("@connectrpc/connect"), "ConnectRouter"));

function madeBy(type: Origin): Origin {
  return type.kind === "package" ? packageCall(type, null) : type;
}

function isPlugin(site: Site, queries: LinkQueries): boolean {
  return originsOfArgument(site, 0, queries).some((o) => o.kind === "package" && PLUGIN.test(o.module));
}

/** A site inside of a function that registers routes, with what that function closes over. */
export function servedSites(site: Site, functions: RoutesFunctions): readonly Served[] {
  const around = site.frame === null ? functions.get(site.fn.id) : undefined;
  return (around ?? []).map(({ routes, steps }) => ({
    site: { ...site, frame: givenFrame(routes, [[ROUTER]]) },
    steps,
  }));
}
