/**
 * Answers that may be kept by every cache on the way: `Cache-Control: public` says that whoever asks gets the same, so
 * nobody is asked who they are.
 */
import { Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";

const HEADER = /^cache-control$/i;
const FOR_ALL = /^\s*public\b/;
const MAX_DEPTH = 2;

/** True when a handler, or what it calls, answers with such a header. */
export function isCachedForAll(handler: Origin, queries: LinkQueries): boolean {
  return handler.kind === "function" && answersForAll(handler.fn, queries, new Set(), 0);
}

function answersForAll(fn: FunctionView, queries: LinkQueries, seen: Set<FunctionView>, depth: number): boolean {
  if (seen.has(fn) || !fn.hasBody) return false;
  seen.add(fn);
  for (let v = 0; v < fn.valueCount; v += 1) if (setsHeader(fn, v, queries)) return true;
  if (depth === MAX_DEPTH) return false;
  return Array.from(fn.calls).some((v) =>
    queries
      .evaluate({ fn, v: fn.callee(v), frame: null })
      .some((o) => o.kind === "function" && answersForAll(o.fn, queries, seen, depth + 1)),
  );
}

/** `headers.set("Cache-Control", "public, max-age=60")`, `{ "Cache-Control": "public" }` */
function setsHeader(fn: FunctionView, v: number, queries: LinkQueries): boolean {
  if (fn.op(v) === Op.Object)
    return [...fn.props(v)].some((prop) => HEADER.test(prop.name) && isForAll(fn, prop.value, queries));
  if (fn.op(v) !== Op.Call) return false;
  const [name, value] = fn.args(v);
  if (name === undefined || value === undefined || fn.op(name) !== Op.String) return false;
  return HEADER.test(fn.text(fn.a(name))) && isForAll(fn, value, queries);
}

function isForAll(fn: FunctionView, v: number, queries: LinkQueries): boolean {
  const origins = queries.evaluate({ fn, v, frame: null });
  return origins.length > 0 && origins.every((o) => FOR_ALL.test(beginning(o)));
}

function beginning(origin: Origin): string {
  if (origin.kind === "constant") return String(origin.value);
  if (origin.kind !== "literal" || origin.form !== "template") return "";
  const { fn, v } = origin.site;
  return fn.text(fn.list(fn.a(v))[0]);
}
