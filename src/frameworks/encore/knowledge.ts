/** What Encore gives code besides arguments: `getAuthData()` answers what the gateway's handler returned for the caller. */
import { type Origin, type PackageOrigin, type SourceOrigin, source } from "../../program/values/origin.js";
import type { FrameworkKnowledge } from "../knowledge/knowledge.js";

function call(callee: PackageOrigin): readonly Origin[] | undefined {
  if (callee.module !== "~encore/auth" || callee.path !== "getAuthData") return undefined;
  return [source("identity", "authData")];
}

/** What middleware reads of the call that it stands before. */
function member(origin: SourceOrigin, name: string): readonly Origin[] | undefined {
  if (origin.source !== "request" || origin.path !== "requestMeta") return undefined;
  if (name === "pathParams") return [source("input", "params", { context: origin.context })];
  return name === "parsedPayload" ? [source("input", "body", { context: origin.context })] : undefined;
}

export const encoreKnowledge: FrameworkKnowledge = { member, callSource: () => undefined, call };
