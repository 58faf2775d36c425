/** Globs that services hold the requested path against: `micromatch.isMatch(path, ["/docs/**"])`. */
import type { PackageOrigin } from "../values/origin.js";

/** Which arguments are the path and the patterns, and whose they are. */
export interface GlobCall {
  readonly path: number;
  readonly patterns: number;
}

const PATH_FIRST: GlobCall = { path: 0, patterns: 1 };

/** What a call of these packages is told, null for any other: https://github.com/micromatch, https://github.com/isaacs/minimatch */
export function globCall({ module, path }: PackageOrigin): GlobCall | null {
  const name = path.split(".").at(-1) ?? "";
  if (/^(?:micromatch|picomatch|minimatch)$/.test(module) && name === "isMatch") return PATH_FIRST;
  if (module === "micromatch" && name === "any") return PATH_FIRST;
  if (module === "minimatch" && /^(?:minimatch|default|=|)$/.test(name)) return PATH_FIRST;
  return module === "anymatch" && /^(?:default|=|)$/.test(name) ? { path: 1, patterns: 0 } : null;
}
