/** Next.js: route files, API routes below `pages`, server actions, pages, and what runs before them at the edge. */
import { FileFlag } from "../../model/lowered.js";
import { ByFile } from "../../program/linking/by-file.js";
import type { ProgramFile } from "../../program/linking/function-view.js";
import { below } from "../file-routes/paths.js";
import { withDemands } from "../file-routes/schema-steps.js";
import type { Adapter, AdapterInput, AdapterOutput, RawEntry } from "../routing.js";
import { actionsOf } from "./actions.js";
import { apiEntries } from "./api-routes.js";
import { basePathOf } from "./base-path.js";
import { covers, type Edge, readEdge } from "./edge.js";
import { type NextFile, NextFiles } from "./files.js";
import { InnerActions } from "./inner-actions.js";
import { pageEntries } from "./pages.js";
import { routeEntries } from "./routes.js";

export const nextAdapter: Adapter = { name: "next", packages: [], collect };

/** What holds for all files of one Next project. */
interface NextProject {
  readonly edges: Edge[];
  base: string;
}

function collect(input: AdapterInput): AdapterOutput {
  const files = [...input.program.files];
  const known = new NextFiles(files.map((file) => file.path));
  const isNext = known.configured || input.index.imports("next");
  const placed = files.map((file) => ({ file, next: known.classify(file.path) }));
  const projects = readProjects(placed, input);
  const entries: RawEntry[] = [];
  const inner = new InnerActions(input.program);
  for (const { file, next } of placed) {
    entries.push(...actionsOf(file, inner, input.queries));
    if (next === null || (file.lowered.flags & (FileFlag.UseClient | FileFlag.OutlineOnly)) !== 0) continue;
    const own = isNext
      ? entriesByFile.of(file, () => entriesOf(file, next, true, input))
      : entriesOf(file, next, false, input);
    entries.push(...own.map((entry) => finish(entry, projects.get(next.root))));
  }
  return { entries: withDemands(entries, input.queries), faults: [], unknowns: [] };
}

/** of projects that do use Next.js */
const entriesByFile = new ByFile<readonly RawEntry[]>();

function readProjects(
  placed: readonly { readonly file: ProgramFile; readonly next: NextFile | null }[],
  { queries }: AdapterInput,
): ReadonlyMap<string, NextProject> {
  const projects = new Map<string, NextProject>();
  for (const { file, next } of placed) {
    if (next === null || (next.kind !== "edge" && next.kind !== "config")) continue;
    const project = projects.get(next.root) ?? { edges: [], base: "" };
    projects.set(next.root, project);
    if (next.kind === "config") project.base = basePathOf(file, queries);
    else {
      const edge = readEdge(file, queries);
      if (edge !== null) project.edges.push(edge);
    }
  }
  return projects;
}

function entriesOf(file: ProgramFile, next: NextFile, isNext: boolean, input: AdapterInput): readonly RawEntry[] {
  switch (next.kind) {
    case "route":
      return routeEntries(file, next.path, input.queries);
    case "api":
      return isNext ? apiEntries(file, next.path, input.queries) : [];
    case "page":
    case "legacy-page":
      return isNext ? pageEntries(file, next, input.queries) : [];
    default:
      return [];
  }
}

/** Puts the project's middleware before an entry; its patterns do not know of the base path. */
function finish(entry: RawEntry, project: NextProject | undefined): RawEntry {
  if (project === undefined) return entry;
  const verdicts = project.edges.map((edge) => ({ edge, covered: covers(edge, entry.path) }));
  const steps = verdicts.flatMap(({ edge, covered }) => (covered === true ? edge.steps : []));
  const unread = verdicts.some(({ covered }) => covered === null);
  return {
    ...entry,
    path: below(project.base, entry.path),
    steps: [...steps, ...entry.steps],
    incomplete: entry.incomplete || (unread ? "the matcher of the middleware could not be read" : ""),
  };
}
