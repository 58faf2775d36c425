/** What functions of clouds are given: callable requests, events of an API gateway. */
import { type Origin, type SourceOrigin, source } from "../../program/values/origin.js";
import { requestOrigin } from "../arguments.js";
import type { FrameworkKnowledge } from "../knowledge/knowledge.js";

export const CALLABLE = "callable";
export const GATEWAY = "gateway";

export const serverlessKnowledge: FrameworkKnowledge = { member, callSource: () => undefined, call: () => undefined };

function member(origin: SourceOrigin, name: string): readonly Origin[] | undefined {
  if (origin.dialect === CALLABLE && origin.source === "context" && origin.path === "") return ofCallable(origin, name);
  if (origin.dialect === GATEWAY && origin.source === "request") return ofGateway(origin, name);
  return undefined;
}

/** Members that neither generation has of its own are what the client sent. */
function ofCallable({ context, site }: SourceOrigin, name: string): readonly Origin[] {
  if (name === "auth") return [source("identity", "auth", { site, context })];
  if (name === "rawRequest" && context !== null) return [requestOrigin("express", context)];
  if (name === "app" || name === "acceptsStreaming") return [source("neutral", name)];
  return [source("input", name === "data" ? "data" : `data.${name}`, { site, context })];
}

/** `event.requestContext.authorizer`: set by the gateway, and only where an authorizer is bound. */
function ofGateway(origin: SourceOrigin, name: string): readonly Origin[] | undefined {
  const { context, site } = origin;
  if (origin.path === "") {
    // middy's request holds the event
    if (name === "event") return [origin];
    if (name === "requestContext") return [{ ...origin, path: name }];
    if (/^(?:multiValueHeaders|headers)$/.test(name)) return [source("input", "headers", { site, context })];
    if (/[qQ]ueryString|rawQueryString/.test(name)) return [source("input", "query", { site, context })];
    if (name === "pathParameters") return [source("input", "params", { site, context })];
    return name === "Records" || name === "detail" ? [source("input", name, { site, context })] : undefined;
  }
  if (origin.path !== "requestContext") return undefined;
  if (name === "authorizer") return [source("identity", "requestContext.authorizer", { site, context })];
  return [source("neutral", name)];
}
