/** Functions that infrastructure code binds to routes: CDK's HttpApi and RestApi, SST's Api and ApiGatewayV2. */

import { leaves } from "../../program/values/computed-origins.js";
import type { LinkQueries, Origin, PackageOrigin, Site } from "../../program/values/origin.js";
import { argumentAt, lastName, originsOfArgument, textOf } from "../procedures/builder-chain.js";
import type { AdapterInput } from "../routing.js";
import { type DeployedEvent, type DeployedFunction, type GatewayAuth, handlerAt, httpRoute } from "./deployments.js";

const CDK = /^(?:aws-cdk-lib|@aws-cdk)(?:\/|$)/;
const SST = /^(?:sst(?:\/constructs)?|@serverless-stack\/resources)$/;
const NONE: GatewayAuth = { kind: "none" };

/** Everything that calls of the program bind. */
export function infrastructure(input: AdapterInput): readonly DeployedFunction[] {
  const { index, queries } = input;
  const names = ["aws-cdk-lib", "sst", "@serverless-stack/resources", "@aws-cdk/aws-apigatewayv2"];
  const cdk = names.some((name) => index.imports(name));
  const routes = [...index.callsOfMember("route")].flatMap((site) => ofSstRoute(site, queries));
  if (!cdk) return routes;
  return [
    ...routes,
    ...index.callsOfMember("addRoutes").flatMap((site) => ofAddRoutes(site, queries)),
    ...index.callsOfMember("addMethod").flatMap((site) => ofAddMethod(site, queries)),
    ...index.callsOfName("Api").flatMap((site) => ofSstApi(site, queries)),
  ];
}

/** `httpApi.addRoutes({ path, methods, integration, authorizer })` */
function ofAddRoutes(site: Site, queries: LinkQueries): readonly DeployedFunction[] {
  const options = originsOfArgument(site, 0, queries);
  const path = textOf(projected(options, "path", queries));
  const target = functionOf(projected(options, "integration", queries), 1, queries);
  if (path === null || target === null) return [];
  const listed = projected(options, "methods", queries).flatMap((o) => [...queries.project(o, ["[]"])]);
  const methods = leaves(listed).flatMap((o) => (o.kind === "package" ? [lastName(o.path)] : (textOf([o]) ?? [])));
  const auth = authOf(options, queries) ?? defaultOf(receiverOf(site, queries), "defaultAuthorizer", queries);
  const events = (methods.length === 0 ? ["ANY"] : methods).map((method) => httpRoute(method, path, auth ?? NONE));
  return [{ ...target, events }];
}

/** `resource.addMethod("POST", integration, { authorizer, authorizationType })` */
function ofAddMethod(site: Site, queries: LinkQueries): readonly DeployedFunction[] {
  const method = textOf(originsOfArgument(site, 0, queries));
  const target = functionOf(originsOfArgument(site, 1, queries), 0, queries);
  const receiver = receiverOf(site, queries);
  if (method === null || target === null || receiver === null) return [];
  const auth = authOf(originsOfArgument(site, 2, queries), queries) ?? methodDefault(receiver, queries) ?? NONE;
  return [{ ...target, events: [httpRoute(method, resourcePath(receiver, queries), auth)] }];
}

/** `api.route("GET /x", "src/x.handler", { auth: { jwt: … } })` of SST 3 */
function ofSstRoute(site: Site, queries: LinkQueries): readonly DeployedFunction[] {
  const route = textOf(originsOfArgument(site, 0, queries));
  if (route === null || !/^(?:[A-Z]+ \/|\$default)/.test(route)) return [];
  const given = originsOfArgument(site, 1, queries);
  const handler = textOf(given) ?? textOf(projected(given, "handler", queries));
  if (handler === null || !/\.\w+$/.test(handler)) return [];
  const auth = projected(originsOfArgument(site, 2, queries), "auth", queries);
  const named = auth.some((o) => o.kind === "literal");
  return [bound(handler, route, named ? { kind: "authorizer", name: "auth" } : NONE)];
}

/** `new Api(stack, "api", { defaults: { authorizer }, routes: { "GET /x": "src/x.handler" } })` of SST 2 */
function ofSstApi(site: Site, queries: LinkQueries): readonly DeployedFunction[] {
  const { fn, v, frame } = site;
  const made = queries.evaluate({ fn, v: fn.callee(v), frame });
  if (!made.some((o) => o.kind === "package" && SST.test(o.module))) return [];
  const options = originsOfArgument(site, 2, queries);
  const byDefault = named(textOf(projected(projected(options, "defaults", queries), "authorizer", queries)));
  return projected(options, "routes", queries).flatMap((routes) => {
    if (routes.kind !== "literal" || routes.form !== "object") return [];
    const home = routes.site;
    return [...home.fn.props(home.v)].flatMap((prop) => {
      const given = queries.evaluate({ fn: home.fn, v: prop.value, frame: home.frame });
      const inner = projected(given, "function", queries);
      const handler = textOf(given) ?? textOf(inner) ?? textOf(projected(inner, "handler", queries));
      const own = textOf(projected(given, "authorizer", queries));
      if (handler === null || prop.name === "") return [];
      return [bound(handler, prop.name, own === null ? byDefault : named(own))];
    });
  });
}

function named(authorizer: string | null): GatewayAuth {
  return authorizer === null || authorizer === "none" ? NONE : { kind: "authorizer", name: authorizer };
}

function bound(handler: string, route: string, auth: GatewayAuth): DeployedFunction {
  const [method = "ANY", path = "*"] = route === "$default" ? ["ANY", "*"] : route.split(/\s+/);
  const event: DeployedEvent = httpRoute(method, path, auth);
  return { ...handlerAt("", "", handler), events: [event] };
}

function projected(origins: readonly Origin[], name: string, queries: LinkQueries): readonly Origin[] {
  return origins.flatMap((o) => [...queries.project(o, [name])]).filter((o) => !isNothing(o));
}

function isNothing(origin: Origin): boolean {
  return (origin.kind === "constant" && origin.value === undefined) || origin.kind === "unknown";
}

function receiverOf({ fn, v, frame }: Site, queries: LinkQueries): PackageOrigin | null {
  const found = queries.evaluate({ fn, v: fn.a(fn.callee(v)), frame }).find((o) => o.kind === "package");
  return found?.kind === "package" && CDK.test(found.module) ? found : null;
}

/** `authorizer`, or `authorizationType`; null when nothing is said. */
function authOf(options: readonly Origin[], queries: LinkQueries): GatewayAuth | null {
  const [authorizer] = projected(options, "authorizer", queries);
  if (authorizer !== undefined) {
    const none = authorizer.kind === "package" && /HttpNoneAuthorizer/.test(authorizer.path);
    return none
      ? NONE
      : {
          kind: "authorizer",
          name: authorizer.kind === "package" ? lastName(authorizer.path.replace(/\(\)$/, "")) : "authorizer",
        };
  }
  const [type] = projected(options, "authorizationType", queries);
  if (type?.kind !== "package") return null;
  const name = lastName(type.path);
  return name === "NONE" ? NONE : { kind: "authorizer", name };
}

function defaultOf(api: PackageOrigin | null, option: string, queries: LinkQueries): GatewayAuth | null {
  const site = api?.site ?? null;
  if (site === null) return null;
  const [given] = projected(originsOfArgument(site, 2, queries), option, queries);
  if (given === undefined) return null;
  return given.kind === "package"
    ? { kind: "authorizer", name: lastName(given.path.replace(/\(\)$/, "")) }
    : authOf([given], queries);
}

/** What the API that a resource hangs on demands of all methods. */
function methodDefault(resource: PackageOrigin, queries: LinkQueries): GatewayAuth | null {
  let current: PackageOrigin | null = resource;
  for (let i = 0; i < 20 && current !== null; i += 1) {
    if (/(?:^|\.)(?:\w*RestApi)\(\)$/.test(current.path)) return defaultOf(current, "defaultMethodOptions", queries);
    current = current.previous;
  }
  return null;
}

/** `api.root.addResource("orders").addResource("{id}")` */
function resourcePath(resource: PackageOrigin, queries: LinkQueries): string {
  const parts: string[] = [];
  let current: PackageOrigin | null = resource;
  for (let i = 0; i < 40 && current !== null; i += 1) {
    if (/\.(?:addResource|resourceForPath)\(\)$/.test(current.path) && current.site !== null) {
      parts.unshift(textOf(originsOfArgument(current.site, 0, queries)) ?? "{part}");
    } else if (/\.addProxy\(\)$/.test(current.path)) parts.unshift("{proxy+}");
    current = current.previous;
  }
  return `/${parts.join("/").replace(/^\/+/, "")}`;
}

/** The handler of the function that an integration is made of. */
function functionOf(
  integration: readonly Origin[],
  at: number,
  queries: LinkQueries,
): Pick<DeployedFunction, "files" | "exported"> | null {
  for (const origin of integration) {
    const site = origin.kind === "package" && /Integration\(\)$/.test(origin.path) ? origin.site : null;
    if (site === null || argumentAt(site, at) === null) continue;
    for (const fn of originsOfArgument(site, at, queries)) {
      const made = fn.kind === "package" && /Function\(\)$/.test(fn.path) ? fn.site : null;
      const target = made === null ? null : handlerIn(originsOfArgument(made, 2, queries), made, queries);
      if (target !== null) return target;
    }
  }
  return null;
}

function handlerIn(
  options: readonly Origin[],
  made: Site,
  queries: LinkQueries,
): Pick<DeployedFunction, "files" | "exported"> | null {
  const handler = textOf(projected(options, "handler", queries)) ?? "handler";
  const source = textsOf(projected(options, "entry", queries), queries).find((text) => /\.[cm]?[jt]sx?$/.test(text));
  if (source === undefined) return handler.includes(".") ? handlerAt("", "", handler) : null;
  return {
    files: candidates(source.replace(/\.[cm]?[jt]sx?$/, ""), made.fn.file.path),
    exported: handler.split(".").at(-1) ?? handler,
  };
}

/** Texts of a path, also where `path.join` puts them together. */
function textsOf(origins: readonly Origin[], queries: LinkQueries): readonly string[] {
  return leaves(origins).flatMap((o) => {
    const joined = o.kind === "package" && /^(?:node:)?path$/.test(o.module) ? o.site : null;
    if (joined === null) return textOf([o]) ?? [];
    const parts = [0, 1, 2, 3, 4, 5].flatMap((at) => textOf(originsOfArgument(joined, at, queries)) ?? []);
    return parts.join("/");
  });
}

/** `join(__dirname, "../lambda/orders.ts")`: from the file that says so, or from the root. */
function candidates(written: string, from: string): readonly string[] {
  const folder = from.split("/").slice(0, -1);
  const parts = written.split("/").filter((part) => part !== "." && part !== "");
  const ups = parts.filter((part) => part === "..").length;
  const rest = parts.filter((part) => part !== "..");
  return [[...folder.slice(0, Math.max(0, folder.length - ups)), ...rest].join("/"), rest.join("/")];
}
