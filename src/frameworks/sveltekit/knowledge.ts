/** What SvelteKit hands to its functions: one event with the request, its parameters and what hooks left on it. */
import {
  constant,
  type EntryContext,
  type Origin,
  type PackageOrigin,
  type Site,
  type SourceOrigin,
  source,
} from "../../program/values/origin.js";
import { nextOrigin, requestOrigin } from "../arguments.js";
import type { FrameworkKnowledge } from "../knowledge/knowledge.js";
import type { Arguments } from "../routing.js";

/** `(event)` of handlers, loads and actions. */
export const eventArguments: Arguments = (context) => [[requestOrigin("sveltekit", context)]];

/** `({ event, resolve })` of `handle`. */
export const handleArguments: Arguments = (context) => [
  [source("context", "", { dialect: "sveltekit-handle", context })],
];

/** What the client sent to a remote function. */
export const remoteArguments: Arguments = (context) => [[source("input", "args", { context })]];

export const sveltekitKnowledge: FrameworkKnowledge = { member, callSource, call, packageMember };

/** What the build sets: where the application hangs below its host, and that it runs and is not being built. */
function packageMember(origin: PackageOrigin, name: string): readonly Origin[] | undefined {
  if (origin.path !== "") return undefined;
  if (origin.module === "$app/paths" && (name === "base" || name === "assets")) return [constant("")];
  if (origin.module === "$app/environment" && (name === "building" || name === "browser")) return [constant(false)];
  return undefined;
}

const NO_CONTEXT: EntryContext = { method: "", metadata: new Map(), attached: new Map() };

function member(origin: SourceOrigin, name: string): readonly Origin[] | undefined {
  if (origin.dialect === "sveltekit-handle") {
    const context = origin.context ?? NO_CONTEXT;
    if (name === "event") return [requestOrigin("sveltekit", context)];
    return name === "resolve" ? [nextOrigin(context)] : undefined;
  }
  if (origin.dialect !== "sveltekit" || origin.source !== "request" || origin.path !== "") return undefined;
  // the route's pattern, the platform's bindings: nothing that the client wrote
  if (name === "route" || name === "platform" || name === "isDataRequest") return [source("neutral", name)];
  return undefined;
}

/** `locals.auth()` of Auth.js and its like, where no hook in sight put it there. */
function callSource(origin: SourceOrigin, site: Site): readonly Origin[] | undefined {
  if (origin.dialect !== "sveltekit" || origin.source !== "request") return undefined;
  if (!/^locals\.(?:auth|validate|validateUser|safeGetSession)$/.test(origin.path)) return undefined;
  return [source("identity", "session", { site, context: origin.context, named: true })];
}

function call(callee: PackageOrigin, site: Site): readonly Origin[] | undefined {
  if (callee.module !== "$app/server" || callee.path !== "getRequestEvent") return undefined;
  return [source("request", "", { dialect: "sveltekit", context: NO_CONTEXT, site })];
}
