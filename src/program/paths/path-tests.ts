/** Tests of the requested path against lists and patterns, decided for the path of the entry that is looked at. */
import { matchesForeignGlob } from "../../base/glob.js";
import { NONE, Op } from "../../model/lowered.js";
import { behind } from "../facts/conditions.js";
import type { FunctionView } from "../linking/function-view.js";
import { frameFor, givenFrame } from "../values/call-frames.js";
import { leaves } from "../values/computed-origins.js";
import {
  constant,
  type EntryContext,
  type Frame,
  type Origin,
  type OriginQueries,
  type PackageOrigin,
  type Site,
  type SourceOrigin,
} from "../values/origin.js";
import { globCall } from "./glob-tests.js";
import { matches } from "./regex-match.js";

/** Truth of a value of a function under a frame. */
export type AskTruth = (fn: FunctionView, v: number, frame: Frame | null) => boolean | undefined;

/** How sources say that they are the request's path, as a whole or below the prefix of a mount. */
export const WHOLE_PATH = "path";
export const PATH_BELOW_MOUNT = "path-below-mount";
/** The path with the query behind it, which the caller writes as they like. */
export const ADDRESS = "address";
export const ADDRESS_BELOW_MOUNT = "address-below-mount";

const PATHS: ReadonlySet<string> = new Set([WHOLE_PATH, PATH_BELOW_MOUNT, ADDRESS, ADDRESS_BELOW_MOUNT]);

/** True for the requested path, with or without its query. */
export function isRequestedPath(origin: Origin): boolean {
  return origin.kind === "source" && origin.source === "input" && origin.path === "url" && PATHS.has(origin.dialect);
}

/** True for what Express and its relatives cut off at the prefix of a mount. */
export function isCutAtMount(origin: Origin): boolean {
  return origin.kind === "source" && (origin.dialect === PATH_BELOW_MOUNT || origin.dialect === ADDRESS_BELOW_MOUNT);
}

const MAX_ELEMENTS = 200;
const SAME_TEXT = new Set(["toString", "trim", "normalize", "valueOf", "replace", "split"]);

let uses = 0;

/** How often a test was answered by the path of the entry looked at; rises while entries are judged. */
export function pathUses(): number {
  return uses;
}

/** Says that the answer now being computed rests on the path. */
function notePathUse(): void {
  uses += 1;
}

let parameterUses = 0;

/** How often a test was answered by the parameters that the path of the entry names. */
export function pathParameterUses(): number {
  return parameterUses;
}

/** `req.params.id` of an entry whose path has `:id`: there is something in it. */
export function isNamedByPath({ source, path, context }: SourceOrigin): boolean {
  if (source !== "input" || context?.parameters === undefined || !path.startsWith("params.")) return false;
  parameterUses += 1;
  return context.parameters.has(path.slice("params.".length));
}

/** The path of the entry that is looked at as a text, null when none is. */
export function entryPath(context: EntryContext | null | undefined): Origin | null {
  if (context?.path === undefined) return null;
  notePathUse();
  return constant(context.path);
}

/** The path is known and is part of what decides. */
export function restsOnPath(origins: readonly Origin[]): boolean {
  return leaves(origins).some((origin) => pathOf(origin) !== "");
}

/** `a === b` where one side is the path. */
export function samePath(a: Origin, b: Origin): boolean | undefined {
  for (const [path, other] of [
    [a, b],
    [b, a],
  ]) {
    const texts = textsOf(path);
    if (texts.length === 0 || other.kind !== "constant") continue;
    return agreed(texts.map((text) => text === other.value));
  }
  return undefined;
}

/** `PUBLIC.includes(path)`, `patterns.some((p) => p.test(path))`, `path.startsWith("/docs")`, `isPublic(path)` */
export function truthOfPathCall(
  fn: FunctionView,
  call: number,
  frame: Frame | null,
  queries: OriginQueries,
  ask: AskTruth,
): boolean | undefined {
  if (fn.op(call) !== Op.Call) return undefined;
  const callee = fn.callee(call);
  const [first] = fn.args(call);
  const evaluate = (v: number): readonly Origin[] => queries.evaluate({ fn, v, frame });
  const name = fn.memberName(callee);
  if (name !== "" && first !== undefined) {
    const [receiver, ...others] = evaluate(fn.a(callee));
    const args = evaluate(first);
    if (receiver === undefined || others.length > 0 || args.length !== 1) return undefined;
    const answer = ofMethod(name, receiver, args[0], queries, ask);
    if (answer !== undefined) return answer;
  }
  const [target, ...more] = evaluate(callee);
  if (target?.kind === "package" && more.length === 0) return ofGlob(target, { fn, v: call, frame }, queries);
  if (target?.kind !== "function" || more.length > 0 || target.fn.returns.length !== 1) return undefined;
  const returned = target.fn.a(target.fn.returns[0]);
  return returned === NONE ? undefined : ask(target.fn, returned, frameFor(target, { fn, v: call, frame }));
}

/** `micromatch.isMatch(path, PUBLIC)`, `minimatch(path, "/docs/**")` */
function ofGlob(callee: PackageOrigin, site: Site, queries: OriginQueries): boolean | undefined {
  const call = globCall(callee);
  if (call === null) return undefined;
  const [path, ...others] = argumentAt(site, call.path, queries);
  const patterns = argumentAt(site, call.patterns, queries);
  if (path === undefined || others.length > 0 || patterns.length === 0) return undefined;
  // `nextUrl.pathname` is the text of the path itself
  const texts = path.kind === "constant" && typeof path.value === "string" ? [path.value] : textsOf(path);
  const listed = patterns.length === 1 ? (elementsOf(patterns[0], queries) ?? patterns) : patterns;
  const globs = listed.flatMap((o) => (o.kind === "constant" && typeof o.value === "string" ? [o.value] : []));
  const answer = texts.length === 0 ? undefined : agreed(texts.map((text) => matchesForeignGlob(globs, text)));
  // what could not be read may be the pattern that matches
  return answer === true || globs.length === listed.length ? answer : undefined;
}

/** What such a call gives back where it is told the path: an answer that is known, or one that rests on the path. */
export function globResult(callee: PackageOrigin, site: Site, queries: OriginQueries): readonly Origin[] | undefined {
  const call = globCall(callee);
  if (call === null) return undefined;
  const answer = ofGlob(callee, site, queries);
  if (answer !== undefined) return [constant(answer)];
  const path = argumentAt(site, call.path, queries);
  return path.length > 0 && path.every(isRequestedPath)
    ? [{ kind: "derived", of: path, how: "test", site }]
    : undefined;
}

function argumentAt({ fn, v, frame }: Site, index: number, queries: OriginQueries): readonly Origin[] {
  const arg = fn.op(v) === Op.Call ? fn.args(v)[index] : undefined;
  return arg === undefined ? [] : queries.evaluate({ fn, v: arg, frame });
}

function ofMethod(
  name: string,
  receiver: Origin,
  first: Origin,
  queries: OriginQueries,
  ask: AskTruth,
): boolean | undefined {
  const path = textsOf(receiver);
  const given = textsOf(first);
  if (path.length > 0) return agreed(path.map((text) => ofText(name, text, first)));
  if (given.length > 0 && name === "test") return agreed(given.map((text) => matched(receiver, text)));
  if (name === "some" || name === "every") return ofElements(name, receiver, first, queries, ask);
  if (given.length === 0 || (name !== "includes" && name !== "has")) return undefined;
  const elements = elementsOf(receiver, queries);
  if (elements === null) return undefined;
  const hits = elements.map((element) => samePath(first, element));
  return hits.includes(true) ? true : hits.includes(undefined) ? undefined : false;
}

function ofText(name: string, text: string, first: Origin): boolean | undefined {
  if (name === "match") return matched(first, text);
  if (first.kind !== "constant" || typeof first.value !== "string") return undefined;
  switch (name) {
    case "startsWith":
      return text.startsWith(first.value);
    case "endsWith":
      return text.endsWith(first.value);
    case "includes":
      return text.includes(first.value);
    default:
      return undefined;
  }
}

function ofElements(
  name: "some" | "every",
  list: Origin,
  callback: Origin,
  queries: OriginQueries,
  ask: AskTruth,
): boolean | undefined {
  const elements = elementsOf(list, queries);
  if (elements === null || callback.kind !== "function" || callback.fn.returns.length !== 1) return undefined;
  const returned = callback.fn.a(callback.fn.returns[0]);
  const settling = name === "some";
  let open = false;
  for (const element of elements) {
    const truth = ask(callback.fn, returned, givenFrame(callback, [[element]], callback.frame?.depth ?? 0));
    if (truth === settling) return settling;
    open ||= truth === undefined;
  }
  return open ? undefined : !settling;
}

/** Elements of a list that is written out, or of a set made of one. */
function elementsOf(origin: Origin, queries: OriginQueries): readonly Origin[] | null {
  if (origin.kind === "derived" && origin.of.length === 1) return elementsOf(origin.of[0], queries);
  if (origin.kind !== "literal" || origin.form !== "array") return null;
  const { fn, v, frame } = origin.site;
  const items = fn.list(fn.a(v));
  if (items.length > MAX_ELEMENTS) return null;
  return Array.from(items).flatMap((item): readonly Origin[] => {
    if (fn.op(item) === Op.Spread) {
      const spread = queries.evaluate({ fn, v: fn.a(item), frame }).map((o) => elementsOf(o, queries));
      return spread.flatMap((inner) => inner ?? [constant(null)]);
    }
    return queries.evaluate({ fn, v: item, frame });
  });
}

/** The path's text, or what may be left of it below a mount; none when it is no path, or holds a catch-all. */
function textsOf(origin: Origin): readonly string[] {
  if (origin.kind === "derived" && origin.of.length >= 1) {
    const inner = textsOf(origin.of[0]);
    if (origin.how === "toLowerCase") return inner.map((text) => text.toLowerCase());
    return SAME_TEXT.has(origin.how) ? inner : [];
  }
  const path = pathOf(origin);
  if (path === "" || origin.kind !== "source" || origin.through) return [];
  notePathUse();
  if (!isCutAtMount(origin)) return [path];
  const below = origin.context?.below;
  return below === undefined ? withoutMounts(path) : [withoutMount(path, below)];
}

/** The path of the entry, '' when the value is not made of it, or when it holds a catch-all. */
function pathOf(origin: Origin): string {
  if (origin.kind !== "source" || !isRequestedPath(origin)) return "";
  const path = origin.context?.path ?? "";
  return path.includes("*") ? "" : path;
}

/** What remains of a path below a prefix. */
export function withoutMount(path: string, below: string): string {
  const rest = path.startsWith(below) ? path.slice(below.length) : path;
  return rest.startsWith("/") ? rest : `/${rest}`;
}

/** What remains of a path below each prefix under which a set-up may be mounted. */
export function withoutMounts(path: string): readonly string[] {
  const parts = path.split("/").slice(1);
  return parts.slice(0, 4).map((_, i) => `/${parts.slice(i).join("/")}`);
}

function matched(pattern: Origin, text: string): boolean | undefined {
  if (pattern.kind === "literal" && pattern.form === "regex") {
    const written = pattern.site.fn.text(pattern.site.fn.a(pattern.site.v));
    const end = written.lastIndexOf("/");
    return matches(written.slice(1, end), written.slice(end + 1), text);
  }
  const made = pattern.kind === "derived" || pattern.kind === "package" ? pattern.site : null;
  if (made === null) return undefined;
  const { fn, v } = made;
  if (fn.op(v) !== Op.New && fn.op(v) !== Op.Call) return undefined;
  const callee = fn.callee(v);
  const [first, ...flags] = fn.args(v);
  if (fn.op(callee) !== Op.Global || fn.text(fn.a(callee)) !== "RegExp" || flags.length > 0) return undefined;
  const source = behind(fn, first ?? NONE);
  if (source === NONE) return undefined;
  if (fn.op(source) === Op.String) return matches(fn.text(fn.a(source)), "", text);
  const plain = fn.op(source) === Op.Template && fn.list(fn.a(source)).length === 1;
  return plain ? matches(fn.text(fn.list(fn.a(source))[0]), "", text) : undefined;
}

function agreed(answers: readonly (boolean | undefined)[]): boolean | undefined {
  const [first] = answers;
  return answers.every((answer) => answer === first) ? first : undefined;
}
