/** The `package.json` files of the repository: names, entry files led back to their sources, dependencies. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { builtFromSource } from "../base/built.js";
import { asText, isRecord, type JsonRecord, parseJsonc } from "../base/json.js";
import { joinPath, parentOf } from "../base/path.js";
import type { ProjectProblem, WorkspacePackage } from "../model/project.js";
import { existing } from "./sources.js";

type Target = { readonly subpath: string; readonly targets: readonly string[] };

export interface Packages {
  readonly packages: WorkspacePackage[];
  /** folder → its `imports` (`#x`) in the form of tsconfig paths */
  readonly imports: Map<string, { readonly pattern: string; readonly targets: readonly string[] }[]>;
}

/** Conditions in the order in which they lead to a source; any other comes after them. */
const CONDITIONS = ["types", "source", "development", "import", "node", "default", "require"];

/** Reads every manifest; a package without a name is kept with the name ''. `files` are the listed sources. */
export function readPackages(
  root: string,
  manifests: readonly string[],
  files: ReadonlySet<string>,
  problems: ProjectProblem[],
): Packages {
  const result: Packages = { packages: [], imports: new Map() };
  for (const path of manifests) {
    const manifest = readManifest(root, path, problems);
    if (manifest === null) continue;
    const folder = parentOf(path);
    result.packages.push({
      name: asText(manifest.name) ?? "",
      folder,
      exports: exportsOf(manifest, folder, files),
      dependencies: dependenciesOf(manifest),
    });
    if (!isRecord(manifest.imports)) continue;
    const imports = flatten(manifest.imports).map(([pattern, found]) => ({
      pattern,
      targets: sourcesOf(folder, found, files),
    }));
    result.imports.set(folder, imports);
  }
  return result;
}

function readManifest(root: string, path: string, problems: ProjectProblem[]): JsonRecord | null {
  try {
    const value = parseJsonc(readFileSync(join(root, path), "utf8"));
    if (isRecord(value)) return value;
    problems.push({ path, message: "is no JSON object" });
  } catch {
    problems.push({ path, message: "cannot be read as JSON" });
  }
  return null;
}

function dependenciesOf(manifest: JsonRecord): Record<string, string> {
  const all: Record<string, string> = {};
  for (const field of ["peerDependencies", "optionalDependencies", "devDependencies", "dependencies"]) {
    const declared = manifest[field];
    if (!isRecord(declared)) continue;
    for (const [name, range] of Object.entries(declared)) all[name] = asText(range) ?? "";
  }
  return all;
}

function exportsOf(manifest: JsonRecord, folder: string, files: ReadonlySet<string>): Target[] {
  const targets = new Map<string, string[]>();
  const exported = manifest.exports;
  const bySubpath = isRecord(exported) && Object.keys(exported).some((key) => key.startsWith("."));
  const pairs = bySubpath ? flatten(exported) : [[".", leaves(exported)] as const];
  for (const [subpath, found] of pairs) targets.set(subpath, sourcesOf(folder, found, files));
  const main = ["source", "types", "typings", "module", "main"].flatMap((field) => asText(manifest[field]) ?? []);
  const entry = [...(targets.get(".") ?? []), ...sourcesOf(folder, main, files)];
  const conventional = ["src/index", "index", "src/main", "lib/index"].map((name) => joinPath(folder, name) ?? "");
  const fallback = entry.length > 0 ? [] : conventional.flatMap((path) => existing(path, files));
  targets.set(".", [...new Set([...entry, ...fallback])]);
  return [...targets].filter(([, found]) => found.length > 0).map(([subpath, found]) => ({ subpath, targets: found }));
}

/** Key → all file names anywhere below it, best condition first. */
function flatten(record: JsonRecord): (readonly [string, string[]])[] {
  return Object.entries(record).map(([key, value]) => [key, leaves(value)] as const);
}

function leaves(value: unknown, depth = 0): string[] {
  if (typeof value === "string") return [value];
  if (depth > 8) return [];
  if (Array.isArray(value)) return value.flatMap((item) => leaves(item, depth + 1));
  if (!isRecord(value)) return [];
  const ranked = Object.entries(value).sort((a, b) => conditionRank(a[0]) - conditionRank(b[0]));
  return ranked.flatMap(([, item]) => leaves(item, depth + 1));
}

function conditionRank(condition: string): number {
  const at = CONDITIONS.indexOf(condition);
  return at < 0 ? CONDITIONS.length : at;
}

/** Targets led to sources: patterns stay patterns (the resolver tries them), the rest only when it is listed. */
function sourcesOf(folder: string, targets: readonly string[], files: ReadonlySet<string>): string[] {
  const found: string[] = [];
  for (const target of targets) {
    // a bare name is another package
    if (!target.startsWith(".") && !/\.[cm]?[jt]sx?$/.test(target) && !target.includes("/")) continue;
    for (const path of builtFromSource(target)) {
      const full = joinPath(folder, path);
      if (full === null) continue;
      if (full.includes("*")) found.push(full);
      else found.push(...existing(full, files));
    }
  }
  const declared = (path: string): number => (/\.d\.[cm]?ts$/.test(path) ? 1 : 0);
  return [...new Set(found)].sort((a, b) => declared(a) - declared(b));
}
