/** What an Elysia context holds, and what its plugins add to it. */
import { type Origin, type PackageOrigin, type Site, type SourceOrigin, source } from "../../program/values/origin.js";
import { requestOrigin } from "../arguments.js";
import type { FrameworkKnowledge } from "../knowledge/knowledge.js";
import type { Arguments } from "../routing.js";
import { FLUENT, fluentResult, INSTANCE } from "./instances.js";

const DIALECT = "elysia";
/** members that are about the answer */
const ANSWERING = new Set("set status error redirect response responseValue server route".split(" "));
const TOKENS = /^\w*jwt\w*$/i;

/** `(context)` of handlers and hooks. */
export const elysiaArguments: Arguments = (context) => [[requestOrigin(DIALECT, context)]];

function member(origin: SourceOrigin, name: string): readonly Origin[] | undefined {
  // methods of a callback's instance give the instance back
  if (origin.dialect === INSTANCE)
    return FLUENT.has(name) ? [{ ...origin, path: `${origin.path} ${name}` }] : undefined;
  if (origin.dialect !== DIALECT || origin.source !== "request") return undefined;
  const { site, context } = origin;
  if (origin.path === "jwt") return [{ ...origin, path: `jwt ${name}` }];
  if (origin.path !== "") return undefined;
  if (name === "cookie") return [source("credential", "cookies", { site, context })];
  if (name === "bearer") return [source("credential", "headers.authorization", { site, context })];
  if (TOKENS.test(name) && context?.attached.has(name) !== true) return [{ ...origin, path: "jwt" }];
  return ANSWERING.has(name) ? [source("neutral", name)] : undefined;
}

/** `jwt.verify(token)` of `@elysiajs/jwt` answers with the claims, or with false. */
function callSource(origin: SourceOrigin, site: Site): readonly Origin[] | undefined {
  if (origin.dialect === INSTANCE) return [{ ...origin, path: origin.path.split(" ")[0] }];
  if (origin.dialect !== DIALECT || origin.path !== "jwt verify") return undefined;
  return [source("identity", "claims", { site, context: origin.context })];
}

function call(callee: PackageOrigin): readonly Origin[] | undefined {
  const instance = fluentResult(callee);
  return instance === undefined ? undefined : [instance];
}

export const elysiaKnowledge: FrameworkKnowledge = { member, callSource, call };
