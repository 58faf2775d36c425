/** What AdonisJS hands to middleware and controllers. */
import { type Origin, type OriginQueries, type Site, type SourceOrigin, source } from "../../program/values/origin.js";
import { nextOrigin, requestOrigin } from "../arguments.js";
import type { FrameworkKnowledge } from "../knowledge/knowledge.js";
import { headerOf } from "../knowledge/request.js";
import type { Arguments } from "../routing.js";

const DIALECT = "adonis";
const HEAD = new Set(["qs", "header", "headers", "cookie", "plainCookie", "encryptedCookie"]);
const BODY = new Set("all only except body input validateUsing validate original collect file files".split(" "));

/** `(ctx, next, options)` of middleware, `(ctx)` of controllers. */
export const contextArguments: Arguments = (context) => [
  [requestOrigin(DIALECT, context)],
  [nextOrigin(context)],
  [source("neutral", "options")],
];

function member(origin: SourceOrigin, name: string): readonly Origin[] | undefined {
  if (origin.dialect !== DIALECT || origin.source !== "request") return undefined;
  const { context, site } = origin;
  if (origin.path === "auth") {
    if (name === "user" || name === "isAuthenticated" || name === "isLoggedIn")
      return [source("identity", `auth.${name}`, { context, site })];
    return [{ ...origin, path: `auth.${name}` }];
  }
  if (origin.path !== "") return undefined;
  if (name === "auth" || name === "bouncer") return [{ ...origin, path: name }];
  if (name === "request") return [origin];
  if (name === "response" || name === "view" || name === "inertia" || name === "logger" || name === "i18n")
    return [source("neutral", name)];
  if (name === "session") return [{ ...origin, path: "session" }];
  return BODY.has(name) || HEAD.has(name) ? [{ ...origin, path: name }] : undefined;
}

/** `request.header("authorization")` */
function headerNamed({ fn, v, frame }: Site, context: SourceOrigin["context"], queries: OriginQueries): Origin {
  const [first] = fn.args(v);
  const [name] = first === undefined ? [] : queries.evaluate({ fn, v: first, frame });
  const headers = source("input", "headers", { context });
  return name?.kind === "constant" ? headerOf(headers, String(name.value)) : headers;
}

function callSource(origin: SourceOrigin, site: Site, queries: OriginQueries): readonly Origin[] | undefined {
  if (origin.dialect !== DIALECT || origin.source !== "request") return undefined;
  const { context } = origin;
  if (BODY.has(origin.path)) return [source("input", "body", { context, site })];
  if (origin.path === "header") return [headerNamed(site, context, queries)];
  if (origin.path === "headers") return [source("input", "headers", { context, site })];
  if (HEAD.has(origin.path) && origin.path !== "qs") return [source("credential", "cookies", { context, site })];
  if (origin.path === "qs") return [source("input", "query", { context, site })];
  // another guard of the same authenticator
  if (origin.path === "auth.use") return [{ ...origin, path: "auth" }];
  if (
    /^auth\.(?:authenticate|authenticateUsing|getUserOrFail|check|checkUsing|authenticateAsClient)$/.test(origin.path)
  )
    return [source("identity", origin.path, { context, site })];
  return undefined;
}

export const adonisKnowledge: FrameworkKnowledge = { member, callSource, call: () => undefined };
