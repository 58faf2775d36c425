/** What the members of Hapi's requests and toolkits are, and with what handlers and extensions are called. */
import { Op } from "../../model/lowered.js";
import type { Program } from "../../program/linking/program.js";
import { entryPath } from "../../program/paths/path-tests.js";
import {
  type LinkQueries,
  type Origin,
  type ParameterOrigin,
  type Site,
  type SourceOrigin,
  source,
  unknown,
} from "../../program/values/origin.js";
import { distinct } from "../../program/values/origin-keys.js";
import { nextOrigin, requestOrigin, responseOrigin } from "../arguments.js";
import type { FrameworkKnowledge } from "../knowledge/knowledge.js";
import type { Arguments } from "../routing.js";
import { decorated } from "./decorations.js";
import { SERVER_DIALECT } from "./servers.js";

export const DIALECT = "hapi";
/** Key of a route's options among the metadata of its entry. */
export const OPTIONS_KEY = "hapi:options";

/** `(request, h)` as handlers, extensions and schemes are called. */
export const hapiArguments: Arguments = (context) => [
  [requestOrigin(DIALECT, context)],
  [responseOrigin(DIALECT, context)],
];

function hapiMember(origin: SourceOrigin, name: string, queries: LinkQueries): readonly Origin[] | undefined {
  if (origin.dialect === `${DIALECT}-response`) return toolkitMember(origin, name, queries);
  if (origin.dialect === SERVER_DIALECT) return serverMember(origin, name, queries);
  if (origin.dialect !== DIALECT || origin.source !== "request") return undefined;
  switch (origin.path) {
    case "":
      return requestMember(origin, name) ?? decorated("request", name, queries);
    case "auth":
      return authMember(origin, name);
    case "route":
      if (name === "settings") return [{ ...origin, path: "route.settings" }];
      return name === "path" ? address(origin) : [source("neutral", name)];
    case "route.settings":
      return settingsMember(origin, name, queries);
    case "server":
      return [...(serverMember(origin, name, queries) ?? [unknown(name)])];
    case "server.app":
      return keptOnServer(name, queries);
    default:
      return undefined;
  }
}

function requestMember(origin: SourceOrigin, name: string): readonly Origin[] | undefined {
  if (name === "auth" || name === "route" || name === "server") return [{ ...origin, path: name }];
  if (name === "state") return [source("credential", "cookies", { site: origin.site, context: origin.context })];
  // results of what ran before the handler; the ids they were found by are judged where they were found
  return name === "pre" ? [source("neutral", "pre")] : undefined;
}

/** `request.auth`: what the strategy found out, empty for anonymous callers where it only tries. */
function authMember({ site, context }: SourceOrigin, name: string): readonly Origin[] {
  if (name === "credentials" || name === "isAuthenticated" || name === "isAuthorized" || name === "artifacts") {
    return [source("identity", `auth.${name}`, { site, context })];
  }
  return [source("neutral", `auth.${name}`)];
}

function address({ context, site }: SourceOrigin): readonly Origin[] {
  return [entryPath(context) ?? source("input", "url", { site, context })];
}

/** `request.route.settings.app`: what the route was registered with. */
function settingsMember(origin: SourceOrigin, name: string, queries: LinkQueries): readonly Origin[] {
  const options = origin.context?.metadata.get(OPTIONS_KEY) ?? [];
  if (options.length === 0) return [source("neutral", name)];
  return distinct(options.flatMap((o) => [...queries.project(o, [name])]));
}

const kept = new WeakMap<Program, ReadonlyMap<string, readonly Site[]>>();

/** `request.server.app.db`: what some file put there with `server.app.db = …`. */
function keptOnServer(name: string, queries: LinkQueries): readonly Origin[] {
  let known = kept.get(queries.program);
  if (known === undefined) {
    known = writesToApp(queries.program);
    kept.set(queries.program, known);
  }
  const named = (known.get(name) ?? []).flatMap((site) => [...queries.evaluate(site)]);
  const found = [...named, ...(decorated("server.app", name, queries) ?? [])];
  return found.length === 0 ? [unknown(name)] : distinct(found);
}

function writesToApp({ files }: Program): ReadonlyMap<string, readonly Site[]> {
  const found = new Map<string, Site[]>();
  for (const file of files) {
    for (let index = 0; index < file.functionCount; index += 1) {
      const fn = file.fn(index);
      for (let v = 0; v < fn.valueCount; v += 1) {
        if (fn.op(v) !== Op.SetMember) continue;
        const target = fn.a(v);
        if (fn.op(target) !== Op.Member || fn.text(fn.b(target)) !== "app") continue;
        const name = fn.text(fn.b(v));
        found.set(name, [...(found.get(name) ?? []), { fn, v: fn.c(v), frame: null }]);
      }
    }
  }
  return found;
}

/** `server.app`, and what a plugin put on the server itself. */
function serverMember(origin: SourceOrigin, name: string, queries: LinkQueries): readonly Origin[] | undefined {
  if (name === "app") return [{ ...origin, source: "request", dialect: DIALECT, path: "server.app" }];
  return decorated("server", name, queries);
}

/** `server.db` in a plugin, whoever registers it. */
function serverParameterMember(
  origin: ParameterOrigin,
  name: string,
  queries: LinkQueries,
): readonly Origin[] | undefined {
  const given = origin.fn.info.params[origin.index];
  if (origin.path.length > 0 || given === undefined || given.name !== "server") return undefined;
  return decorated("server", name, queries);
}

/** A scheme lets a request pass by `h.authenticated(…)`, and by nothing else. */
function toolkitMember({ context }: SourceOrigin, name: string, queries: LinkQueries): readonly Origin[] | undefined {
  if (name === "authenticated") return context === null ? undefined : [nextOrigin(context)];
  return decorated("toolkit", name, queries);
}

export const hapiKnowledge: FrameworkKnowledge = {
  member: hapiMember,
  parameterMember: serverParameterMember,
  callSource: () => undefined,
  call: () => undefined,
};
