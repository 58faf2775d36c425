/**
 * Headers by which an answer says that it is for everybody: `Cache-Control: public` lets every cache on the way keep it,
 * `Access-Control-Allow-Origin: *` lets scripts of every site ask, and no browser sends a cookie along then (Fetch
 * standard, "CORS protocol and credentials").
 */
import type { RawEntry } from "../../frameworks/routing.js";
import type { AuthenticationLevel, PublicIntent } from "../../model/facts.js";
import { Op, PropKind } from "../../model/lowered.js";
import type { FunctionView, PropView } from "../../program/linking/function-view.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";
import type { JudgedEntry } from "./entries.js";

interface Header {
  readonly name: RegExp;
  /** how its value begins */
  readonly value: RegExp;
}

const KEPT_BY_ALL: Header = { name: /^cache-control$/i, value: /^\s*public\b/ };
const ASKED_FROM_ANYWHERE: Header = { name: /^access-control-allow-origin$/i, value: /^\s*\*\s*$/ };
const MAX_DEPTH = 2;
const MAX_NESTING = 3;

/** Browsers ask it before they send anything: no credential comes along, and nothing is done. */
export function preflightIntent(
  { method }: RawEntry,
  { reached, effects }: { readonly reached: readonly unknown[]; readonly effects: readonly string[] },
): PublicIntent | null {
  return method === "OPTIONS" && reached.length === 0 && effects.length === 0
    ? { by: "convention", reason: "answers pre-flight requests", place: null }
    : null;
}

/** True when a handler, or what it calls, answers with such a header. */
export function isCachedForAll(handler: Origin, queries: LinkQueries): boolean {
  return answersWith(KEPT_BY_ALL, handler, queries);
}

/**
 * Entries whose own pre-flight request (`OPTIONS` of the same path, in the same file) lets scripts of every site ask, in
 * a service that does not answer so for those that it guards.
 */
export function withCrossOriginIntent(judged: readonly JudgedEntry[], queries: LinkQueries): readonly JudgedEntry[] {
  const preflights = judged.filter(({ raw }) => raw.method === "OPTIONS");
  const open = new Set(
    preflights.filter(({ raw }) => answersWith(ASKED_FROM_ANYWHERE, raw.handler, queries)).map(routeOf),
  );
  const asked = judged.filter((one) => one.raw.method !== "OPTIONS" && open.has(routeOf(one)));
  const levelled = (level: AuthenticationLevel): readonly JudgedEntry[] =>
    asked.filter(({ entry }) => entry.protection.authentication === level);
  const strangers = new Set(levelled("none"));
  // where most of those it answers so for are asked who they are, it says nothing of the others
  if (strangers.size <= levelled("rejects").length) return judged;
  return judged.map((one) =>
    strangers.has(one) && one.entry.intent === null
      ? {
          ...one,
          entry: {
            ...one.entry,
            intent: { by: "convention", reason: "lets scripts of every site ask", place: null },
          },
        }
      : one,
  );
}

function routeOf({ raw }: JudgedEntry): string {
  return `${raw.registration.file} ${raw.path}`;
}

function answersWith(header: Header, handler: Origin, queries: LinkQueries): boolean {
  return handler.kind === "function" && answers(header, handler.fn, queries, new Set(), 0);
}

function answers(
  header: Header,
  fn: FunctionView,
  queries: LinkQueries,
  seen: Set<FunctionView>,
  depth: number,
): boolean {
  if (seen.has(fn) || !fn.hasBody) return false;
  seen.add(fn);
  for (let v = 0; v < fn.valueCount; v += 1) if (sets(header, fn, v, queries)) return true;
  if (depth === MAX_DEPTH) return false;
  return Array.from(fn.calls).some((v) =>
    queries
      .evaluate({ fn, v: fn.callee(v), frame: null })
      .some((o) => o.kind === "function" && answers(header, o.fn, queries, seen, depth + 1)),
  );
}

/** `headers.set("Cache-Control", "public, max-age=60")`, `{ "Cache-Control": "public" }` */
function sets(header: Header, fn: FunctionView, v: number, queries: LinkQueries): boolean {
  if (fn.op(v) === Op.Object) return [...fn.props(v)].some((prop) => holds(header, fn, prop, queries, 0));
  if (fn.op(v) !== Op.Call) return false;
  const [name, value] = fn.args(v);
  if (name === undefined || value === undefined || fn.op(name) !== Op.String) return false;
  return header.name.test(fn.text(fn.a(name))) && isSo(header, fn, value, queries);
}

/** Also where the headers are kept elsewhere: `{ headers: CORS }`, `{ ...(cors && CORS) }`. */
function holds(header: Header, fn: FunctionView, prop: PropView, queries: LinkQueries, depth: number): boolean {
  if (header.name.test(prop.name)) return isSo(header, fn, prop.value, queries);
  if (depth === MAX_NESTING || (prop.kind !== PropKind.Spread && prop.name !== "headers")) return false;
  return queries
    .evaluate({ fn, v: prop.value, frame: null })
    .flatMap((o) => madeOf(o, queries))
    .some(
      (o) =>
        o.kind === "literal" &&
        o.form === "object" &&
        [...o.site.fn.props(o.site.v)].some((one) => holds(header, o.site.fn, one, queries, depth + 1)),
    );
}

/** `new Headers({ … })`: what is written there. */
function madeOf(origin: Origin, queries: LinkQueries): readonly Origin[] {
  if (origin.kind !== "package" || origin.module !== "" || origin.path !== "Headers()" || origin.site === null)
    return [origin];
  const { fn, v } = origin.site;
  const [given] = fn.args(v);
  return given === undefined ? [] : queries.evaluate({ fn, v: given, frame: null });
}

function isSo(header: Header, fn: FunctionView, v: number, queries: LinkQueries): boolean {
  const origins = queries.evaluate({ fn, v, frame: null });
  return origins.length > 0 && origins.every((o) => header.value.test(beginning(o)));
}

function beginning(origin: Origin): string {
  if (origin.kind === "constant") return String(origin.value);
  if (origin.kind !== "literal" || origin.form !== "template") return "";
  const { fn, v } = origin.site;
  return fn.text(fn.list(fn.a(v))[0]);
}
