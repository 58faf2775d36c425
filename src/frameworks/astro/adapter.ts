/** Astro: endpoints below `src/pages`, actions, and the middleware before both. */
import type { ProgramFile } from "../../program/linking/function-view.js";
import { type EntryContext, type LinkQueries, type Origin, source } from "../../program/values/origin.js";
import { nextOrigin, requestOrigin } from "../arguments.js";
import { bracketPath, placeBelow } from "../file-routes/brackets.js";
import { fileEntry } from "../file-routes/entry.js";
import { type Exported, exportOf } from "../file-routes/exports.js";
import { handlerOf } from "../file-routes/handlers.js";
import { HTTP_METHODS } from "../file-routes/methods.js";
import { orderedSteps } from "../file-routes/steps.js";
import { headOfFunction, originsOfArgument } from "../procedures/builder-chain.js";
import type { Adapter, AdapterInput, AdapterOutput, Arguments, RawEntry, RawStep } from "../routing.js";

export const astroAdapter: Adapter = {
  name: "astro",
  packages: ["astro", "astro:actions", "astro:middleware", "astro:content"],
  collect,
};

const api = (context: EntryContext): readonly Origin[] => [requestOrigin("astro", context)];
/** `(context)` of endpoints. */
const endpointArguments: Arguments = (context) => [api(context)];
/** `(context, next)` of middleware. */
const middlewareArguments: Arguments = (context) => [api(context), [nextOrigin(context)]];
/** `(input, context)` of actions. */
const actionArguments: Arguments = (context) => [[source("input", "input", { context })], api(context)];

const MIDDLEWARE = /^((?:.*\/)?)src\/middleware(?:\/index)?\.[cm]?[jt]s$/;
const ACTIONS = /^((?:.*\/)?)src\/actions(?:\/index)?\.[cm]?[jt]s$/;
const MAX_DEPTH = 4;

function collect({ program, queries }: AdapterInput): AdapterOutput {
  const middleware = new Map<string, readonly RawStep[]>();
  for (const file of program.files) {
    const root = MIDDLEWARE.exec(file.path)?.[1];
    const exported = root === undefined ? null : exportOf(file, "onRequest", queries);
    if (root === undefined || exported === null) continue;
    middleware.set(root, orderedSteps(exported, middlewareArguments, "calls-next", queries));
  }
  const entries: RawEntry[] = [];
  for (const file of program.files) {
    const placed = placeBelow(file.path, "src/pages");
    if (placed !== null) entries.push(...endpoints(file, placed.segments, middleware.get(placed.root) ?? [], queries));
    const root = ACTIONS.exec(file.path)?.[1];
    const server = root === undefined ? null : exportOf(file, "server", queries);
    if (root === undefined || server === null) continue;
    for (const origin of server.origins) {
      entries.push(...actions(origin, "", server, middleware.get(root) ?? [], queries, 0));
    }
  }
  return { entries, faults: [], unknowns: [] };
}

function endpoints(
  file: ProgramFile,
  segments: readonly string[],
  before: readonly RawStep[],
  queries: LinkQueries,
): readonly RawEntry[] {
  // names with an underscore are not served
  if (segments.some((segment) => segment.startsWith("_"))) return [];
  const path = bracketPath(segments.at(-1) === "index" ? segments.slice(0, -1) : segments);
  const built = exportOf(file, "prerender", queries);
  const prerendered = built?.origins.some((o) => o.kind === "constant" && o.value === true) === true;
  return [...HTTP_METHODS, "ALL"].flatMap((method) => {
    const exported = exportOf(file, method, queries);
    if (exported === null) return [];
    const handler = handlerOf(exported.origins, exported, method, endpointArguments, queries);
    return [
      fileEntry(
        {
          framework: "astro",
          transport: "http",
          method,
          path,
          exported,
          handler,
          given: endpointArguments,
          // what is built ahead is served as a file, without any middleware
          before: prerendered ? [] : before,
          publicMarker: prerendered ? { reason: "answered at build time", place: exported.place } : null,
        },
        queries,
      ),
    ];
  });
}

/** `server = { rename: defineAction({ handler }), nested: { … } }` */
function actions(
  object: Origin,
  prefix: string,
  server: Exported,
  before: readonly RawStep[],
  queries: LinkQueries,
  depth: number,
): readonly RawEntry[] {
  if (object.kind !== "literal" || object.form !== "object" || depth > MAX_DEPTH) return [];
  const { fn, v } = object.site;
  return [...fn.props(v)].flatMap(({ name }) => {
    if (name === "") return [];
    const own = `${prefix}${name}`;
    return queries.project(object, [name]).flatMap((origin) => {
      if (origin.kind === "literal") return actions(origin, `${own}.`, server, before, queries, depth + 1);
      if (origin.kind !== "package" || origin.site === null || !origin.path.endsWith("defineAction()")) return [];
      const work = originsOfArgument(origin.site, 0, queries)
        .flatMap((options) => [...queries.project(options, ["handler"])])
        .find((o) => o.kind === "function");
      if (work?.kind !== "function") return [];
      const handler = { origin: work, name: own, place: headOfFunction(work.fn), steps: [], wrapped: null };
      const path = `/_actions/${own}`;
      const exported: Exported = { ...server, name: own };
      return [
        fileEntry(
          {
            framework: "astro",
            transport: "action",
            method: "POST",
            path,
            exported,
            handler,
            given: actionArguments,
            before,
          },
          queries,
        ),
      ];
    });
  });
}
