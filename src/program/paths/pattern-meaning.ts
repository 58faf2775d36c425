/** What a path pattern matches, and what its text seems to mean. */
import type { Place } from "../../model/place.js";
import { withoutMount } from "./path-tests.js";
import { matches } from "./regex-match.js";

export type PathTestKind = "same" | "startsWith" | "endsWith" | "includes" | "regex";

/** One text or expression that the requested path is held against. */
export interface PathTest {
  readonly kind: PathTestKind;
  /** text, or source of the expression */
  readonly text: string;
  readonly flags: string;
  readonly place: Place;
  /** the query is part of what is tested */
  readonly withQuery: boolean;
  /** the prefix of a mount is cut off before */
  readonly cut: boolean;
  /** upper and lower case are alike */
  readonly folded: boolean;
}

/** What stands before the part that a service names: its common prefix or version. */
const PREFIX = "(?:/(?:api|rest|rpc|public-api|internal|v\\d+))*";
const WORD = /[A-Za-z0-9]$/;

/** True when the test holds for a path; undefined when it cannot be told. */
export function holdsFor(test: PathTest, path: string, below: string): boolean | undefined {
  return holds(test, textFor(test, path, below));
}

/** True when the path is one that the pattern's text speaks of, rather than one that only happens to match. */
export function isMeant(test: PathTest, path: string, below: string): boolean {
  const text = textFor(test, path, below);
  return holds(test, text) !== false && speaksOf(test, text);
}

function textFor({ cut, folded, kind }: PathTest, path: string, below: string): string {
  const text = cut ? withoutMount(path, below) : path;
  return folded && kind !== "regex" ? text.toLowerCase() : text;
}

function holds({ kind, text, flags }: PathTest, path: string): boolean | undefined {
  switch (kind) {
    case "same":
      return path === text;
    case "startsWith":
      return path.startsWith(text);
    case "endsWith":
      return path.endsWith(text);
    case "includes":
      return path.includes(text);
    case "regex":
      return matches(text, flags, path);
  }
}

function speaksOf(test: PathTest, path: string): boolean {
  const { kind, text } = test;
  switch (kind) {
    case "same":
      return true;
    case "startsWith":
      return boundedAfter(path, 0, text);
    case "endsWith":
      // an ending is meant wherever it stands, unless it is the end of a longer word
      return !/^[A-Za-z0-9]/.test(text) || /[/.]$/.test(path.slice(0, -text.length));
    case "includes":
      return speaksWithin(path, text);
    case "regex":
      return regexSpeaks(test, path);
  }
}

/** The text ends where a segment does, or was written to go on: `/pages-`, `/docs/`. */
function boundedAfter(path: string, at: number, text: string): boolean {
  if (!WORD.test(text)) return true;
  const next = path.slice(at + text.length, at + text.length + 1);
  return next === "" || next === "/" || next === ".";
}

function speaksWithin(path: string, text: string): boolean {
  // an ending such as `.css`, a folder between its slashes: meant wherever it stands
  if (!text.startsWith("/")) return !WORD.test(text) || text.startsWith(".") || path.split("/").includes(text);
  if (text.endsWith("/")) return true;
  for (let at = path.indexOf(text); at >= 0; at = path.indexOf(text, at + 1)) {
    if (isPrefix(path.slice(0, at)) && boundedAfter(path, at, text)) return true;
  }
  return false;
}

function isPrefix(text: string): boolean {
  return matches(`^${PREFIX}$`, "i", text) === true;
}

function regexSpeaks({ text, flags }: PathTest, path: string): boolean {
  const open = !WORD.test(text.replace(/\\b$/, "x"));
  const anchored = text.startsWith("^")
    ? `(?:${text})`
    : `^${PREFIX}(?:${text.startsWith("/") || text.startsWith("\\/") ? "" : "/"}${text})`;
  // what cannot be followed is taken at its word
  return matches(`${anchored}${open ? ".*" : "(?:[/.].*)?"}$`, flags, path) !== false;
}

/** A text that the test holds for, '' when none is easily told. */
export function sampleOf({ kind, text }: PathTest): string {
  if (kind !== "regex") return text.startsWith("/") ? text : kind === "endsWith" ? `/x${text}` : `/${text}`;
  const plain = text.replace(/^\^|\$$/g, "").replace(/\\([/.-])/g, "$1");
  if (/[\\()[\]{}*+?|^$]/.test(plain)) return "";
  return plain.startsWith("/") ? plain : `/${plain}`;
}

/** A query that the caller adds makes the test hold for any path. */
export function holdsForAnyQuery({ kind, text, withQuery }: PathTest): boolean {
  if (!withQuery) return false;
  if (kind === "includes" || kind === "endsWith") return true;
  return kind === "regex" && (!text.startsWith("^") || /(?<!\\)\.[*+].*[A-Za-z]/.test(text));
}
