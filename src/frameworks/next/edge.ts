/** `middleware.ts` and `proxy.ts`: what runs before requests reach their handlers, and for which paths. */
import { NONE } from "../../model/lowered.js";
import type { ProgramFile } from "../../program/linking/function-view.js";
import {
  type LinkQueries,
  type Origin,
  type PackageOrigin,
  packageMember,
  packageRoot,
  unknown,
} from "../../program/values/origin.js";
import { requestOrigin } from "../arguments.js";
import { type Exported, exportOf } from "../file-routes/exports.js";
import { samplePath } from "../file-routes/paths.js";
import { functionArgument, textOf } from "../procedures/builder-chain.js";
import type { Arguments, RawStep } from "../routing.js";
import { compileMatcher, MAX_PATH } from "./matcher.js";

export interface Edge {
  readonly steps: readonly RawStep[];
  /** null when it cannot be read */
  readonly patterns: readonly RegExp[] | null;
  /** paths for which its own options say that it turns nobody away; null when they cannot be read */
  readonly open: readonly RegExp[] | null;
}

/** Options by which ready-made middleware leaves paths open. */
const OPEN_PATHS: readonly { readonly module: RegExp; readonly path: RegExp; readonly options: readonly string[] }[] = [
  { module: /^@clerk\/nextjs/, path: /^authMiddleware\(\)$/, options: ["publicRoutes", "ignoredRoutes"] },
  {
    module: /^@workos-inc\/authkit-nextjs$/,
    path: /^authkit(?:Proxy|Middleware)\(\)$/,
    options: ["middlewareAuth.unauthenticatedPaths"],
  },
];

const given: Arguments = (context) => [[requestOrigin("web", context)], [unknown("fetch event")]];

/** Reads a middleware file; null when it exports none. */
export function readEdge(file: ProgramFile, queries: LinkQueries): Edge | null {
  const name = /(?:^|\/)proxy\.\w+$/.test(file.path) ? "proxy" : "middleware";
  const exported = exportOf(file, name, queries) ?? exportOf(file, "default", queries);
  if (exported === null) return null;
  return {
    steps: stepsOf(exported, name, queries),
    patterns: patternsOf(file, queries),
    open: openPaths(exported, queries),
  };
}

/** Whether a path goes through it; null when its patterns cannot be read. */
export function covers(edge: Edge, path: string): boolean | null {
  const sample = samplePath(path);
  if (edge.patterns === null || edge.open === null || sample.length > MAX_PATH) return null;
  if (edge.open.some((pattern) => pattern.test(sample))) return false;
  return edge.patterns.some((pattern) => pattern.test(sample));
}

function stepsOf(exported: Exported, name: string, queries: LinkQueries): readonly RawStep[] {
  const step = (origin: Origin, args: Arguments): RawStep => ({
    name,
    kind: "middleware",
    place: exported.place,
    origin,
    given: args,
    continuation: "returns",
    condition: "edge",
  });
  const origin = exported.origins.find((o) => o.kind === "function") ?? exported.origins[0] ?? unknown("no value");
  const site = origin.kind === "package" || origin.kind === "derived" ? origin.site : null;
  const inner = site === null ? null : functionArgument(site, queries);
  if (inner === null) return [step(origin, given)];
  const auth = origin.kind === "package" ? authArgument(origin) : null;
  return [step(origin, given), step(inner, auth === null ? given : (context) => [[auth], ...given(context)])];
}

/** Clerk's middleware hands its function an `auth` before the request. */
function authArgument(origin: PackageOrigin): Origin | null {
  if (!origin.module.startsWith("@clerk/")) return null;
  return packageMember(packageRoot(origin.module), "auth");
}

/** Paths that the options of a package's own middleware leave open. */
function openPaths({ origins }: Exported, queries: LinkQueries): readonly RegExp[] | null {
  const found: string[] = [];
  for (const origin of origins) {
    const site = origin.kind === "package" ? origin.site : null;
    const rule = OPEN_PATHS.find(
      (one) => origin.kind === "package" && one.module.test(origin.module) && one.path.test(origin.path),
    );
    const [options] = site === null || rule === undefined ? [] : site.fn.args(site.v);
    if (site === null || rule === undefined || options === undefined) continue;
    const given = queries.evaluate({ fn: site.fn, v: options, frame: site.frame });
    for (const option of rule.options) {
      const lists = given.flatMap((o) => [...queries.project(o, option.split("."))]);
      const sources = sourcesOf(lists.filter(isThere), queries);
      if (sources === null) return null;
      found.push(...sources);
    }
  }
  return compiledAll(found);
}

function isThere(origin: Origin): boolean {
  return origin.kind !== "constant" || (origin.value !== undefined && origin.value !== null);
}

function compiledAll(sources: readonly string[]): readonly RegExp[] | null {
  const compiled = sources.flatMap((source) => compileMatcher(source) ?? []);
  return compiled.length === sources.length ? compiled : null;
}

function patternsOf(file: ProgramFile, queries: LinkQueries): readonly RegExp[] | null {
  const config = exportOf(file, "config", queries);
  if (config === null) return [/^/];
  const matchers = config.origins.flatMap((o) => [...queries.project(o, ["matcher"])]);
  if (matchers.length > 0 && matchers.every((o) => o.kind === "constant" && o.value === undefined)) return [/^/];
  const sources = matchers.length === 0 ? null : sourcesOf(matchers, queries);
  if (sources === null) return null;
  return compiledAll(sources);
}

/** Texts of a matcher: one, a list, or objects with a `source`. */
function sourcesOf(matchers: readonly Origin[], queries: LinkQueries): readonly string[] | null {
  const found: string[] = [];
  for (const matcher of matchers) {
    const own = sourceOf(matcher, queries);
    if (own === null) return null;
    found.push(...own);
  }
  return found;
}

function sourceOf(matcher: Origin, queries: LinkQueries): readonly string[] | null {
  const text = textOf([matcher]);
  if (text !== null) return [text];
  if (matcher.kind !== "literal") return null;
  const { fn, v, frame } = matcher.site;
  if (matcher.form === "array") {
    const items = [...fn.list(fn.a(v))].map((item) => sourcesOf(queries.evaluate({ fn, v: item, frame }), queries));
    return items.every((item) => item !== null) ? items.flat() : null;
  }
  if (matcher.form !== "object") return null;
  // with `has` it only runs for some requests, so it covers nothing for certain
  if (fn.prop(v, "has") !== NONE) return [];
  return sourcesOf(queries.project(matcher, ["source"]), queries);
}
