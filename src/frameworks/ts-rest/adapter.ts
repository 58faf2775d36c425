/** ts-rest served by itself: one function for all routes of a contract, behind Next, Lambda or a standard request. */
import type { LinkQueries, Origin, Site } from "../../program/values/origin.js";
import { requestOrigin } from "../arguments.js";
import { callbackEntry, stepAt } from "../callback-entry.js";
import { type CallRule, functionBehind, packageCalls } from "../package-calls.js";
import { argumentAt, headOfFunction, nameOfFunction, originsOfArgument, textOf } from "../procedures/builder-chain.js";
import type { Adapter, AdapterInput, AdapterOutput, Arguments, RawEntry, RawStep } from "../routing.js";
import { pushedElements } from "../routing-tree/additions.js";
import { leavesOf } from "../routing-tree/handlers.js";
import { optionSpots } from "../routing-tree/options.js";
import { joinPaths } from "../routing-tree/paths.js";
import { at } from "../routing-tree/spot.js";
import { Values } from "../routing-tree/values.js";
import { contractRoutes } from "./contracts.js";

export const tsRestAdapter: Adapter = { name: "ts-rest", packages: ["@ts-rest/next", "@ts-rest/serverless"], collect };

const PACKAGES = /^@ts-rest\/(?:next|serverless)(?:\/.*)?$/;
const NAMES = ["createNextRouter", "createNextHandler", "createLambdaHandler", "createAzureFunctionHandler"];
const SERVERS: readonly CallRule[] = [
  { module: PACKAGES, path: new RegExp(`^(?:${NAMES.join("|")})$`), names: NAMES },
  { module: PACKAGES, path: /^(?:tsr\.)?fetchRequestHandler$/, names: ["fetchRequestHandler"] },
];

/** `({ params, body }, { request })`; what stands beside the request tells nothing of the caller. */
const handlerArguments: Arguments = (context) => [[requestOrigin("web", context)], [requestOrigin("web", context)]];

function collect(input: AdapterInput): AdapterOutput {
  const values = new Values(input.queries, pushedElements);
  const entries = packageCalls(SERVERS, input).flatMap(({ site }) => servedAt(site, values));
  return { entries, faults: [], unknowns: [] };
}

function servedAt(site: Site, values: Values): readonly RawEntry[] {
  const { queries } = values;
  const given = partsOf(site, queries);
  const steps = stepsOf(given.options, site, values);
  const base = baseOf(given.options, site, queries);
  return contractRoutes(given.contract, given.router, queries).map((route) => {
    const handler = functionBehind([route.handler], queries);
    return callbackEntry(handler, site, {
      transport: "http",
      framework: "ts-rest",
      method: route.method,
      path: joinPaths(base, route.path),
      given: handlerArguments,
      steps,
      ...(handler !== null && nameOfFunction(handler.fn) === "" ? { handlerName: route.name } : {}),
    });
  });
}

interface Parts {
  readonly contract: readonly Origin[];
  readonly router: readonly Origin[];
  readonly options: readonly Origin[];
}

/** `(contract, router, options)`, or one object that holds them. */
function partsOf(site: Site, queries: LinkQueries): Parts {
  const first = originsOfArgument(site, 0, queries);
  if (argumentAt(site, 1) !== null) {
    return {
      contract: first,
      router: originsOfArgument(site, 1, queries),
      options: originsOfArgument(site, 2, queries),
    };
  }
  const of = (name: string): readonly Origin[] => first.flatMap((o) => queries.project(o, [name]));
  return { contract: of("contract"), router: of("router"), options: of("options") };
}

/** What stands before the contract's paths: `basePath`, or where the file of the old router lies. */
function baseOf(options: readonly Origin[], site: Site, queries: LinkQueries): string {
  const written = textOf(options.flatMap((o) => queries.project(o, ["basePath"])));
  return written ?? /(?:^|\/)pages(\/api(?:\/[^/[]+)*)\/\[/.exec(site.fn.file.path)?.[1] ?? "";
}

/** `requestMiddleware: [tsr.middleware(f)]`: what answers ends the request. */
function stepsOf(options: readonly Origin[], site: Site, values: Values): readonly RawStep[] {
  const written = options.flatMap((o) => (o.kind === "literal" ? [at(o.site)] : []));
  const lists = written.flatMap((spot) => [...optionSpots(spot, "requestMiddleware", values)]);
  return leavesOf(lists, values).map((leaf) => {
    const origin = functionBehind([leaf.origin], values.queries) ?? leaf.origin;
    const place = origin.kind === "function" ? headOfFunction(origin.fn) : site.fn.place(site.v);
    return stepAt(origin, leaf.name || "requestMiddleware", place, handlerArguments, "returns", "middleware");
  });
}
