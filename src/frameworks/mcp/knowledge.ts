/** What MCP handlers are given beside their arguments: what the transport's route found out about the caller. */
import { type Origin, type SourceOrigin, source } from "../../program/values/origin.js";
import { requestOrigin } from "../arguments.js";
import type { FrameworkKnowledge } from "../knowledge/knowledge.js";

export const MCP = "mcp";

export const mcpKnowledge: FrameworkKnowledge = { member, callSource: () => undefined, call: () => undefined };

function member(origin: SourceOrigin, name: string): readonly Origin[] | undefined {
  if (origin.dialect !== MCP || origin.source !== "context" || origin.path !== "") return undefined;
  const { context, site } = origin;
  if (name === "authInfo") return [source("identity", "authInfo", { site, context })];
  if (name === "http") return [origin];
  if (name === "requestInfo" && context !== null) return [requestOrigin("express", context)];
  if (name === "signal" || name === "sendNotification" || name === "sendRequest" || name === "mcpReq")
    return [source("neutral", name)];
  return [source("input", `arguments.${name}`, { site, context })];
}
