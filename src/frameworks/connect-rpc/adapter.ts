/**
 * Connect (connectrpc.com, `@connectrpc/connect` 1 and 2): services and single methods that routers are given, behind
 * the interceptors of the server and of the registration.
 */
import type { LinkQueries, Site } from "../../program/values/origin.js";
import { callbackEntry } from "../callback-entry.js";
import { functionBehind, instancesOf, type PackageCall, packageCalls } from "../package-calls.js";
import { argumentAt, chainOf, originsOfArgument, writtenName } from "../procedures/builder-chain.js";
import { methodsOfService, nameOfService } from "../procedures/service-methods.js";
import type { Adapter, AdapterInput, AdapterOutput, RawEntry, RawStep } from "../routing.js";
import { interceptorsAt } from "./interceptors.js";
import { handlerArguments } from "./knowledge.js";
import { ROUTER, type RoutesFunctions, routesFunctions, type Served, servedSites } from "./servers.js";

export const connectRpcAdapter: Adapter = { name: "connect-rpc", packages: ["@connectrpc/connect"], collect };

const PACKAGE = /^@connectrpc\/connect$/;
const SERVICE = {
  module: PACKAGE,
  path: /^(?:ConnectRouter|createConnectRouter)\(\)(?:\.\w+\(\))*\.service$/,
  names: ["service"],
};
const METHOD = {
  module: PACKAGE,
  path: /^(?:ConnectRouter|createConnectRouter)\(\)(?:\.\w+\(\))*\.rpc$/,
  names: ["rpc"],
};
type Rule = typeof SERVICE;

function collect(input: AdapterInput): AdapterOutput {
  const routes = routesFunctions(input);
  const routers = new Map([...routes.keys()].map((id) => [id, ROUTER]));
  const entries = packageCalls([SERVICE, METHOD], input, routers).flatMap((call) =>
    sitesOf(call, routes, input).flatMap(({ site, steps }) => {
      const before = [...steps, ...routerSteps(call, input.queries)];
      return call.rule === METHOD ? methodAt(site, before, input.queries) : serviceAt(site, before, input.queries);
    }),
  );
  return { entries, faults: [], unknowns: [] };
}

/** A registration once for each server that runs the function around it. */
function sitesOf({ site }: PackageCall<Rule>, routes: RoutesFunctions, input: AdapterInput): readonly Served[] {
  const served = servedSites(site, routes);
  return served.length > 0 ? served : instancesOf(site, input).map((one) => ({ site: one, steps: [] }));
}

/** `createConnectRouter({ interceptors }).service(…)` */
function routerSteps({ callee }: PackageCall<Rule>, queries: LinkQueries): readonly RawStep[] {
  const made = chainOf(callee).find(({ name }) => name === "createConnectRouter");
  return made === undefined ? [] : interceptorsAt(originsOfArgument(made.site, 0, queries), queries);
}

/** `router.service(Service, implementation, options)` */
function serviceAt(site: Site, before: readonly RawStep[], queries: LinkQueries): readonly RawEntry[] {
  const service = argumentAt(site, 0);
  const name = service === null ? "" : nameOfService(writtenName(service));
  const steps = [...before, ...interceptorsAt(originsOfArgument(site, 2, queries), queries)];
  return originsOfArgument(site, 1, queries).flatMap((implementation) =>
    methodsOfService(implementation, queries).flatMap((method) => {
      const handler = functionBehind(queries.project(implementation, [method]), queries);
      return handler === null ? [] : [entryOf(handler, site, `${name}.${method}`, steps)];
    }),
  );
}

/** `router.rpc(Service.method.say, handler)`, and with the service in front as version 1 has it. */
function methodAt(site: Site, before: readonly RawStep[], queries: LinkQueries): readonly RawEntry[] {
  const at = [1, 2].find((index) => functionBehind(originsOfArgument(site, index, queries), queries) !== null);
  const method = at === undefined ? null : argumentAt(site, at - 1);
  if (at === undefined || method === null) return [];
  const handler = functionBehind(originsOfArgument(site, at, queries), queries);
  const parts = writtenName(method).split(".");
  const name = `${nameOfService(parts.slice(0, -2).join("."))}.${parts.at(-1)}`;
  const steps = [...before, ...interceptorsAt(originsOfArgument(site, at + 1, queries), queries)];
  return [entryOf(handler, site, name, steps)];
}

function entryOf(
  handler: Parameters<typeof callbackEntry>[0],
  site: Site,
  path: string,
  steps: readonly RawStep[],
): RawEntry {
  const own = { transport: "grpc", framework: "connect-rpc", method: "CALL", given: handlerArguments, steps } as const;
  return callbackEntry(handler, site, { ...own, path });
}
