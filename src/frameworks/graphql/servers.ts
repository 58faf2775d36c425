/** Where schemas are made and served: resolver maps, context functions, plug-ins, middleware of the schema. */

import { leaves } from "../../program/values/computed-origins.js";
import { type LinkQueries, type Origin, packageMember, type Site } from "../../program/values/origin.js";
import { expressArguments } from "../arguments.js";
import { argument, argumentSites, itemsOf, textOf } from "../classes/values.js";
import { firstLineOf, writtenName } from "../procedures/builder-chain.js";
import type { ProgramIndex, RawStep } from "../routing.js";

/** Functions of packages whose options have `resolvers`. */
const SCHEMA_MAKERS = [
  "makeExecutableSchema",
  "mergeSchemas",
  "createSchema",
  "buildSubgraphSchema",
  "buildFederatedSchema",
  "addResolversToSchema",
  "addResolveFunctionsToSchema",
  "stitchSchemas",
  "ApolloServer",
  "GraphQLServer",
];
/** Functions of packages whose options have `context`. */
const SERVERS = [
  "ApolloServer",
  "GraphQLServer",
  "createYoga",
  "createServer",
  "expressMiddleware",
  "koaMiddleware",
  "fastifyApolloHandler",
  "startStandaloneServer",
  "startServerAndCreateNextHandler",
  "startServerAndCreateLambdaHandler",
  "startServerAndCreateH3Handler",
  "createHandler",
  "graphqlHTTP",
  "YogaServer",
];
const GRAPHQL_MODULE = /apollo|graphql|yoga|mercurius|envelop/i;

/** Calls of packages' functions that have one of the names, plug-ins that are registered included. */
export function callsOf(names: readonly string[], index: ProgramIndex, queries: LinkQueries): readonly Site[] {
  const named = names
    .flatMap((name) => [...index.callsOfName(name), ...index.callsOfMember(name)])
    .filter((site) => isGraphql(queries.evaluate({ ...site, v: site.fn.callee(site.v) })));
  const registered = index.callsOfMember("register").filter((site) => {
    const plugin = argument(site, 0);
    return plugin !== null && isGraphql(queries.evaluate(plugin));
  });
  return [...named, ...registered];
}

function isGraphql(origins: readonly Origin[]): boolean {
  return origins.some((o) => o.kind === "package" && GRAPHQL_MODULE.test(o.module));
}

/** True for what a server's function made: a handler to be mounted. */
export function isServer(origin: Origin): boolean {
  if (origin.kind !== "package" || !GRAPHQL_MODULE.test(origin.module)) return false;
  return SERVERS.some((name) => origin.path === `${name}()` || origin.path.endsWith(`.${name}()`));
}

/** The values of a property in the arguments of a call; options may stand in a list. */
function optionSites(call: Site, name: string, queries: LinkQueries): readonly Site[] {
  return argumentSites(call).flatMap((site) =>
    itemsOf(site, queries).flatMap(({ origin }) => {
      const objects = origin.kind === "function" ? queries.returnsOf(origin.fn) : [origin];
      return objects.flatMap((o): readonly Site[] => {
        if (o.kind !== "literal" || o.form !== "object") return [];
        const { fn, v, frame } = o.site;
        const value = [...fn.props(v)].findLast((prop) => prop.name === name)?.value;
        return value === undefined ? [] : [{ fn, v: value, frame }];
      });
    }),
  );
}

/** Where resolver maps are handed over. */
export function resolverSites(index: ProgramIndex, queries: LinkQueries): readonly Site[] {
  return callsOf(SCHEMA_MAKERS, index, queries).flatMap((call) => {
    const sites = optionSites(call, "resolvers", queries);
    const isAdding = /^add/.test(call.fn.memberName(call.fn.callee(call.v)));
    const second = isAdding && sites.length === 0 ? argument(call, 1) : null;
    return second === null ? sites : [second];
  });
}

/** The functions that make the context of each request, as steps in front of every field. */
export function contextSteps(index: ProgramIndex, queries: LinkQueries): readonly RawStep[] {
  const found = new Map<string, RawStep>();
  for (const call of callsOf(SERVERS, index, queries)) {
    for (const site of optionSites(call, "context", queries)) {
      for (const origin of queries.evaluate(site)) {
        if (origin.kind !== "function") continue;
        const key = String(origin.fn.id);
        if (!found.has(key)) found.set(key, contextStep(origin, site));
      }
    }
  }
  return [...found.values()];
}

function contextStep(origin: Extract<Origin, { kind: "function" }>, site: Site): RawStep {
  return {
    name: writtenName(site) || origin.fn.info.name || "context",
    kind: "hook",
    place: site.fn.start(site.v) < 0 ? origin.fn.ownPlace : firstLineOf(site.fn, site.fn.place(site.v)),
    origin,
    given: expressArguments,
    continuation: "returns-context",
    condition: "",
  };
}

/** The steps of the server nearest to a file: of several servers each has its own context. */
export function nearestContext(steps: readonly RawStep[], file: string): readonly RawStep[] {
  if (steps.length < 2) return steps;
  const near = steps.map((step) => shared(step.place.file, file));
  return steps.filter((_, i) => near[i] === Math.max(...near)).slice(0, 1);
}

function shared(a: string, b: string): number {
  const left = a.split("/");
  const right = b.split("/");
  let same = 0;
  while (same < left.length && left[same] === right[same]) same += 1;
  return same;
}

/** Plug-ins that decide for every operation whether there is a caller. */
export function pluginSteps(index: ProgramIndex, queries: LinkQueries): readonly RawStep[] {
  return callsOf(["useGenericAuth", "useAuth0", "useJWT"], index, queries).flatMap((call): readonly RawStep[] => {
    const [origin] = queries.evaluate(call);
    if (origin?.kind !== "package") return [];
    const modes = optionSites(call, "mode", queries).flatMap((site) => leaves(queries.evaluate(site)));
    const mode = modes.map((o) => textOf(o)).find((text) => text !== null) ?? "";
    return [
      {
        name: mode === "" ? writtenName(call) : `${writtenName(call)} (${mode})`,
        kind: "hook",
        place: firstLineOf(call.fn, call.fn.place(call.v)),
        // only one mode refuses by itself: the others leave it to the fields
        origin: mode === "" || mode === "protect-all" ? origin : packageMember(origin, mode),
        given: expressArguments,
        continuation: "returns",
        condition: "",
      },
    ];
  });
}
