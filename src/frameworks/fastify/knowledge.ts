/** What the members of Fastify's requests, replies and instances are. */

import { entryPath, WHOLE_PATH, ADDRESS as WITH_QUERY } from "../../program/paths/path-tests.js";
import {
  type LinkQueries,
  type Origin,
  type PackageOrigin,
  type ParameterOrigin,
  packageMember,
  type Site,
  type SourceOrigin,
  source,
  UNDEFINED,
} from "../../program/values/origin.js";
import { distinct } from "../../program/values/origin-keys.js";
import { doneOrigin, requestOrigin, responseOrigin } from "../arguments.js";
import type { FrameworkKnowledge } from "../knowledge/knowledge.js";
import type { Arguments } from "../routing.js";
import { decorated, type Holder, isDecorated } from "./decorations.js";
import { ANY_INSTANCE, CHAINED, INSTANCE_DIALECT, INSTANCE_NAME, importsFastify, isInstance } from "./instances.js";

export const DIALECT = "fastify";
/** Key of a route's `config` among the metadata of its entry. */
export const CONFIG_KEY = "fastify:config";

/** `(request, reply, done)` as handlers and most hooks are called. */
export const hookArguments: Arguments = (context) => [
  [requestOrigin(DIALECT, context)],
  [responseOrigin(DIALECT, context)],
  [doneOrigin(context)],
];

/** `(request, reply, payload, done)` of preParsing. */
export const parsingArguments: Arguments = (context) => [
  [requestOrigin(DIALECT, context)],
  [responseOrigin(DIALECT, context)],
  [source("input", "body", { context })],
  [doneOrigin(context)],
];

/** `(socket, request)` of WebSocket handlers. */
export const socketArguments: Arguments = (context) => [
  [source("neutral", "socket", { context })],
  [requestOrigin(DIALECT, context)],
];

/** Members of requests under which their address is found. */
const ADDRESS: ReadonlySet<string> = new Set(["url", "originalUrl", "routerPath"]);

const CONFIG = "routeOptions.config";

function fastifyMember(origin: SourceOrigin, name: string, queries: LinkQueries): readonly Origin[] | undefined {
  if (origin.dialect === INSTANCE_DIALECT) return instanceMember(origin, name, queries);
  if (origin.dialect === `${DIALECT}-response`) return replyMember(origin, name, queries);
  if (origin.dialect !== DIALECT || origin.source !== "request") return undefined;
  switch (origin.path) {
    case "":
      return requestMember(origin, name, queries);
    case "routeOptions":
      if (name === "config") return [{ ...origin, path: CONFIG }];
      return name === "url" ? address(origin, WHOLE_PATH) : [source("neutral", name)];
    case "context":
      return name === "config" ? [{ ...origin, path: CONFIG }] : undefined;
    case CONFIG:
      return configMember(origin, name, queries);
    default:
      return undefined;
  }
}

function requestMember(origin: SourceOrigin, name: string, queries: LinkQueries): readonly Origin[] | undefined {
  if (name === "server") return [ANY_INSTANCE];
  if (name === "routeOptions" || name === "context") return [{ ...origin, path: name }];
  if (name === "routeConfig") return [{ ...origin, path: CONFIG }];
  if (name === "file" || name === "files" || name === "parts") return [source("input", name, { site: origin.site })];
  if (ADDRESS.has(name)) return address(origin, name === "routerPath" ? WHOLE_PATH : WITH_QUERY);
  const own = decorated("request", name, null, queries);
  return own?.every((o) => o.kind === "function") === true ? own : undefined;
}

/** The address, known while steps that read it are judged for one entry. */
function address({ context, site }: SourceOrigin, dialect: string): readonly Origin[] {
  return [entryPath(context) ?? source("input", "url", { site, context, dialect })];
}

/** `request.routeOptions.config.public`: what the route was registered with. */
function configMember(origin: SourceOrigin, name: string, queries: LinkQueries): readonly Origin[] {
  const configs = origin.context?.metadata.get(CONFIG_KEY) ?? [];
  if (origin.context === null) return [source("neutral", name)];
  return configs.length === 0 ? [UNDEFINED] : distinct(configs.flatMap((o) => [...queries.project(o, [name])]));
}

function replyMember(origin: SourceOrigin, name: string, queries: LinkQueries): readonly Origin[] | undefined {
  if (name === "request" && origin.context !== null) return [requestOrigin(DIALECT, origin.context)];
  if (name === "server") return [ANY_INSTANCE];
  if (name === "routeOptions" || name === "context")
    return [source("request", "routeOptions", { dialect: DIALECT, context: origin.context })];
  const own = decorated("reply", name, null, queries);
  return own?.every((o) => o.kind === "function") === true ? own : undefined;
}

/** Methods stay with the one instance; what plugins put there is the same on all. */
function instanceMember(origin: SourceOrigin, name: string, queries: LinkQueries): readonly Origin[] {
  if (origin.path.includes(".")) return [source("neutral", name)];
  if (CHAINED.has(name)) return [{ ...origin, path: `${origin.path}.${name}` }];
  return decorated("instance", name, origin.site?.fn.file.path ?? null, queries) ?? [packageMember(ANY_INSTANCE, name)];
}

function callInstance(origin: SourceOrigin): readonly Origin[] | undefined {
  if (origin.dialect !== INSTANCE_DIALECT) return undefined;
  const [key] = origin.path.split(".");
  return [{ ...origin, path: key }];
}

function packageInstanceMember(
  origin: PackageOrigin,
  name: string,
  queries: LinkQueries,
): readonly Origin[] | undefined {
  if (CHAINED.has(name) || !isInstance(origin)) return undefined;
  const near = origin.site?.fn.file.path ?? origin.typeFile?.path ?? null;
  return decorated("instance", name, near, queries);
}

const HELD_BY_TYPE: ReadonlyMap<string, Holder> = new Map([
  ["FastifyInstance", "instance"],
  ["FastifyRequest", "request"],
  ["FastifyReply", "reply"],
]);
const HELD_BY_NAME: ReadonlyMap<string, Holder> = new Map([
  ["request", "request"],
  ["req", "request"],
  ["reply", "reply"],
]);

function holderNamed(name: string): Holder | undefined {
  return HELD_BY_NAME.get(name) ?? (INSTANCE_NAME.test(name) ? "instance" : undefined);
}

/** By the type as written (`FastifyZodProvider` is a service's own), else by the name. */
function holderOf(name: string, type: string | undefined): Holder | undefined {
  if (type === undefined || type === "any") return holderNamed(name);
  return HELD_BY_TYPE.get(type) ?? (/fastify/i.test(type) ? holderNamed(name) : undefined);
}

/** `fastify.authenticate` inside a plugin, whoever registers it. */
function parameterMember(origin: ParameterOrigin, name: string, queries: LinkQueries): readonly Origin[] | undefined {
  if (origin.path.length > 0 || !isDecorated(name, queries)) return undefined;
  const { fn, index } = origin;
  const info = fn.info.params[index];
  const type = info === undefined ? undefined : fn.file.lowered.types[info.type];
  const written = type?.kind === "name" ? type.name.split(".").at(-1) : undefined;
  const holder = holderOf(info?.name ?? "", written);
  // a plugin's file need not name Fastify: what somebody hangs on instances under that name is found on what is called so
  if (holder === undefined || (written === undefined && holder !== "instance" && !importsFastify(fn.file)))
    return undefined;
  const values = decorated(holder, name, fn.file.path, queries);
  // the state of a request is what its own steps left there
  return holder === "instance" || values?.every((o) => o.kind === "function") === true ? values : undefined;
}

/** `fastify.jwt.verify` and the like stay steps on the package's path; their results are known there. */
export const fastifyKnowledge: FrameworkKnowledge = {
  member: fastifyMember,
  parameterMember,
  packageMember: packageInstanceMember,
  callSource: (origin: SourceOrigin, _site: Site) => callInstance(origin),
  call: () => undefined,
};
