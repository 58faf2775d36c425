/** Nuxt and Nitro: handlers below `server/api` and `server/routes`, and the middleware before all of them. */
import type { ProgramFile } from "../../program/linking/function-view.js";
import type { LinkQueries, Origin, Site } from "../../program/values/origin.js";
import { bracketPath, type PlacedFile, placeBelow } from "../file-routes/brackets.js";
import { fileEntry } from "../file-routes/entry.js";
import { type Exported, exportOf } from "../file-routes/exports.js";
import { type Handler, handlerOf } from "../file-routes/handlers.js";
import { orderedSteps } from "../file-routes/steps.js";
import { argumentAt, headOfFunction, lastName, originsOfArgument } from "../procedures/builder-chain.js";
import type { Adapter, AdapterInput, AdapterOutput, RawEntry, RawStep } from "../routing.js";
import { eventArguments } from "./knowledge.js";

export const nuxtAdapter: Adapter = { name: "nuxt", packages: [], collect };

const CONFIG = /^((?:.*\/)?)(nuxt|nitro)\.config\.[cm]?[jt]s$/;
const METHOD = /\.(get|post|put|patch|delete|head|options)$/;
const MAKER = /^(?:define(?:Cached|Lazy)?(?:Event)?Handler|(?:cached)?[eE]ventHandler)$/;
const SERVED = [
  { folder: "server/api", base: ["api"] },
  { folder: "server/routes", base: [] },
] as const;
/** Without Nuxt around it, Nitro serves these next to its configuration as well. */
const SERVED_BY_NITRO = [
  { folder: "api", base: ["api"] },
  { folder: "routes", base: [] },
] as const;

function collect({ program, queries }: AdapterInput): AdapterOutput {
  const roots = rootsOf(program.files);
  if (roots.size === 0) return { entries: [], faults: [], unknowns: [] };
  const middleware = new Map<string, RawStep[]>();
  for (const file of [...program.files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const placed = placeBelow(file.path, "server/middleware") ?? placedByNitro(file.path, "middleware", roots);
    if (placed === null) continue;
    const own = middlewareOf(file, queries);
    middleware.set(placed.root, [...(middleware.get(placed.root) ?? []), ...own]);
  }
  const entries: RawEntry[] = [];
  for (const file of program.files) {
    const served = servedFrom(file.path, roots);
    const before = served === null ? [] : (middleware.get(served.root) ?? []);
    const entry = served === null ? null : routeEntry(file, served.segments, before, queries);
    if (entry !== null) entries.push(entry);
  }
  return { entries, faults: [], unknowns: [] };
}

/** Folders with a configuration, and whether it is Nitro's own. */
type Roots = ReadonlyMap<string, "nuxt" | "nitro">;

function rootsOf(files: Iterable<ProgramFile>): Roots {
  const roots = new Map<string, "nuxt" | "nitro">();
  for (const file of files) {
    const found = CONFIG.exec(file.path);
    if (found === null) continue;
    const [, root, kind] = found;
    if (kind === "nuxt" || !roots.has(root)) roots.set(root, kind === "nuxt" ? "nuxt" : "nitro");
  }
  return roots;
}

/** Where a file's path begins in the URL. */
function servedFrom(path: string, roots: Roots): PlacedFile | null {
  for (const { folder, base } of SERVED) {
    const placed = placeBelow(path, folder);
    // layers keep their servers below a folder of their own
    if (placed !== null && [...roots.keys()].some((root) => placed.root.startsWith(root)))
      return { root: placed.root, segments: [...base, ...placed.segments] };
  }
  for (const { folder, base } of SERVED_BY_NITRO) {
    const placed = placedByNitro(path, folder, roots);
    if (placed !== null) return { root: placed.root, segments: [...base, ...placed.segments] };
  }
  return null;
}

function placedByNitro(path: string, folder: string, roots: Roots): PlacedFile | null {
  const placed = placeBelow(path, folder);
  return placed !== null && roots.get(placed.root) === "nitro" ? placed : null;
}

function middlewareOf(file: ProgramFile, queries: LinkQueries): readonly RawStep[] {
  const exported = exportOf(file, "default", queries);
  if (exported === null) return [];
  const name = file.path.replace(/^.*\/|\.[cm]?[jt]s$/g, "");
  return orderedSteps(exported, eventArguments, "returns", queries).map((step) => ({
    ...step,
    name: step.name === "default" ? name : step.name,
  }));
}

function routeEntry(
  file: ProgramFile,
  segments: readonly string[],
  before: readonly RawStep[],
  queries: LinkQueries,
): RawEntry | null {
  const exported = exportOf(file, "default", queries);
  if (exported === null) return null;
  const last = segments.at(-1) ?? "";
  const method = METHOD.exec(last)?.[1].toUpperCase() ?? "ALL";
  const own = last.replace(METHOD, "");
  const path = bracketPath([...segments.slice(0, -1), ...(own === "index" ? [] : [own])]);
  const object = objectHandler(exported, queries);
  const handler = object?.handler ?? handlerOf(exported.origins, exported, "", eventArguments, queries);
  if (handler.origin.kind !== "function" && handler.origin.kind !== "package") return null;
  const named = handler.name === "default" ? path : handler.name;
  return fileEntry(
    {
      framework: "nuxt",
      transport: "http",
      method,
      path,
      exported,
      // what h3 itself wraps around a handler says nothing of callers
      handler: { ...handler, name: named, steps: handler.steps.filter((step) => !MAKER.test(lastName(step.name))) },
      given: eventArguments,
      before: [...before, ...(object?.before ?? [])],
    },
    queries,
  );
}

/** `defineEventHandler({ onRequest: [f], handler })` */
function objectHandler(
  exported: Exported,
  queries: LinkQueries,
): { readonly handler: Handler; readonly before: readonly RawStep[] } | null {
  for (const origin of exported.origins) {
    const site: Site | null = origin.kind === "package" ? origin.site : null;
    if (site === null || argumentAt(site, 0) === null) continue;
    const options = originsOfArgument(site, 0, queries).find((o) => o.kind === "literal" && o.form === "object");
    if (options === undefined) continue;
    const of = (name: string): readonly Origin[] => queries.project(options, [name]);
    const work = of("handler").find((o) => o.kind === "function");
    if (work?.kind !== "function") continue;
    const hooks = ["onRequest", "middleware"].flatMap((name) => {
      const origins = of(name).filter((o) => !(o.kind === "constant"));
      return origins.length === 0
        ? []
        : orderedSteps({ ...exported, name, origins }, eventArguments, "returns", queries);
    });
    const handler = { origin: work, name: "default", place: headOfFunction(work.fn), steps: [], wrapped: null };
    return { handler, before: hooks };
  }
  return null;
}
