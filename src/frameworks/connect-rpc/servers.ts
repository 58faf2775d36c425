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

/** A function that a server calls with its router. */
export interface RoutesFunction {
  readonly router: Origin;
  readonly served: readonly { readonly routes: FunctionOrigin; readonly steps: readonly RawStep[] }[];
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

/** By the function's id. */
export function routesFunctions(input: AdapterInput): ReadonlyMap<string, RoutesFunction> {
  const { queries, index } = input;
  const found = new Map<string, RoutesFunction>();
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
      const known = found.get(routes.fn.id);
      found.set(routes.fn.id, { router: ROUTER, served: [...(known?.served ?? []), { routes, steps }] });
    }
  }
  return found;
}

const ROUTER: Origin = madeBy(packageMember(packageRoot("@connectrpc/connect"), "ConnectRouter"));

function madeBy(type: Origin): Origin {
  return type.kind === "package" ? packageCall(type, null) : type;
}

function isPlugin(site: Site, queries: LinkQueries): boolean {
  return originsOfArgument(site, 0, queries).some((o) => o.kind === "package" && PLUGIN.test(o.module));
}

/** A site inside of a function that registers routes, with what that function closes over. */
export function servedSites(
  site: Site,
  functions: ReadonlyMap<string, RoutesFunction>,
): readonly { readonly site: Site; readonly steps: readonly RawStep[] }[] {
  const around = functions.get(site.fn.id);
  if (around === undefined || site.frame !== null) return [];
  return around.served.map(({ routes, steps }) => ({
    site: { ...site, frame: givenFrame(routes, [[around.router]]) },
    steps,
  }));
}
