/** Paths as h3 writes them: `:id`, `*` for one segment, `**` and `**:rest` for all that follow. */
import type { PathPattern } from "../routing-tree/paths.js";
import { patternsOf, type ReadPatterns } from "../routing-tree/patterns.js";
import type { Spot } from "../routing-tree/spot.js";
import type { Values } from "../routing-tree/values.js";

/** @returns null when the value is no path */
export function pathsIn(spot: Spot, values: Values): ReadPatterns | null {
  const read = patternsOf(spot, values);
  return read === null ? null : { ...read, patterns: read.patterns.map(rewritten) };
}

function rewritten(pattern: PathPattern): PathPattern {
  if (pattern.kind === "regex") return pattern;
  const parts = pattern.text.split("/").map((part, i) => {
    const rest = /^\*\*(?::(\w+))?$/.exec(part);
    if (rest !== null) return `*${rest[1] ?? ""}`;
    return part === "*" ? `:any${i}` : part;
  });
  return { kind: "text", text: parts.join("/") };
}
