/** The project that a request is about, and the workspace packages by which it can be divided. */
import { ancestors, byText, parentOf } from "../base/path.js";
import type { Project } from "../model/project.js";
import { readProject } from "../project/project.js";
import { manifestFolder } from "./manifest-folder.js";
import type { ScanRequest } from "./request.js";

/** Lists the project; with `within`, only the files of those packages are in scope. */
export function openProject(request: ScanRequest, progress: (files: number) => void = () => {}): Project {
  const project = readProject(request.paths.length > 0 ? request.paths : ["."], {
    cwd: request.cwd,
    include: request.include,
    exclude: request.exclude,
    includeTests: request.includeTests,
    ...manifestFolder(request),
    progress,
  });
  const { within } = request;
  if (within === undefined) return project;
  const packageOf = nearestPackage(project);
  const files = project.files.map((file) =>
    file.inScope && !within.includes(packageOf(file.path)) ? { ...file, inScope: false } : file,
  );
  return { ...project, files };
}

/** A package that no other one uses, with all workspace packages that it uses: what can be analysed on its own. */
export interface Unit {
  /** its folder from the root */
  readonly folder: string;
  /** its folder and those of the packages that it uses, directly or not */
  readonly within: readonly string[];
}

/**
 * Divides the packages in scope so that each share holds about as much source as the others. A package that several
 * others use belongs to the unit of each: how its routes are guarded is decided where they are mounted.
 *
 * @returns for each of `count` shares its units, by folder; the same for the same files everywhere
 */
export function packageShares(project: Project, count: number): readonly (readonly Unit[])[] {
  const sizes = sizesInScope(project);
  const uses = new Map([...sizes.keys()].map((folder) => [folder, usedBy(project, folder, sizes)]));
  const isTop = (folder: string): boolean =>
    ![...uses].some(([other, used]) => {
      const above = other !== folder && used.includes(folder);
      // packages that use each other are one unit, named after the first
      return above && (uses.get(folder)?.includes(other) !== true || byText(other, folder) < 0);
    });
  const weighed = [...uses]
    .filter(([folder]) => isTop(folder))
    .map(([folder, within]) => ({
      unit: { folder, within },
      bytes: within.reduce((sum, one) => sum + (sizes.get(one) ?? 0), 0),
    }))
    .sort((a, b) => b.bytes - a.bytes || byText(a.unit.folder, b.unit.folder));
  const shares = Array.from({ length: count }, () => ({ bytes: 0, units: [] as Unit[] }));
  for (const { unit, bytes } of weighed) {
    const lightest = shares.reduce((best, share) => (share.bytes < best.bytes ? share : best));
    lightest.bytes += bytes;
    lightest.units.push(unit);
  }
  return shares.map((share) => share.units.sort((a, b) => byText(a.folder, b.folder)));
}

/** Bytes of source by package; the root when there is none. */
function sizesInScope(project: Project): ReadonlyMap<string, number> {
  const packageOf = nearestPackage(project);
  const sizes = new Map<string, number>();
  for (const file of project.files) {
    if (!file.inScope || file.role !== "source") continue;
    const folder = packageOf(file.path);
    sizes.set(folder, (sizes.get(folder) ?? 0) + file.size);
  }
  return sizes.size === 0 ? new Map([["", 0]]) : new Map([...sizes].sort(([a], [b]) => byText(a, b)));
}

/** The folder itself and those of the packages in scope that it depends on. */
function usedBy(project: Project, folder: string, inScope: ReadonlyMap<string, number>): readonly string[] {
  const found = new Set([folder]);
  for (const one of found) {
    const names = Object.keys(project.packages.find((other) => other.folder === one)?.dependencies ?? {});
    for (const { name, folder: used } of project.packages) {
      if (name !== "" && inScope.has(used) && names.includes(name)) found.add(used);
    }
  }
  return [...found].sort(byText);
}

/** The folder of the nearest package above a file, '' for the root. */
function nearestPackage(project: Project): (file: string) => string {
  const folders = new Set(project.packages.map((one) => one.folder));
  const known = new Map<string, string>();
  return (file) => {
    const folder = parentOf(file);
    const found = known.get(folder) ?? ancestors(folder).find((one) => folders.has(one)) ?? "";
    known.set(folder, found);
    return found;
  };
}
