/** What Feathers hands to hooks and service methods. */
import { constant, type EntryContext, type Origin, type SourceOrigin, source } from "../../program/values/origin.js";
import { nextOrigin, requestOrigin } from "../arguments.js";
import type { FrameworkKnowledge } from "../knowledge/knowledge.js";
import type { Arguments } from "../routing.js";

const CONTEXT = "feathers";
const PARAMS = "feathers-params";
/** Keys under which an entry keeps its service and method, for hooks that look at them. */
export const SERVICE_KEY = "feathers:service";
export const METHOD_KEY = "feathers:method";

/** `(context, next)` of hooks. */
export const hookArguments: Arguments = (context) => [[requestOrigin(CONTEXT, context)], [nextOrigin(context)]];

function paramsOf(context: EntryContext): readonly Origin[] {
  return [source("request", "", { dialect: PARAMS, context })];
}

/** Arguments of the service's methods. */
export function methodArguments(method: string): Arguments {
  return (context) => {
    const id: readonly Origin[] = [source("input", "params.id", { context })];
    const data: readonly Origin[] = [source("input", "body", { context })];
    const params = paramsOf(context);
    if (method === "find") return [params];
    if (method === "get" || method === "remove") return [id, params];
    return method === "update" || method === "patch" ? [id, data, params] : [data, params];
  };
}

function member(origin: SourceOrigin, name: string): readonly Origin[] | undefined {
  if (origin.source !== "request" || origin.path !== "") return undefined;
  if (origin.dialect === CONTEXT) return contextMember(origin, name);
  return origin.dialect === PARAMS ? paramsMember(origin, name) : undefined;
}

function contextMember({ context, site }: SourceOrigin, name: string): readonly Origin[] | undefined {
  switch (name) {
    case "params":
      return [source("request", "", { dialect: PARAMS, context, site })];
    case "data":
      return [source("input", "body", { context, site })];
    case "id":
      return [source("input", "params.id", { context, site })];
    case "path":
      return [...(context?.metadata.get(SERVICE_KEY) ?? [source("neutral", name)])];
    case "method":
      return [...(context?.metadata.get(METHOD_KEY) ?? [source("neutral", name)])];
    default:
      return ["app", "service", "type", "result", "error", "event", "http", "statusCode"].includes(name)
        ? [source("neutral", name)]
        : undefined;
  }
}

/** Calls from outside have a provider, and those of the project's own code none. */
function paramsMember({ context, site }: SourceOrigin, name: string): readonly Origin[] | undefined {
  if (name === "provider") return [constant("rest")];
  if (name === "query") return [source("input", "query", { context, site })];
  if (name === "headers") return [source("input", "headers", { context, site })];
  if (name === "authentication") return [source("credential", "authentication", { context, site })];
  return name === "connection" || name === "route" ? [source("neutral", name)] : undefined;
}

export const feathersKnowledge: FrameworkKnowledge = { member, callSource: () => undefined, call: () => undefined };
