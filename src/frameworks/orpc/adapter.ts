/** oRPC: procedures of routers and implemented contracts, with the REST paths that their routes give them. */
import { Op } from "../../model/lowered.js";
import type { LinkQueries, Origin, PackageOrigin, Site } from "../../program/values/origin.js";
import { siteKey } from "../../program/values/origin-keys.js";
import { type CallRule, packageCalls } from "../package-calls.js";
import { chainOf, lastName, nameOfBuilder, originsOfArgument, textOf } from "../procedures/builder-chain.js";
import { procedureEntry } from "../procedures/procedure-entry.js";
import {
  isRouter,
  type Mounted,
  procedureKey,
  type RouterDialect,
  RouterReader,
} from "../procedures/procedure-routers.js";
import type { Adapter, AdapterInput, AdapterOutput, RawEntry } from "../routing.js";
import { ServedContexts } from "./contexts.js";

export const orpcAdapter: Adapter = { name: "orpc", packages: ["@orpc/server"], collect };

const ORPC: RouterDialect = {
  framework: "orpc",
  module: /^@orpc\/server(?:\/.*)?$/,
  finishing: new Set(["handler"]),
  routers: new Set(["router"]),
  merging: new Set(),
  looksLikeProcedure: () => false,
};

/** What serves a router: its first argument is the outermost one. */
const SERVERS: readonly CallRule[] = [
  {
    module: /^@orpc\/(?:server|openapi)(?:\/.*)?$/,
    path: /^(?:RPCHandler|OpenAPIHandler)$/,
    names: ["RPCHandler", "OpenAPIHandler"],
  },
];

function collect(input: AdapterInput): AdapterOutput {
  const { queries } = input;
  const reader = new RouterReader(queries, ORPC);
  const served = packageCalls(SERVERS, input).flatMap(({ site }) => [
    reader.readValue({ ...site, v: site.fn.args(site.v)[0] ?? -1 }),
  ]);
  const routers = callsOf("router", input).map((call) => reader.read(call));
  const roots = [...served, ...routers.filter((tree) => !reader.isMounted(tree.key))];
  const found = new Map<string, Mounted>();
  for (const root of roots.toSorted((a, b) => b.procedures.length - a.procedures.length)) {
    for (const procedure of root.procedures) if (!found.has(procedure.key)) found.set(procedure.key, procedure);
  }
  for (const call of callsOf("handler", input)) addUnmounted(call, found, queries);
  const contexts = new ServedContexts(input);
  const entries = [...found.values()].flatMap((one) => entriesOf(one, queries));
  const begun = entries.map((entry) => ({ ...entry, steps: [...contexts.before(entry), ...entry.steps] }));
  return { entries: begun, faults: [], unknowns: [] };
}

/** Calls of a builder's member. */
function callsOf(name: "router" | "handler", { index, queries }: AdapterInput): readonly Site[] {
  return index
    .callsOfMember(name)
    .filter((site) =>
      queries
        .evaluate(site)
        .some((o) => (name === "router" ? isRouter(o, ORPC) : o.kind === "package" && isProcedureAt(o, site))),
    );
}

function isProcedureAt(origin: PackageOrigin, site: Site): boolean {
  return ORPC.module.test(origin.module) && origin.site !== null && siteKey(origin.site) === siteKey(site);
}

/** A procedure that no router in sight holds is called by its variable's name, or by its name in an object. */
function addUnmounted(call: Site, found: Map<string, Mounted>, queries: LinkQueries): void {
  const chains = queries.evaluate(call).filter((o) => o.kind === "package");
  if (chains.length === 0) return;
  const key = procedureKey(chains[0], ORPC);
  const path = nameOfBuilder(call) || nameInObject(call);
  if (path !== "" && !found.has(key)) found.set(key, { path, chains, site: call, key, within: [], known: true });
}

/** `export const orders = { list: authed.handler(…) }`: part of a router that is put together elsewhere. */
function nameInObject({ fn, v, frame }: Site): string {
  for (let at = v + 1; at < fn.valueCount; at += 1) {
    if (fn.op(at) !== Op.Object) continue;
    const prop = [...fn.props(at)].find(({ value }) => value === v);
    if (prop === undefined || prop.name === "") continue;
    const holder = nameOfBuilder({ fn, v: at, frame });
    return holder === "" ? prop.name : `${holder}.${prop.name}`;
  }
  return "";
}

function entriesOf(procedure: Mounted, queries: LinkQueries): readonly RawEntry[] {
  const entry = { ...procedureEntry(procedure, ORPC, queries), method: "CALL" };
  const [main] = procedure.chains;
  const route = main === undefined ? null : (routeOf(main, queries) ?? routeOf(contractOf(main, queries), queries));
  if (route === null) return [entry];
  const prefix = procedure.within.map((router) => prefixOf(router, queries)).join("");
  const path = `${prefix}${route.path}`.replace(/\{\+?([^}]+)\}/g, ":$1");
  return [entry, { ...entry, transport: "http", method: route.method, path }];
}

/** `.route({ method: "GET", path: "/planets/{id}" })` */
function routeOf(
  origin: PackageOrigin | null,
  queries: LinkQueries,
): { readonly method: string; readonly path: string } | null {
  const call = origin === null ? undefined : chainOf(origin).findLast((one) => one.name === "route");
  if (call === undefined) return null;
  const read = (name: string): string | null =>
    textOf(originsOfArgument(call.site, 0, queries).flatMap((o) => queries.project(o, [name])));
  const path = read("path");
  return path === null ? null : { method: (read("method") ?? "POST").toUpperCase(), path };
}

function prefixOf(router: PackageOrigin, queries: LinkQueries): string {
  const call = chainOf(router).findLast((one) => one.name === "prefix");
  return call === undefined ? "" : (textOf(originsOfArgument(call.site, 0, queries)) ?? "");
}

/** The part of a contract that `implement(contract).orders.list.handler(…)` implements. */
function contractOf(procedure: PackageOrigin, queries: LinkQueries): PackageOrigin | null {
  const start = chainOf(procedure).find((call) => call.name === "implement");
  if (start === undefined) return null;
  const names = procedure.path.split(".").filter((name) => !name.endsWith("()"));
  let current: readonly Origin[] = originsOfArgument(start.site, 0, queries);
  for (const name of names)
    current = current.flatMap((o) => inContract(o, queries)).flatMap((o) => queries.project(o, [name]));
  return current.find((o) => o.kind === "package") ?? null;
}

/** `oc.router({ … })` stands for its object. */
function inContract(origin: Origin, queries: LinkQueries): readonly Origin[] {
  if (origin.kind !== "package" || origin.site === null) return [origin];
  return lastName(origin.previous?.path ?? "") === "router" ? originsOfArgument(origin.site, 0, queries) : [origin];
}
