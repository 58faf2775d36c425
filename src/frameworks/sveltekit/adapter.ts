/** SvelteKit: endpoints, loads, form actions, remote functions, and the hooks before all of them. */
import type { ProgramFile } from "../../program/linking/function-view.js";
import type { LinkQueries } from "../../program/values/origin.js";
import { bracketPath, placeBelow } from "../file-routes/brackets.js";
import { fileEntry } from "../file-routes/entry.js";
import { type Exported, exportOf } from "../file-routes/exports.js";
import { handlerOf } from "../file-routes/handlers.js";
import { HTTP_METHODS } from "../file-routes/methods.js";
import { orderedSteps } from "../file-routes/steps.js";
import type { Adapter, AdapterInput, AdapterOutput, RawEntry, RawStep } from "../routing.js";
import { eventArguments, handleArguments } from "./knowledge.js";
import { type Layouts, layoutsOf } from "./layouts.js";
import { remoteEntries } from "./remote.js";

export const sveltekitAdapter: Adapter = {
  name: "sveltekit",
  packages: ["@sveltejs/kit", "./$types", "$app/server", "$app/environment"],
  collect,
};

const HOOKS = /^((?:.*\/)?)src\/hooks\.server(?:\/index)?\.[cm]?[jt]s$/;
const FALLBACK = "fallback";

function collect({ program, queries }: AdapterInput): AdapterOutput {
  const hooks = hookSteps(program.files, queries);
  const layouts = layoutsOf(program.files, queries);
  const entries: RawEntry[] = [];
  for (const file of program.files) {
    const placed = placeBelow(file.path, "src/routes");
    const root = placed?.root ?? rootOf(file.path);
    const before = hooks.get(root) ?? [];
    entries.push(...remoteEntries(file, before, queries));
    if (placed === null) continue;
    const folder = placed.segments.slice(0, -1);
    const path = bracketPath(folder);
    switch (placed.segments.at(-1)) {
      case "+server":
        entries.push(...endpoints(file, path, before, queries));
        break;
      case "+page.server":
        entries.push(...loads(file, path, before, layouts, queries), ...actions(file, path, before, queries));
        break;
      case "+layout.server":
        entries.push(...loads(file, path, before, layouts, queries));
        break;
    }
  }
  return { entries, faults: [], unknowns: [] };
}

function rootOf(path: string): string {
  const at = `/${path}`.indexOf("/src/");
  return at < 0 ? "" : path.slice(0, at);
}

/** `handle` of each project's hooks, `sequence` taken apart. */
function hookSteps(files: Iterable<ProgramFile>, queries: LinkQueries): ReadonlyMap<string, readonly RawStep[]> {
  const found = new Map<string, readonly RawStep[]>();
  for (const file of files) {
    const root = HOOKS.exec(file.path)?.[1];
    const exported = root === undefined ? null : exportOf(file, "handle", queries);
    if (root === undefined || exported === null) continue;
    found.set(root, orderedSteps(exported, handleArguments, "calls-next", queries));
  }
  return found;
}

function endpoints(
  file: ProgramFile,
  path: string,
  before: readonly RawStep[],
  queries: LinkQueries,
): readonly RawEntry[] {
  const found: RawEntry[] = [];
  for (const name of [...HTTP_METHODS, FALLBACK]) {
    const exported = exportOf(file, name, queries);
    if (exported === null) continue;
    const method = name === FALLBACK ? "ALL" : name;
    found.push(entry(exported, { method, path, transport: "http", before }, queries));
  }
  return found;
}

interface Served {
  readonly method: string;
  readonly path: string;
  readonly transport: "http" | "page" | "action";
  readonly before: readonly RawStep[];
}

function entry(exported: Exported, served: Served, queries: LinkQueries): RawEntry {
  const handler = handlerOf(exported.origins, exported, "", eventArguments, queries);
  return fileEntry({ framework: "sveltekit", ...served, exported, handler, given: eventArguments }, queries);
}

/** The load of a page or layout; a load that waits for its parents runs behind theirs. */
function loads(
  file: ProgramFile,
  path: string,
  before: readonly RawStep[],
  layouts: Layouts,
  queries: LinkQueries,
): readonly RawEntry[] {
  const exported = exportOf(file, "load", queries);
  if (exported === null) return [];
  const behind = [...before, ...layouts.awaitedBy(file, exported)];
  return [entry(exported, { method: "GET", path, transport: "page", before: behind }, queries)];
}

/** `export const actions = { default, rename }`: each is posted to on its own. */
function actions(
  file: ProgramFile,
  path: string,
  before: readonly RawStep[],
  queries: LinkQueries,
): readonly RawEntry[] {
  const exported = exportOf(file, "actions", queries);
  if (exported === null) return [];
  return exported.origins.flatMap((object) => {
    if (object.kind !== "literal" || object.form !== "object") return [];
    const { fn, v } = object.site;
    return [...fn.props(v)].flatMap(({ name }) => {
      if (name === "") return [];
      const own: Exported = { ...exported, name, origins: queries.project(object, [name]) };
      const url = name === "default" ? path : `${path}?/${name}`;
      return [entry(own, { method: "POST", path: url, transport: "action", before }, queries)];
    });
  });
}
