/** Whether a value may be undefined where it is used: layers that drop undefined lose the whole condition then. */
import { NONE, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import { handedValue, soleParameter } from "../../program/facts/handed-values.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Origin, OriginQueries, Site } from "../../program/values/origin.js";
import { propertyAt } from "../../program/values/slot-assumptions.js";

/** True when something in the text says that the value can be undefined, and nothing in the function tests it. */
export function mayBeUndefined(site: Site, origins: readonly Origin[], queries: OriginQueries): boolean {
  const isRead = (): boolean => readsMember(site) || isHandedMember(site, queries);
  const possible = origins.some(isRow) && isRead() ? origins.filter((origin) => !isMissing(origin)) : origins;
  return possible.some((origin) => isUndefinable(origin)) || hasUntestedChain(site);
}

/** `user.id`: where there is no user this throws, and gives no undefined. */
function readsMember({ fn, v }: Site): boolean {
  let value = behind(fn, v);
  if (fn.op(value) !== Op.Member) return false;
  for (; fn.op(value) === Op.Member; value = fn.a(value)) if (fn.c(value) === 1) return false;
  return true;
}

/** `find(user.id)`, of what the helper is told: it throws where one of its callers wrote it. */
function isHandedMember({ fn, v, frame }: Site, queries: OriginQueries, depth = 0): boolean {
  const parameter =
    frame === null || depth > MAX_HANDED ? null : soleParameter(queries.evaluate({ fn, v, frame: null }));
  const handed = parameter === null || frame === null ? null : handedValue(parameter, frame, queries, 1);
  if (handed === null) return false;
  const { site, path } = handed;
  const written = path.length === 0 ? site.v : propertyAt(site.fn, site.v, path.join("."));
  if (written === NONE) return false;
  const at = { ...site, v: written };
  return readsMember(at) || isHandedMember(at, queries, depth + 1);
}

const MAX_HANDED = 6;

function isRow(origin: Origin): boolean {
  return origin.kind === "source" && (origin.source === "row" || origin.source === "identity");
}

function isMissing(origin: Origin): boolean {
  return origin.kind === "constant" && origin.value === undefined;
}

function isUndefinable(origin: Origin): boolean {
  switch (origin.kind) {
    case "constant":
      return origin.value === undefined;
    case "fallback":
      return origin.or.some(isUndefinable);
    case "parameter": {
      const param = origin.fn.info.params[origin.index];
      return origin.path.length === 0 && param !== undefined && param.optional && !param.hasDefault;
    }
    case "source":
      return origin.source === "input" && /^(?:query|searchParams)\.[^.]+$/.test(origin.path);
    default:
      return false;
  }
}

const tested = new WeakMap<FunctionView, ReadonlySet<string>>();

/** `session?.user.id`, unless the function asks about `session`, `session.user` or the whole somewhere. */
function hasUntestedChain(site: Site): boolean {
  const { fn } = site;
  let v = behind(fn, site.v);
  let optional = false;
  const paths: string[] = [];
  if (fn.op(site.v) === Op.Var) paths.push(pathOf(fn, site.v));
  while (v !== NONE && fn.op(v) === Op.Member) {
    paths.push(pathOf(fn, v));
    if (fn.c(v) === 1) optional = true;
    v = fn.a(v);
  }
  if (!optional) return false;
  paths.push(pathOf(fn, v));
  const asked = testedPaths(fn);
  return !paths.some((path) => path !== "" && asked.has(path));
}

function testedPaths(fn: FunctionView): ReadonlySet<string> {
  let known = tested.get(fn);
  if (known === undefined) {
    const found = new Set<string>();
    for (let v = 0; v < fn.valueCount; v += 1) {
      if (fn.op(v) === Op.Branch || fn.op(v) === Op.Cond) collect(fn, fn.a(v), found, 0);
    }
    known = found;
    tested.set(fn, known);
  }
  return known;
}

function collect(fn: FunctionView, v: number, found: Set<string>, depth: number): void {
  if (v === NONE || depth > 8) return;
  const path = pathOf(fn, v);
  if (path !== "") found.add(path);
  const op = fn.op(v);
  if (op === Op.Unary) collect(fn, fn.b(v), found, depth + 1);
  else if (op === Op.Binary || op === Op.Logic) {
    collect(fn, fn.b(v), found, depth + 1);
    collect(fn, fn.c(v), found, depth + 1);
  } else if (op === Op.Member && fn.c(v) === 1) collect(fn, fn.a(v), found, depth + 1);
}

/** A name for a chain of members of a variable; the optional marks are left out. '' for anything else. */
function pathOf(fn: FunctionView, v: number): string {
  if (v === NONE) return "";
  const op = fn.op(v);
  if (op === Op.Var) return `${fn.a(v)}:${fn.b(v)}`;
  if (op === Op.Param) return `p${fn.a(v)}`;
  if (op === Op.Cast || op === Op.Await) return pathOf(fn, fn.a(v));
  if (op !== Op.Member) return "";
  const object = pathOf(fn, fn.a(v));
  return object === "" ? "" : `${object}.${fn.text(fn.b(v))}`;
}
