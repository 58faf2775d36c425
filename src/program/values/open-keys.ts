/**
 * Members whose name only a caller knows: `request.params[name]` in a function that is told which. The name is kept as a
 * key of its own kind in the path, and is put in where the frame of that function is known.
 */
import { frameArgument } from "./frame-arguments.js";
import type { Frame, Origin, OriginQueries } from "./origin.js";

/** any member: what a key stands for that nobody knows */
export const ANY_KEY = "[]";
const OPEN = /^\[\$(\d+:\d+):(\d+):(.*)\]$/s;

export function isOpenKey(key: string): boolean {
  return key.startsWith("[$");
}

/** The key that a value is: its text, a key that is put in later, or any. */
export function keyOf(origins: readonly Origin[]): string {
  const [only, ...others] = origins;
  if (only === undefined || others.length > 0) return ANY_KEY;
  if (only.kind === "constant") return String(only.value);
  if (only.kind === "parameter" && only.path.length === 0 && only.index >= 0) {
    return `[$${only.fn.id}:${only.index}:]`;
  }
  if (only.kind !== "fallback" || only.or.length !== 1 || only.or[0].kind !== "constant") return ANY_KEY;
  const told = keyOf(only.value);
  return isOpenKey(told) ? told.replace(/:\]$/, `:${String(only.or[0].value)}]`) : ANY_KEY;
}

/** The path with the names that the frame knows. */
export function settledPath(path: readonly string[], frame: Frame, queries: OriginQueries): readonly string[] {
  return path.some(isOpenKey) ? path.map((key) => settledKey(key, frame, queries)) : path;
}

function settledKey(key: string, frame: Frame, queries: OriginQueries): string {
  const [, id, index, preset = ""] = OPEN.exec(key) ?? [];
  if (id === undefined || index === undefined) return key;
  for (let f: Frame | null = frame; f !== null; f = f.lexical) {
    if (String(f.fn.id) !== id) continue;
    const told = frameArgument(f, Number(index), queries);
    const left = told.length === 1 && told[0].kind === "constant" && told[0].value === undefined;
    if (left) return preset === "" ? ANY_KEY : preset;
    const known = keyOf(told);
    return isOpenKey(known) && preset !== "" ? ANY_KEY : known;
  }
  return key;
}
