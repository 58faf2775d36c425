/**
 * Patterns over entry points: `GET /orders/:id`, `* /admin/**`, `MUTATION deleteUser`, `trpc project.*`.
 * `:param` stands for a parameter of any name, never for a literal segment, so that a public rule for `/users/:id`
 * does not open `/users/export`. `*` is one segment of any kind, `**` any number of them.
 */
import { globTest, type PathTest } from "../base/glob.js";
import type { EntryPoint } from "../model/facts.js";

type SegmentKind = "globstar" | "star" | "catchAll" | "param" | "mixed" | "literal";

interface Segment {
  readonly kind: SegmentKind;
  /** parameter names removed, so that `:id` and `:orderId` are the same */
  readonly text: string;
}

export interface RoutePattern {
  readonly text: string;
  /** upper case; null for any */
  readonly methods: readonly string[] | null;
  /** the path begins with `/`: never matches a bare name */
  readonly rooted: boolean;
  readonly segments: readonly Segment[];
  /** null when the pattern holds in every file */
  readonly within: PathTest | null;
}

/** The end of a pattern ranks above `**` only: `/a` is more specific than `/a/**` for the path `/a`. */
const END_RANK = 1;
const RANK: Readonly<Record<SegmentKind, number>> = {
  globstar: 0,
  star: 2,
  catchAll: 3,
  param: 4,
  mixed: 5,
  literal: 6,
};

/**
 * Shell-like matching in time proportional to both lengths, whatever the pattern: manifests of strangers are scanned.
 * `*` stops at a slash, `**` does not.
 */
function wildcard(pattern: string, text: string): boolean {
  // reached[i]: the tokens so far can consume the first i characters of the text
  let reached = [true, ...new Array<boolean>(text.length).fill(false)];
  for (const [token] of pattern.matchAll(/\*+|[^*]/gsu)) {
    const next: boolean[] = reached.map(() => false);
    for (let i = 0; i <= text.length; i++) {
      if (token.startsWith("*")) {
        const crosses = token.length > 1 || text[i - 1] !== "/";
        next[i] = reached[i] === true || (i > 0 && crosses && next[i - 1] === true);
      } else if (reached[i] === true && text.startsWith(token, i)) next[i + token.length] = true;
    }
    reached = next;
  }
  return reached[text.length] === true;
}

function segmentOf(raw: string): Segment {
  if (raw === "**") return { kind: "globstar", text: raw };
  if (raw === "*") return { kind: "star", text: raw };
  if (raw.startsWith("*")) return { kind: "catchAll", text: "*" };
  const text = raw.replace(/:\w+/g, ":");
  if (text === ":" || text === ":?") return { kind: "param", text: ":" };
  return { kind: text === raw && !text.includes("*") ? "literal" : "mixed", text };
}

function segmentsOf(name: string): readonly Segment[] {
  // names of procedures are split at dots, paths are not: `/file.json` is one segment
  const parts = name.startsWith("/") ? name.split("/") : name.split(/[./]/);
  return parts.filter((part) => part !== "").map(segmentOf);
}

/**
 * Compiles `METHOD name`. Several methods are joined by `|`; `*` is any. Without a method, any method is meant.
 *
 * @param text as in the manifest
 * @param within glob over the files of the entries, '' for every file
 * @returns the pattern; every text gives one, no error is possible
 */
export function compileRoute(text: string, within = ""): RoutePattern {
  const [, first = "*", rest = text.trim()] = /^(\S+)\s+(.+)$/s.exec(text.trim()) ?? [];
  const methods = first === "*" ? null : first.split("|").map((method) => method.toUpperCase());
  return {
    text: text.trim(),
    methods,
    rooted: rest.startsWith("/"),
    segments: segmentsOf(rest),
    within: within === "" ? null : globTest([within]),
  };
}

function sameSegment(pattern: Segment, other: Segment): boolean {
  if (pattern.kind === other.kind && pattern.text === other.text) return true;
  if (pattern.kind === "star") return other.kind !== "catchAll" && other.kind !== "globstar";
  // Express writes a catch-all as a bare star
  if (pattern.kind === "catchAll") return other.kind === "star" || other.kind === "globstar";
  return pattern.kind === "mixed" && other.kind !== "param" && wildcard(pattern.text, other.text);
}

/** Wildcard matching with one point of return, the latest `**`: never exponential. */
function sameSegments(pattern: readonly Segment[], other: readonly Segment[]): boolean {
  let p = 0;
  let o = 0;
  let retryPattern = -1;
  let retryOther = -1;
  while (o < other.length) {
    const mine = pattern[p];
    const theirs = other[o];
    if (mine !== undefined && mine.kind === "globstar") {
      retryPattern = ++p;
      retryOther = o;
    } else if (mine !== undefined && theirs !== undefined && sameSegment(mine, theirs)) {
      p++;
      o++;
    } else if (retryPattern >= 0) {
      p = retryPattern;
      o = ++retryOther;
    } else return false;
  }
  while (pattern[p]?.kind === "globstar") p++;
  return p === pattern.length;
}

type Shape = Pick<RoutePattern, "rooted" | "segments">;

function samePath(pattern: Shape, other: Shape): boolean {
  if (pattern.rooted !== other.rooted && pattern.segments[0]?.kind !== "globstar") return false;
  if (pattern.rooted && !other.rooted) return false;
  return sameSegments(pattern.segments, other.segments);
}

/**
 * Does the pattern speak about this entry point? Its method part may also name the entry's framework or transport.
 *
 * @param pattern compiled pattern
 * @param entry entry point; its key always matches a pattern of the same text
 */
export function matchesEntry(pattern: RoutePattern, entry: EntryPoint): boolean {
  if (pattern.within !== null && !pattern.within(entry.place.file) && !pattern.within(entry.registration.file))
    return false;
  if (pattern.text === entry.key.trim()) return true;
  const named = [entry.method, entry.framework, entry.transport].map((name) => name.toUpperCase());
  if (pattern.methods !== null && !pattern.methods.some((method) => named.includes(method))) return false;
  const space = entry.key.indexOf(" ");
  const name = entry.path !== "" ? entry.path : entry.key.slice(space + 1);
  return samePath(pattern, { rooted: name.startsWith("/"), segments: segmentsOf(name) });
}

/** Do both speak about exactly the same methods and paths? */
export function sameShape(left: RoutePattern, right: RoutePattern): boolean {
  return compareSpecificity(left, right) === 0 && covers(left, right) && covers(right, left);
}

/** Does every entry that `narrow` speaks about also fall under `wide`? */
export function covers(wide: RoutePattern, narrow: RoutePattern): boolean {
  // which files a glob covers is not decided here: a pattern for some files never surely covers
  if (wide.within !== null) return false;
  const methods = wide.methods;
  if (methods !== null && !(narrow.methods?.every((method) => methods.includes(method)) ?? false)) return false;
  return samePath(wide, narrow);
}

/** Is there a method of which both speak? */
export function sharesMethod(left: RoutePattern, right: RoutePattern): boolean {
  const methods = left.methods;
  return methods === null || right.methods === null || right.methods.some((method) => methods.includes(method));
}

/**
 * Order of specificity: the path decides first, from left to right, literal before parameter before `*` before `**`,
 * and the longer before the shorter; then one method before several before any,
 * then the one that names files.
 *
 * @returns above 0 when `left` is more specific, below 0 when `right` is, 0 for a tie
 */
export function compareSpecificity(left: RoutePattern, right: RoutePattern): number {
  const length = Math.max(left.segments.length, right.segments.length);
  for (let i = 0; i < length; i++) {
    const difference = rankAt(left, i) - rankAt(right, i);
    if (difference !== 0) return difference;
  }
  if (left.rooted !== right.rooted) return left.rooted ? 1 : -1;
  const method = methodRank(left) - methodRank(right);
  return method !== 0 ? method : Number(left.within !== null) - Number(right.within !== null);
}

function rankAt(pattern: RoutePattern, index: number): number {
  const segment = pattern.segments[index];
  return segment === undefined ? END_RANK : RANK[segment.kind];
}

function methodRank(pattern: RoutePattern): number {
  return pattern.methods === null ? 0 : 1 / pattern.methods.length;
}

/**
 * The pattern that decides about an entry: the most specific one that matches, the later one of two equals.
 *
 * @param patterns in the order of the manifest
 * @returns its index, -1 when none matches
 */
export function mostSpecific(patterns: readonly RoutePattern[], entry: EntryPoint): number {
  let best: RoutePattern | null = null;
  let index = -1;
  for (const [i, pattern] of patterns.entries()) {
    if (!matchesEntry(pattern, entry)) continue;
    if (best === null || compareSpecificity(pattern, best) >= 0) {
      best = pattern;
      index = i;
    }
  }
  return index;
}

/**
 * Does an exception's subject mean the subject of a finding? Equal texts do; patterns over entry points match as in
 * routes; in other subjects (`src/jobs/sync.ts#run`) `*` stands for a part of a segment and `**` for anything.
 *
 * @param pattern `exceptions[].subject`
 * @param subject as the finding prints it
 */
export function matchesSubject(pattern: string, subject: string): boolean {
  if (pattern === subject) return true;
  if (/\s/.test(pattern) !== /\s/.test(subject)) return false;
  if (/\s/.test(pattern)) return covers(compileRoute(pattern), compileRoute(subject));
  return pattern.includes("*") && wildcard(pattern, subject);
}
