/** Paths as Hono writes them: `:id{[0-9]+}`, an optional last `:type?`, `*` for one segment or the rest. */

import { joinPattern, type PathPattern } from "../routing-tree/paths.js";
import { patternsOf } from "../routing-tree/patterns.js";
import type { Spot } from "../routing-tree/spot.js";
import type { Values } from "../routing-tree/values.js";

export interface HonoPaths {
  readonly patterns: readonly PathPattern[];
  readonly complete: boolean;
}

/** @returns null when the value is no path */
export function pathsOf(spot: Spot, values: Values): HonoPaths | null {
  const read = patternsOf(spot, values);
  if (read === null) return null;
  return { patterns: read.patterns.flatMap((pattern) => [...rewritten(pattern)]), complete: read.complete };
}

export function below(prefix: string, patterns: readonly PathPattern[]): readonly PathPattern[] {
  return prefix === "" ? patterns : patterns.map((pattern) => joinPattern(prefix, pattern));
}

/** One pattern, or two where the last parameter may be left out. */
export function rewritten(pattern: PathPattern): readonly PathPattern[] {
  if (pattern.kind === "regex") return [pattern];
  const parts = withoutExpressions(pattern.text).split("/");
  const last = parts.length - 1;
  const plain = parts.map((part, i) => (part === "*" && i < last ? `:any${i}` : part.replace(/^(:[^?]+)\?$/, "$1")));
  const whole: PathPattern = { kind: "text", text: plain.join("/") };
  if (!/^:[^?]+\?$/.test(parts[last])) return [whole];
  return [{ kind: "text", text: plain.slice(0, last).join("/") || "/" }, whole];
}

/** `:date{[0-9]{4}}` is `:date`; braces may be nested. */
function withoutExpressions(text: string): string {
  let depth = 0;
  let kept = "";
  for (const char of text) {
    if (char === "{") depth += 1;
    if (depth === 0) kept += char;
    if (char === "}" && depth > 0) depth -= 1;
  }
  return kept;
}

/** `{id}` of an OpenAPI path is `:id`. */
export function fromOpenApi(text: string): string {
  return text.replace(/\/\{([^/{}]+)\}/g, "/:$1");
}
