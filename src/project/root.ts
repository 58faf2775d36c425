/** Where a project begins: the folder above the given paths that everything else is named from. */
import { existsSync, readdirSync, readFileSync, realpathSync, type Stats, statSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { isRecord, parseJsonc } from "../base/json.js";
import { UserError } from "../base/user-error.js";
import { dialectOf } from "./roles.js";

export interface Place {
  /** absolute */
  readonly root: string;
  /** the given folders and files from the root */
  readonly scope: readonly string[];
}

/** Any of these makes a folder the top of a workspace, or of a repository that came without its history. */
const MARKERS = [
  "pnpm-workspace.yaml",
  "nx.json",
  "turbo.json",
  "lerna.json",
  "tsconfig.base.json",
  ".github/workflows",
  ".gitlab-ci.yml",
];

/**
 * Checks the given paths and finds their root: the git repository's, else the topmost workspace marker above them,
 * else the topmost package, else their common folder.
 */
export function locate(paths: readonly string[], cwd: string, forcedRoot?: string): Place {
  const given = (paths.length === 0 ? ["."] : paths).map((path) => checkedPath(path, cwd));
  const folders = given.map((path) => (path.isFolder ? path.absolute : dirname(path.absolute)));
  const start = folders.reduce(commonFolder);
  const root = forcedRoot === undefined ? rootAbove(start) : realpathSync(resolve(cwd, forcedRoot));
  if (forcedRoot === undefined && isForbidden(root) && !existsSync(join(root, "package.json"))) {
    throw new UserError("this is no project but a folder that holds everything", {
      where: paths.join(", ") || cwd,
      hint: "give the folder of one project, or scan projects one by one",
    });
  }
  const scope = given.map((path) => fromRoot(root, path.absolute));
  return { root, scope: [...new Set(scope)].sort() };
}

function fromRoot(root: string, path: string): string {
  const inside = relative(root, path);
  if (inside.startsWith("..")) {
    throw new UserError("the path lies outside the project's root", { where: path, hint: `the root is ${root}` });
  }
  return sep === "/" ? inside : inside.split(sep).join("/");
}

/** The real path, so that a project reached through a link is listed like any other. */
function checkedPath(path: string, cwd: string): { absolute: string; isFolder: boolean } {
  const absolute = resolve(cwd, path);
  let stats: Stats;
  try {
    stats = statSync(absolute);
  } catch {
    throw new UserError(`there is no file or folder "${path}"`, { where: path, hint: similarName(absolute) });
  }
  if (!stats.isDirectory() && dialectOf(basename(absolute)) === null) {
    throw new UserError(`"${path}" is no TypeScript or JavaScript source`, {
      where: path,
      hint: "give a folder, or a file ending in .ts, .tsx, .js, .jsx, .mts or .cts",
    });
  }
  return { absolute: realpathSync(absolute), isFolder: stats.isDirectory() };
}

function commonFolder(a: string, b: string): string {
  let common = a;
  while (relative(common, b).startsWith("..") && dirname(common) !== common) common = dirname(common);
  return common;
}

function rootAbove(start: string): string {
  let marked: string | null = null;
  let packaged: string | null = null;
  let sinceMatch = 0;
  for (let at = start; at === start || !isForbidden(at); at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return at;
    const manifest = join(at, "package.json");
    const hasManifest = existsSync(manifest);
    if (MARKERS.some((name) => existsSync(join(at, name))) || (hasManifest && hasWorkspaces(manifest))) marked = at;
    // a package two folders above another one (`packages/x`) belongs to it; further up it is a stranger's
    if (hasManifest && (packaged === null || sinceMatch <= 2)) {
      packaged = at;
      sinceMatch = 0;
    }
    sinceMatch++;
    if (dirname(at) === at) break;
  }
  return marked ?? packaged ?? start;
}

function hasWorkspaces(manifest: string): boolean {
  try {
    const value = parseJsonc(readFileSync(manifest, "utf8"));
    return isRecord(value) && value.workspaces !== undefined;
  } catch {
    return false;
  }
}

let forbidden: ReadonlySet<string> | null = null;

/** Folders that hold other people's things: never a root, and the walk upwards ends below them. */
function isForbidden(folder: string): boolean {
  if (forbidden === null) {
    const known = [homedir(), tmpdir(), "/tmp", "/var/tmp", "/home", "/Users"];
    forbidden = new Set(known.flatMap((path) => (existsSync(path) ? [path, realpathSync(path)] : [path])));
  }
  return dirname(folder) === folder || forbidden.has(folder);
}

/** "did you mean …" for a path that does not exist: the closest name where the path breaks off. */
function similarName(absolute: string): string {
  let missing = absolute;
  while (!existsSync(dirname(missing))) missing = dirname(missing);
  const wanted = basename(missing).toLowerCase();
  try {
    const near = readdirSync(dirname(missing))
      .map((name) => ({ name, far: distance(wanted, name.toLowerCase()) }))
      .filter(({ name, far }) => far <= 1 + name.length / 4)
      .sort((a, b) => a.far - b.far || (a.name < b.name ? -1 : 1));
    const best = near[0];
    return best === undefined ? "check the spelling, or the folder you are in" : `did you mean "${best.name}"?`;
  } catch {
    return "";
  }
}

/** Edits between two names (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
