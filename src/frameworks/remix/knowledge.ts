/** What Remix and React Router hand to loaders, actions and middleware, and their cookies and sessions. */

import { calleeName } from "../../program/facts/refusals.js";
import {
  type EntryContext,
  type Origin,
  type OriginQueries,
  type PackageOrigin,
  type Site,
  type SourceOrigin,
  source,
} from "../../program/values/origin.js";
import { requestOrigin } from "../arguments.js";
import { setUnderKey } from "../knowledge/keyed-values.js";
import type { FrameworkKnowledge } from "../knowledge/knowledge.js";
import { namesIdentity } from "../knowledge/request.js";
import type { Arguments } from "../routing.js";

/** `({ request, params, context })` of loaders, actions and middleware. */
export const routeModuleArguments: Arguments = (context) => [[source("context", "", { dialect: "remix", context })]];

export const remixKnowledge: FrameworkKnowledge = { member, callSource, call };

const MODULE = /^(?:@remix-run\/(?!react)[\w-]+|react-router|@react-router\/[\w-]+)$/;
const NO_CONTEXT: EntryContext = { method: "", metadata: new Map(), attached: new Map() };
const SESSION_METHODS = new Set(["get", "has", "set", "unset", "flash"]);

function member(origin: SourceOrigin, name: string): readonly Origin[] | undefined {
  if (origin.dialect === "remix" && origin.source === "context") return argument(origin, name);
  // read before the name is taken for a value kept in the session
  if (origin.dialect === "cookie-session" && SESSION_METHODS.has(name)) return [{ ...origin, path: `session.${name}` }];
  return undefined;
}

function argument(origin: SourceOrigin, name: string): readonly Origin[] {
  const { site } = origin;
  const context = origin.context ?? NO_CONTEXT;
  switch (name) {
    case "request":
      return [requestOrigin("web", context)];
    case "params":
      return [source("input", "params", { context, site })];
    case "context":
      return [requestOrigin("remix-context", context)];
    default:
      return [source("neutral", name)];
  }
}

function callSource(origin: SourceOrigin, site: Site, queries: OriginQueries): readonly Origin[] | undefined {
  if (origin.source !== "request") return undefined;
  if (origin.dialect === "cookie-session") {
    const name = origin.path.split(".").at(-1);
    if (name !== "get" && name !== "has") return undefined;
    return [source("identity", "session", { site, context: origin.context })];
  }
  return origin.dialect === "remix-context" && origin.path === "get" ? ofContext(origin, site, queries) : undefined;
}

/** `context.get(userContext)`: what middleware set under the same key. */
function ofContext(origin: SourceOrigin, site: Site, queries: OriginQueries): readonly Origin[] | undefined {
  const set = setUnderKey(origin, site, queries);
  if (set !== undefined) return set;
  const { fn, v } = site;
  if (fn.args(v).length === 0) return undefined;
  const name = calleeName(fn, fn.args(v)[0]).replace(/context$/i, "");
  return namesIdentity(name) ? [source("identity", name, { context: origin.context, named: true })] : undefined;
}

function call(callee: PackageOrigin, site: Site): readonly Origin[] | undefined {
  if (callee.module.startsWith("remix-auth")) {
    return /\.(?:isAuthenticated|authenticate)$/.test(callee.path) ? [source("identity", "user", { site })] : undefined;
  }
  if (!MODULE.test(callee.module)) return undefined;
  // cookies of sessions are signed
  if (/SessionStorage\(\)\.getSession$/.test(callee.path)) {
    return [source("request", "session", { site, dialect: "cookie-session" })];
  }
  if (/^createCookie\(\)\.parse$/.test(callee.path)) return [source("credential", "cookies", { site })];
  return undefined;
}
