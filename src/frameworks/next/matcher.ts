/** The patterns of `config.matcher`: the subset of path-to-regexp that Next accepts. */
import { waysToMatch } from "./matcher-cost.js";

/** longest path that is matched, longest pattern that is read */
export const MAX_PATH = 100;
const MAX_LENGTH = 600;
/** ways in which a pattern may try to match one path: patterns come from scanned code, so matching must stay cheap */
const MAX_COST = 50_000_000;

/** @returns null when the pattern cannot be read */
export function compileMatcher(pattern: string): RegExp | null {
  if (!pattern.startsWith("/") || pattern.length > MAX_LENGTH) return null;
  const body = translate(pattern);
  if (body === null || waysToMatch(body, MAX_PATH) > MAX_COST) return null;
  try {
    return new RegExp(`^${body}/?$`);
  } catch {
    return null;
  }
}

/** One piece of a pattern as part of a regular expression, and how long it is in the pattern. */
interface Piece {
  readonly length: number;
  readonly body: string;
}

function translate(pattern: string): string | null {
  let out = "";
  for (let at = 0; at < pattern.length; ) {
    const piece = parameterAt(pattern, at) ?? groupAt(pattern, at) ?? literalAt(pattern, at);
    if (piece === null) return null;
    out += piece.body;
    at += piece.length;
  }
  return out;
}

/** `/:name`, `/:name(a|b)`, `/:name*` */
function parameterAt(pattern: string, at: number): Piece | null {
  const [written, prefix] = /^(\/?):\w+/.exec(pattern.slice(at)) ?? [];
  if (written === undefined) return null;
  const own = group(pattern, at + written.length);
  return modified(pattern, at, written.length + (own?.length ?? 0), prefix, own === null ? "[^/]+" : inner(own));
}

/** `/(a|b)`, `/((?!api).*)` */
function groupAt(pattern: string, at: number): Piece | null {
  const prefix = pattern.startsWith("/(", at) ? "/" : "";
  const own = group(pattern, at + prefix.length);
  return own === null ? null : modified(pattern, at, prefix.length + own.length, prefix, inner(own));
}

function modified(pattern: string, at: number, length: number, prefix: string, body: string): Piece {
  const modifier = /^[*+?]/.exec(pattern.slice(at + length))?.[0] ?? "";
  return { length: length + modifier.length, body: repeated(prefix, body, modifier) };
}

/** @returns null for braces and for brackets that never close */
function literalAt(pattern: string, at: number): Piece | null {
  const escaped = pattern[at] === "\\" && at + 1 < pattern.length;
  const character = escaped ? pattern[at + 1] : pattern[at];
  if (!escaped && "{}()".includes(character)) return null;
  return { length: escaped ? 2 : 1, body: character.replace(/[.*+?^${}()|[\]\\]/g, "\\$&") };
}

function repeated(prefix: string, body: string, modifier: string): string {
  switch (modifier) {
    case "*":
      return `(?:${prefix}(?:${body})(?:/(?:${body}))*)?`;
    case "+":
      return `${prefix}(?:${body})(?:/(?:${body}))*`;
    case "?":
      return `(?:${prefix}(?:${body}))?`;
    default:
      return `${prefix}(?:${body})`;
  }
}

/** The group that opens at an offset, with its brackets. */
function group(pattern: string, at: number): string | null {
  if (pattern[at] !== "(") return null;
  let depth = 0;
  for (let i = at; i < pattern.length; i += 1) {
    if (pattern[i] === "\\") i += 1;
    else if (pattern[i] === "(") depth += 1;
    else if (pattern[i] === ")") {
      depth -= 1;
      if (depth === 0) return pattern.slice(at, i + 1);
    }
  }
  return null;
}

function inner(text: string): string {
  return text.slice(1, -1);
}
