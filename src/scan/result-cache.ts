/**
 * The result of a whole run, kept for the next one over the same state: listing, options, rules, manifests, engine.
 * Whether it still holds is told by names, sizes and times alone; texts are read only where times cannot be trusted.
 */
import { type Dirent, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { deserialize, serialize } from "node:v8";
import { contentHash, hashOf } from "../base/hash.js";
import type { ScanResult } from "../model/finding.js";
import type { Project } from "../model/project.js";
import type { Cache } from "../project/cache.js";
import type { ScanRequest } from "./request.js";

/** File systems keep times with a granularity of up to two seconds: a younger file may change unnoticed. */
const RACY_MS = 2_000;
/** Files without these are listed anew each time and noticed by that. */
const MANIFESTS = ["authgap.policy.yaml", "authgap.policy.yml", "authgap.policy.json"];
/** Permissions can change without leaving a trace in size or time. */
const UNTRACEABLE = ["unreadable", "unreadable-folder"];

interface Checked {
  /** absolute */
  readonly path: string;
  /** of the content; '' when the file was not there */
  readonly hash: string;
}

interface Stored {
  readonly checked: readonly Checked[];
  readonly result: ScanResult;
}

/** Names the state of project and request: equal for two runs that must come to the same result. */
export function stateKey(request: ScanRequest, project: Project): string {
  return hashOf([
    engineStamp(),
    request.toolVersion,
    JSON.stringify([
      request.policyFile ?? null,
      request.profile,
      request.today,
      request.include,
      request.exclude,
      request.includeTests,
      request.only ?? null,
      request.within ?? null,
      request.rules.map((rule) => rule.meta),
    ]),
    JSON.stringify([
      project.root,
      project.scope,
      project.aliases,
      project.packages,
      project.excluded,
      project.problems,
    ]),
    ...project.files.map(
      (file) => `${file.path}\0${file.mtimeMs}\0${file.size}\0${file.role}\0${file.dialect}\0${file.inScope ? 1 : 0}`,
    ),
    ...project.schemaFiles.map((path) => `${path}\0${traceOf(join(project.root, path))}`),
  ]);
}

/** The result of an earlier run over the same state; undefined when there is none that can be trusted. */
export function storedResult(cache: Cache, key: string): ScanResult | undefined {
  const bytes = cache.result(key);
  if (bytes === undefined) return undefined;
  try {
    const value: unknown = deserialize(bytes);
    if (!isStored(value)) return undefined;
    return value.checked.every(({ path, hash }) => hashOfFile(path) === hash) ? value.result : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Hands a result to the cache, which writes it when it is saved.
 *
 * @param policyFiles absolute paths of the manifests that were read
 * @param startedAt time at which the run began: files younger than that by little are checked by content
 */
export function storeResult(
  cache: Cache,
  key: string,
  result: ScanResult,
  project: Project,
  policyFiles: readonly string[],
  startedAt: number,
): void {
  if (UNTRACEABLE.some((reason) => (result.coverage.excluded[reason] ?? 0) > 0)) return;
  // a package nearer to the manifest may be installed later and take its place
  if (policyFiles.some((file) => file.includes("node_modules"))) return;
  const young = project.files.filter((file) => file.mtimeMs > startedAt - RACY_MS).map((file) => file.path);
  const paths = [...young, ...project.schemaFiles.filter((path) => isYoung(project.root, path, startedAt))];
  const manifests = MANIFESTS.map((name) => join(project.root, name));
  const absolute = [...paths.map((path) => join(project.root, path)), ...new Set([...policyFiles, ...manifests])];
  const stored: Stored = { checked: absolute.map((path) => ({ path, hash: hashOfFile(path) })), result };
  cache.putResult(key, serialize(stored));
}

function isYoung(root: string, path: string, startedAt: number): boolean {
  const stats = statSync(join(root, path), { throwIfNoEntry: false });
  return stats !== undefined && stats.mtimeMs > startedAt - RACY_MS;
}

function traceOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? "" : `${stats.mtimeMs}\0${stats.size}`;
}

function hashOfFile(path: string): string {
  try {
    return contentHash(readFileSync(path));
  } catch {
    return "";
  }
}

/** The bytes carry a checksum, so what passes it was written here; its shape is only glanced at. */
function isStored(value: unknown): value is Stored {
  if (typeof value !== "object" || value === null || !("checked" in value) || !("result" in value)) return false;
  const { checked, result } = value;
  if (!Array.isArray(checked) || typeof result !== "object" || result === null) return false;
  return ["rules", "findings", "notices", "paths", "routes"].every((name) => Array.isArray(Reflect.get(result, name)));
}

/** One folder when it is built, two while it is worked on. */
const OWN_FOLDERS = /\/src\/scan\/result-cache\.[jt]s$/.test(import.meta.url) ? ["../../src", "../../rules"] : ["."];

let stamp: string | undefined;

/** Sizes and times of the scanner's own modules: whoever works on them must not be shown what they found before. */
export function engineStamp(): string {
  stamp ??= stampOfModules();
  return stamp;
}

function stampOfModules(): string {
  const parts: string[] = [];
  const folders = OWN_FOLDERS.map((path) => fileURLToPath(new URL(path, import.meta.url)));
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of entriesOf(folder)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else if (/\.[jt]s$/.test(entry.name)) parts.push(`${entry.name}\0${traceOf(path)}`);
    }
  }
  return hashOf(parts);
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
