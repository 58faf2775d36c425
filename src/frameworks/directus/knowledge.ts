/** Who calls an endpoint of Directus: `req.accountability`, which is there for anonymous callers as well. */
import { type Origin, type SourceOrigin, source } from "../../program/values/origin.js";
import type { FrameworkKnowledge } from "../knowledge/knowledge.js";

/** What is null, false or empty for callers who are not signed in. */
const KNOWN = new Set(["user", "role", "roles", "admin", "app", "session", "policies"]);

function member(origin: SourceOrigin, name: string): readonly Origin[] | undefined {
  if (origin.dialect !== "express" || origin.source !== "request") return undefined;
  if (origin.path === "" && name === "accountability") return [{ ...origin, path: name }];
  if (origin.path !== "accountability") return undefined;
  const { context, site } = origin;
  return [KNOWN.has(name) ? source("identity", name, { context, site }) : source("neutral", name)];
}

export const directusKnowledge: FrameworkKnowledge = { member, callSource: () => undefined, call: () => undefined };
