/** What Connect gives to methods and interceptors: the message, headers, and values that interceptors left. */
import { type Origin, type OriginQueries, type Site, type SourceOrigin, source } from "../../program/values/origin.js";
import { requestOrigin } from "../arguments.js";
import { setUnderKey } from "../knowledge/keyed-values.js";
import type { FrameworkKnowledge } from "../knowledge/knowledge.js";
import type { Arguments } from "../routing.js";

/** `HandlerContext`, beside the message */
const CONTEXT = "connect-context";
/** what interceptors get: `UnaryRequest`, `StreamRequest` */
const REQUEST = "connect-request";
/** `ContextValues`, by keys of `createContextKey` */
const VALUES = "connect-values";

export const handlerArguments: Arguments = (context) => [
  [source("input", "message", { context })],
  [requestOrigin(CONTEXT, context)],
];

export const interceptorArguments: Arguments = (context) => [[requestOrigin(REQUEST, context)]];

export const connectRpcKnowledge: FrameworkKnowledge = { member, callSource, call: () => undefined };

function member(origin: SourceOrigin, name: string): readonly Origin[] | undefined {
  if (origin.source !== "request" || origin.path !== "") return undefined;
  const { site, context, dialect } = origin;
  if (dialect === VALUES) return [{ ...origin, path: name }];
  if (dialect !== CONTEXT && dialect !== REQUEST) return undefined;
  switch (name) {
    case "requestHeader":
    case "header":
      return [source("input", "headers", { site, context })];
    case "values":
    case "contextValues":
      return [{ ...origin, dialect: VALUES }];
    case "message":
      return [source("input", "message", { site, context })];
    default:
      return [source("neutral", name)];
  }
}

/** `context.values.get(key)`: what an interceptor set under the same key. */
function callSource(origin: SourceOrigin, site: Site, queries: OriginQueries): readonly Origin[] | undefined {
  if (origin.dialect !== VALUES || origin.path !== "get") return undefined;
  return setUnderKey(origin, site, queries);
}
