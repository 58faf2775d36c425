/** What h3 hands to its handlers, and the functions with which these read the request, imported or not. */
import {
  type Origin,
  type OriginQueries,
  type PackageOrigin,
  type Site,
  type SourceOrigin,
  source,
} from "../../program/values/origin.js";
import { requestOrigin } from "../arguments.js";
import type { FrameworkKnowledge } from "../knowledge/knowledge.js";
import { headerOf } from "../knowledge/request.js";
import type { Arguments } from "../routing.js";

/** `(event)` of handlers and middleware. */
export const eventArguments: Arguments = (context) => [[requestOrigin("h3", context)]];

export const nuxtKnowledge: FrameworkKnowledge = { member: () => undefined, callSource: () => undefined, call };

/** Nitro imports h3 by itself, so that its functions are names nobody declares. */
const MODULE = /^(?:|h3|h3-nightly|#imports|nitro|nitro\/h3|nitropack\/runtime)$/;
const SESSIONS = /^(?:getUserSession|requireUserSession|getServerSession|useSession|getSession|getToken)$/;

function call(callee: PackageOrigin, site: Site, queries: OriginQueries): readonly Origin[] | undefined {
  if (callee.module === "#supabase/server" && callee.path === "serverSupabaseUser")
    return [source("identity", "", { site })];
  if (!MODULE.test(callee.module) && !callee.module.startsWith("#")) return undefined;
  const event = eventOf(site, queries);
  if (event === null) return undefined;
  const { context } = event;
  const text = textAt(site, 1, queries);
  const input = (path: string): readonly Origin[] => [source("input", path, { site, context })];
  if (/^read(?:Validated)?(?:Raw)?(?:Multipart)?(?:Body|FormData)$/.test(callee.path)) return input("body");
  if (/^get(?:Validated)?Query$/.test(callee.path)) return input("query");
  if (/^get(?:Validated)?RouterParams?$/.test(callee.path)) return input(text === null ? "params" : `params.${text}`);
  if (/^get(?:Request)?Headers?$/.test(callee.path)) {
    const headers = source("input", "headers", { site, context });
    return [text === null ? headers : headerOf(headers, text)];
  }
  if (/^(?:getCookie|parseCookies)$/.test(callee.path))
    return [source("credential", `cookies.${text ?? ""}`, { site })];
  if (callee.path === "getRequestURL") return input("url");
  return SESSIONS.test(callee.path) ? [source("identity", "session", { site, context })] : undefined;
}

/** The event that is given as the first argument. */
function eventOf(site: Site, queries: OriginQueries): SourceOrigin | null {
  const { fn, v, frame } = site;
  const args = fn.args(v);
  if (args.length === 0) return null;
  for (const origin of queries.evaluate({ fn, v: args[0], frame })) {
    if (origin.kind === "source" && origin.source === "request" && origin.dialect === "h3") return origin;
  }
  return null;
}

function textAt(site: Site, index: number, queries: OriginQueries): string | null {
  const { fn, v, frame } = site;
  const args = fn.args(v);
  const [only] = index < args.length ? queries.evaluate({ fn, v: args[index], frame }) : [];
  return only?.kind === "constant" && typeof only.value === "string" ? only.value : null;
}
