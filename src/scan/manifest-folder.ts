/** A manifest above the scanned path marks the root of what it speaks about. */
import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { MANIFEST_NAMES } from "../policy/read-manifest.js";
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

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
