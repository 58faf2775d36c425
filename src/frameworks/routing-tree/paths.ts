/** Path patterns of path-based routers: putting prefixes before them, writing them one way, asking what they cover. */

export type PathPattern =
  | {
      readonly kind: "text";
      readonly text: string;
      /** the segment that stands for a text that is not known: `:basePath` */
      readonly unknown?: string;
    }
  /** a regular expression as written; only its fixed beginning is understood, it is never run */
  | { readonly kind: "regex"; readonly source: string };

export type Coverage = "yes" | "no" | "maybe";

/** `/a/` + `b` → `/a/b`; the root is `/`. */
export function joinPaths(prefix: string, path: string): string {
  const joined = `/${prefix}/${path}`.replace(/\/+/g, "/");
  return joined.length > 1 && joined.endsWith("/") ? joined.slice(0, -1) : joined;
}

/** A pattern below a prefix. A regular expression keeps its text; the prefix stands before its fixed beginning. */
export function joinPattern(prefix: string, pattern: PathPattern): PathPattern {
  if (pattern.kind === "text") return { ...pattern, text: joinPaths(prefix, pattern.text) };
  return prefix === "/" || prefix === "" ? pattern : { kind: "text", text: joinPaths(prefix, patternText(pattern)) };
}

/** Each path is held against the patterns of all that runs before it, again and again. */
const normalized = new Map<string, string>();
const MOST_KEPT = 50_000;

/** One way of writing: `:id(\\d+)?` → `:id`, `{*rest}` → `*rest`, `(.*)` → `*`, optional groups opened. */
export function normalizePath(path: string): string {
  const known = normalized.get(path);
  if (known !== undefined) return known;
  if (normalized.size >= MOST_KEPT) normalized.clear();
  const text = inOneWay(path);
  normalized.set(path, text);
  return text;
}

function inOneWay(path: string): string {
  const text = path
    .replace(/\{\*([A-Za-z0-9_]+)\}/g, "*$1")
    .replace(/[{}]/g, "")
    .replace(/(:[A-Za-z0-9_]+)\((?:[^()]|\([^()]*\))*\)/g, "$1")
    .replace(/(:[A-Za-z0-9_]+)[?]/g, "$1")
    .replace(/(:[A-Za-z0-9_]+)[*+]/g, (_, name: string) => `*${name.slice(1)}`)
    .replace(/\(\.\*\)\??/g, "*");
  return joinPaths("", text);
}

/** The pattern as a path to show: a regular expression becomes its fixed beginning and a catch-all. */
export function patternText(pattern: PathPattern): string {
  if (pattern.kind === "text") return normalizePath(pattern.text);
  const head = fixedHead(pattern.source);
  if (head === null) return "/*";
  return head.whole ? head.text : `${head.text}*`;
}

/** What a regular expression begins with as far as it is plain text; null when it is not tied to the start. */
function fixedHead(source: string): { text: string; whole: boolean } | null {
  const body = source.slice(1, source.lastIndexOf("/"));
  if (!body.startsWith("^")) return null;
  let text = "";
  let i = 1;
  for (; i < body.length; i += 1) {
    const char = body[i];
    if (char === "\\" && i + 1 < body.length && !/[A-Za-z0-9]/.test(body[i + 1])) {
      text += body[i + 1];
      i += 1;
    } else if (/[A-Za-z0-9_\-/]/.test(char) && !/[?*+{]/.test(body[i + 1] ?? "")) text += char;
    else break;
  }
  const rest = body.slice(i);
  return { text: text === "" ? "/" : text, whole: rest === "$" || rest === "\\/?$" };
}

/** Does a pattern, given with all its prefixes, cover a route's path? Segment by segment; most frameworks fold case. */
export function covers(pattern: PathPattern, reach: "prefix" | "exact", path: string, caseSensitive = false): Coverage {
  if (pattern.kind === "regex") return regexCovers(pattern.source, path);
  const wanted = segments(normalizePath(pattern.text), caseSensitive);
  const given = segments(path, caseSensitive);
  const unknown = segments(pattern.unknown ?? "", caseSensitive)[0];
  let guessed = false;
  for (const [i, part] of wanted.entries()) {
    if (part.startsWith("*")) return "yes";
    const have = given[i];
    if (have === undefined) return "no";
    if (part.endsWith("*")) {
      if (have.startsWith(part.slice(0, -1))) return "yes";
      return "no";
    }
    if (part.includes("*")) return have.startsWith(part.slice(0, part.indexOf("*"))) ? "maybe" : "no";
    if (part === unknown && have !== part) guessed = true;
    if (part.startsWith(":")) continue;
    if (have.startsWith("*")) return "maybe";
    if (part !== have) return "no";
  }
  if (reach !== "prefix" && wanted.length !== given.length) return "no";
  return guessed ? "maybe" : "yes";
}

function regexCovers(source: string, path: string): Coverage {
  const head = fixedHead(source);
  if (head === null) return /^\/(?:\.\*|\^?)\/?[a-z]*$/.test(source) ? "yes" : "maybe";
  const lower = path.toLowerCase();
  const text = head.text.toLowerCase();
  if (!lower.startsWith(text)) return "no";
  if (head.whole) return lower === text ? "yes" : "no";
  return /^(?:\\\/)?(?:\.\*)?\$?$/.test(restOf(source, head.text)) ? "yes" : "maybe";
}

function restOf(source: string, text: string): string {
  const body = source.slice(1, source.lastIndexOf("/")).replace(/^\^/, "");
  const escaped = text.replaceAll("/", "\\/");
  return body.startsWith(escaped) ? body.slice(escaped.length) : body.slice(text.length);
}

function segments(path: string, caseSensitive: boolean): string[] {
  return (caseSensitive ? path : path.toLowerCase()).split("/").filter((part) => part !== "");
}

/** A pattern that reads like the beginning of the path and yet does not cover it: someone may believe it does. */
export function looksRelated(pattern: PathPattern, path: string): boolean {
  const text = patternText(pattern).replace(/\*.*$/, "").toLowerCase();
  return text.length > 1 && path.toLowerCase().startsWith(text.replace(/\/$/, ""));
}
