/** What Payload hands to access functions and endpoints. */
import { type Origin, type SourceOrigin, source } from "../../program/values/origin.js";
import { requestOrigin } from "../arguments.js";
import type { FrameworkKnowledge } from "../knowledge/knowledge.js";
import type { Arguments } from "../routing.js";

const ACCESS = "payload-access";
const REQUEST = "payload";

/** `({ req, id, data })` of access functions. */
export const accessArguments: Arguments = (context) => [[source("context", "", { dialect: ACCESS, context })]];

/** `(req)` of endpoints, and `(req, res, next)` of the older form. */
export const endpointArguments: Arguments = (context) => [
  [requestOrigin(REQUEST, context)],
  [source("neutral", "response", { context })],
];

function member(origin: SourceOrigin, name: string): readonly Origin[] | undefined {
  if (origin.dialect === ACCESS && origin.source === "context" && origin.path === "") {
    const { context, site } = origin;
    if (name === "req") return context === null ? undefined : [requestOrigin(REQUEST, context)];
    return [source("input", name, { context, site })];
  }
  if (origin.dialect !== REQUEST || origin.source !== "request" || origin.path !== "") return undefined;
  const { context, site } = origin;
  if (name === "user") return [source("identity", "user", { context, site })];
  if (name === "routeParams") return [source("input", "params", { context, site })];
  if (name === "data") return [source("input", "body", { context, site })];
  return name === "payload" || name === "context" || name === "t" ? [source("neutral", name)] : undefined;
}

export const payloadKnowledge: FrameworkKnowledge = { member, callSource: () => undefined, call: () => undefined };
