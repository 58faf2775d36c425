/** A manifest above the scanned path marks the root of what it speaks about. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import type { Project } from "../model/project.js";
import { MANIFEST_NAMES, type ManifestSource } from "../policy/read-manifest.js";
import type { ScanRequest } from "./request.js";

const MAX_LEVELS = 24;

/**
 * @returns the nearest folder at or above the only scanned path that holds a manifest, unless the repository ends
 *   before; nothing when a manifest was named or several paths were given
 */
export function manifestFolder(request: Pick<ScanRequest, "cwd" | "paths" | "policyFile">): { readonly root?: string } {
  if (request.policyFile !== undefined || request.paths.length > 1) return {};
  const start = resolve(request.cwd, request.paths[0] ?? ".");
  let folder = isFolder(start) ? start : dirname(start);
  for (let level = 0; level < MAX_LEVELS; level += 1) {
    if (MANIFEST_NAMES.some((name) => existsSync(join(folder, name)))) return { root: folder };
    if (existsSync(join(folder, ".git")) || dirname(folder) === folder) return {};
    folder = dirname(folder);
  }
  return {};
}

/** Manifests as an editor holds them; nothing when it holds no unsaved file, so that the disk is read as usual. */
export function manifestSource({ root, unsaved }: Project): { readonly source?: ManifestSource } {
  if (unsaved === undefined || unsaved.size === 0) return {};
  return {
    source: { read: (file) => unsaved.get(relative(root, file).split(sep).join("/")) ?? textOrNull(file) },
  };
}

function textOrNull(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
