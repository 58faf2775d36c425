/** What a Hono context holds: the request, variables that middleware set, bindings; and ready-made middleware. */
import { derived } from "../../program/values/computed-origins.js";
import {
  type Origin,
  type OriginQueries,
  type PackageOrigin,
  type Site,
  type SourceOrigin,
  source,
} from "../../program/values/origin.js";
import type { FrameworkKnowledge } from "../knowledge/knowledge.js";
import { fluentResult } from "./apps.js";

const CONTEXT = "hono";
const REQUEST = "hono-request";
/** methods and members that are about the answer */
const ANSWERING = new Set(
  (
    "json text html body redirect header status newResponse notFound render setRenderer setLayout getLayout " +
    "res error finalized event executionCtx stream"
  ).split(" "),
);
/** methods of the request whose result `callRequest` knows */
const READING = new Set(
  "param query queries header json text formData parseBody arrayBuffer blob valid cookie".split(" "),
);

function member(origin: SourceOrigin, name: string): readonly Origin[] | undefined {
  if (origin.source !== "request" || origin.path !== "") return undefined;
  const { site, context } = origin;
  if (origin.dialect === REQUEST) {
    if (READING.has(name)) return [{ ...origin, path: name }];
    return name === "raw" ? [{ ...origin, dialect: "web" }] : undefined;
  }
  if (origin.dialect !== CONTEXT) return undefined;
  if (name === "req") return [{ ...origin, dialect: REQUEST }];
  if (name === "env") return [source("config", "env", { site, context })];
  if (name === "var" || name === "get" || name === "set") return [{ ...origin, path: name }];
  return ANSWERING.has(name) ? [source("neutral", name)] : undefined;
}

function call(callee: PackageOrigin, site: Site, queries: OriginQueries): readonly Origin[] | undefined {
  const app = fluentResult(callee);
  if (app !== undefined) return [app];
  switch (callee.module) {
    case "hono/combine":
      return combined(callee, site, queries);
    case "hono/factory":
      return callee.path.endsWith("createHandlers") ? [derived(argumentsOf(site, queries), "rest", site)] : undefined;
    case "hono/adapter":
      return callee.path === "env" ? [source("config", "env", { site })] : undefined;
    case "hono/context-storage":
      return /^(?:tryG|g)etContext$/.test(callee.path)
        ? [source("request", "", { dialect: CONTEXT, site })]
        : undefined;
    case "@hono/zod-openapi":
      return /^(?:createRoute|defineOpenAPIRoute|\$)$/.test(callee.path)
        ? argumentsOf(site, queries).slice(0, 1)
        : undefined;
    default:
      return undefined;
  }
}

/** `some(a, b)` lets through what one of them lets through, `every(a, b)` what both do. */
function combined(callee: PackageOrigin, site: Site, queries: OriginQueries): readonly Origin[] | undefined {
  if (callee.path !== "some" && callee.path !== "every") return undefined;
  const how = callee.path === "some" ? "one-of" : "all-of";
  return [{ kind: "derived", of: argumentsOf(site, queries), how, site }];
}

function argumentsOf(site: Site, queries: OriginQueries): readonly Origin[] {
  const { fn, v, frame } = site;
  return Array.from(fn.args(v)).flatMap((arg) => [...queries.evaluate({ fn, v: arg, frame })]);
}

export const honoKnowledge: FrameworkKnowledge = { member, callSource: () => undefined, call };
