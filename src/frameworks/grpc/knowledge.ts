/** What a gRPC call holds: the message, the metadata with the caller's credentials. */
import { type Origin, type SourceOrigin, source } from "../../program/values/origin.js";
import type { FrameworkKnowledge } from "../knowledge/knowledge.js";

export const GRPC = "grpc";

export const grpcKnowledge: FrameworkKnowledge = { member, callSource: () => undefined, call: () => undefined };

function member(origin: SourceOrigin, name: string): readonly Origin[] | undefined {
  if (origin.dialect !== GRPC || origin.source !== "request" || origin.path !== "") return undefined;
  const { context, site } = origin;
  if (name === "request") return [source("input", "request", { site, context })];
  // read like headers: `metadata.get("authorization")`
  return name === "metadata" ? [source("input", "headers", { site, context })] : undefined;
}
