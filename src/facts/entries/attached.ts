/** What a step leaves on the request for those behind it, by every way in which frameworks let it. */
import { isOfMachines } from "../../frameworks/knowledge/auth-level.js";
import { ALL_OF, exceptionOf } from "../../frameworks/knowledge/request.js";
import { Op, PropKind } from "../../model/lowered.js";
import type { Fact } from "../../program/facts/facts.js";
import { calleeName } from "../../program/facts/refusals.js";
import { leaves } from "../../program/values/computed-origins.js";
import {
  type Frame,
  type LinkQueries,
  type Origin,
  type Site,
  type SourceOrigin,
  source,
} from "../../program/values/origin.js";
import { originKey, siteKey } from "../../program/values/origin-keys.js";
import { walk } from "../../program/walks/walk.js";
import { rowsOfCaller } from "../accesses/caller-rows.js";
import type { Analysis } from "../analysis.js";

type FunctionOrigin = Extract<Origin, { kind: "function" }>;

/** Everything that a function and what it calls put on the request. @returns the paths that were written */
export function collectAttached(
  origin: FunctionOrigin,
  frame: Frame,
  analysis: Analysis,
  attached: Map<string, readonly Origin[]>,
): readonly StoredPath[] {
  const stored: StoredPath[] = [];
  walk(origin, frame, analysis.guarantees, [], {
    interesting: (_fn, _site, inner) => analysis.requestCarriers.holds(inner),
    visit: (visit) => {
      attachFromCall(visit.site, analysis, attached);
      return false;
    },
    write: (site, facts) => stored.push(...attachFromWrite(site, analysis, attached, facts)),
  });
  return stored;
}

/**
 * `req.user = user`, `ctx.state.org = org`
 *
 * @param facts what holds where it is written
 * @returns the paths that were written
 */
export function attachFromWrite(
  site: Site,
  analysis: Analysis,
  attached: Map<string, readonly Origin[]>,
  facts: () => readonly Fact[],
): readonly StoredPath[] {
  const { fn, v, frame } = site;
  const name = writtenName(site, analysis.queries);
  if (name === null) return [];
  return analysis.queries.evaluate({ fn, v: fn.a(v), frame }).flatMap((target) => {
    if (target.kind !== "source" || target.source !== "request") return [];
    const path = target.path === "" ? name : `${target.path}.${name}`;
    const origins = analysis.queries.evaluate({ fn, v: fn.c(v), frame });
    const stored = { path, site, target: { ...target, path }, origins };
    // an object of the service's own under a computed key is kept for itself
    const kept = fn.op(v) === Op.SetIndex && origins.some((o) => o.kind === "instance");
    const known = (): readonly Origin[] =>
      isMark(origins) ? markOf(origins, path, site, facts(), analysis) : asKnown(origins, facts, analysis);
    if (!kept) attach(attached, path, known());
    return [stored];
  });
}

/** `req.user = user`, `req[USER] = user` */
function writtenName({ fn, v, frame }: Site, queries: LinkQueries): string | null {
  if (fn.op(v) === Op.SetMember) return fn.text(fn.b(v));
  const [key, ...others] = queries.evaluate({ fn, v: fn.b(v), frame });
  return key !== undefined && others.length === 0 ? keyName(key) : null;
}

/**
 * What is as good as verified where it is kept: whatever the holder of the service's own secret names, and rows whose
 * own secret was held against what the caller sent (`keys.find((key) => hash(given) === key.hash)`).
 */
function asKnown(
  origins: readonly Origin[],
  facts: () => readonly Fact[],
  { guarantees, data, queries }: Analysis,
): readonly Origin[] {
  if (!origins.some((o) => o.kind === "source" && (o.source === "input" || o.source === "row"))) return origins;
  const known = facts();
  const machine = isOfMachines(guarantees.checks.level(known, queries), data, queries);
  const rows = new Set(
    known
      .filter((fact) => fact.kind === "equal" && guarantees.checks.level([fact], queries)?.level === "identity")
      .flatMap(rowsOf),
  );
  return origins.map((o): Origin => {
    if (o.kind !== "source") return o;
    if (o.source === "input" && machine) return { ...o, checkedBy: "the service's own secret" };
    return o.source === "row" && o.site !== null && rows.has(siteKey(o.site)) ? { ...o, checkedBy: "its secret" } : o;
  });
}

function rowsOf(fact: Fact): readonly string[] {
  if (fact.kind !== "equal") return [];
  return leaves([...fact.left, ...fact.right]).flatMap((o) =>
    o.kind === "source" && o.source === "row" && o.site !== null ? [siteKey(o.site)] : [],
  );
}

/** A path on the request with what one write put there. */
export interface StoredPath {
  readonly path: string;
  readonly site: Site;
  /** the request at that path, as it is read back */
  readonly target: SourceOrigin;
  readonly origins: readonly Origin[];
}

function isMark(origins: readonly Origin[]): boolean {
  return origins.length > 0 && origins.every((o) => o.kind === "constant" && o.value === true);
}

/** `ctx.state.machine = true` where the caller is known: whoever finds the mark knows that somebody is there. */
function markOf(
  origins: readonly Origin[],
  path: string,
  site: Site,
  facts: readonly Fact[],
  { guarantees, queries }: Analysis,
): readonly Origin[] {
  const level = guarantees.checks.level(facts, queries)?.level;
  return level === undefined || level === "presence" ? origins : [source("identity", path, { site })];
}

/** `c.set("user", user)`, `Object.assign(res.locals, { user })` */
export function attachFromCall(site: Site, analysis: Analysis, attached: Map<string, readonly Origin[]>): void {
  const { fn, v, frame } = site;
  if (isAssign(site)) attachFromAssign(site, analysis, attached);
  if (fn.op(v) !== Op.Call || calleeName(fn, fn.callee(v)) !== "set" || fn.args(v).length !== 2) return;
  const callee = fn.callee(v);
  if (fn.op(callee) !== Op.Member) return;
  const isRequest = analysis.queries
    .evaluate({ fn, v: fn.a(callee), frame })
    .some((o) => o.kind === "source" && o.source === "request");
  const [key] = analysis.queries.evaluate({ fn, v: fn.args(v)[0], frame });
  const name = key === undefined ? null : keyName(key);
  if (!isRequest || name === null) return;
  attach(attached, name, analysis.queries.evaluate({ fn, v: fn.args(v)[1], frame }));
}

function isAssign({ fn, v }: Site): boolean {
  if (fn.op(v) !== Op.Call || fn.args(v).length < 2) return false;
  const callee = fn.callee(v);
  if (fn.op(callee) !== Op.Member || fn.memberName(callee) !== "assign") return false;
  const object = fn.a(callee);
  return fn.op(object) === Op.Global && fn.text(fn.a(object)) === "Object";
}

/** What is copied onto the request, or onto something that hangs on it, is there under its names. */
function attachFromAssign(site: Site, { queries }: Analysis, attached: Map<string, readonly Origin[]>): void {
  const { fn, v, frame } = site;
  const [onto, ...given] = Array.from(fn.args(v).slice(0, 4), (arg) => queries.evaluate({ fn, v: arg, frame }));
  for (const target of onto) {
    if (target.kind !== "source" || target.source !== "request") continue;
    for (const object of given.flat()) {
      if (object.kind !== "literal" || object.form !== "object") continue;
      for (const name of namesOf(object.site, queries, 0))
        attach(attached, target.path === "" ? name : `${target.path}.${name}`, queries.project(object, [name]));
    }
  }
}

/** A text, or an object that serves as key: `context.set(userContext, user)`. */
function keyName(key: Origin): string | null {
  if (key.kind === "constant") return typeof key.value === "string" ? key.value : null;
  return key.kind === "package" ? originKey(key) : null;
}

/** `next({ ctx: { user } })`, `next({ context: { user } })`: builders hand their context on. */
export function attachFromNext(site: Site, analysis: Analysis, attached: Map<string, readonly Origin[]>): void {
  const { fn, v, frame } = site;
  const args = fn.args(v);
  if (args.length === 0) return;
  const contexts = analysis.queries
    .evaluate({ fn, v: args[0], frame })
    .flatMap((o) => [...analysis.queries.project(o, ["ctx"]), ...analysis.queries.project(o, ["context"])]);
  for (const context of contexts) {
    if (context.kind !== "literal" || context.form !== "object") continue;
    const { fn: home, v: object, frame: inner } = context.site;
    for (const prop of home.props(object)) {
      const given = { fn: home, v: prop.value, frame: inner };
      if (prop.kind === PropKind.Spread) attachSpread(given, analysis, attached);
      else if (prop.name !== "") attach(attached, prop.name, analysis.queries.evaluate(given));
    }
  }
}

/** `return { user, db }`: the context is what the function made of the request. */
export function attachFromResult(
  origin: FunctionOrigin,
  frame: Frame,
  analysis: Analysis,
  attached: Map<string, readonly Origin[]>,
  knownOnly: boolean,
): void {
  const { queries } = analysis;
  const given = new Map<string, readonly Origin[]>();
  for (const result of queries.bind(queries.returnsOf(origin.fn), frame)) attachFromObject(result, analysis, given);
  const copied = given.has(ALL_OF);
  for (const [name, origins] of given) {
    const own = knownOnly ? rowsOfCaller(name, origins, analysis) : null;
    if (own !== null) attached.set(name, [...(attached.get(name) ?? []), own]);
    else if (!knownOnly || isOfCaller(origins, queries, 0))
      attached.set(name, [...(attached.get(name) ?? []), ...origins]);
    // what the object names itself is none of what was copied into it
    else if (copied) attached.set(exceptionOf(name), []);
  }
}

const MAX_INSIDE = 3;

/** All of it is known, and some of it is who calls: an identity, an object that holds one. */
function isOfCaller(origins: readonly Origin[], queries: LinkQueries, depth: number): boolean {
  const parts = leaves(origins).filter((o) => o.kind !== "constant");
  return parts.length > 0 && parts.every((o) => isCaller(o, queries, depth));
}

function isCaller(origin: Origin, queries: LinkQueries, depth: number): boolean {
  if (origin.kind === "source") return origin.source === "identity";
  if (origin.kind !== "literal" || origin.form !== "object" || depth > MAX_INSIDE) return false;
  const { fn, v, frame } = origin.site;
  return [...fn.props(v)].some((prop) =>
    isOfCaller(queries.evaluate({ fn, v: prop.value, frame }), queries, depth + 1),
  );
}

/** Each property of an object under its name. */
export function attachFromObject(
  object: Origin,
  { queries }: Analysis,
  attached: Map<string, readonly Origin[]>,
): void {
  if (object.kind !== "literal" || object.form !== "object") return;
  for (const name of namesOf(object.site, queries, 0)) attach(attached, name, queries.project(object, [name]));
  attachCopies(object.site, queries, attached, 0);
}

/** `next({ ctx: { ...ctx, ...auth } })` */
function attachSpread(given: Site, analysis: Analysis, attached: Map<string, readonly Origin[]>): void {
  for (const origin of analysis.queries.evaluate(given)) attachFromObject(origin, analysis, attached);
  attachCopy(given, analysis.queries, attached);
}

/** `{ ...token, ip }`: whatever the token holds is there under its own name. */
function attachCopies(
  { fn, v, frame }: Site,
  queries: LinkQueries,
  attached: Map<string, readonly Origin[]>,
  depth: number,
): void {
  for (const prop of fn.props(v)) {
    if (prop.kind !== PropKind.Spread) continue;
    const given = { fn, v: prop.value, frame };
    attachCopy(given, queries, attached);
    for (const o of depth > 4 ? [] : queries.evaluate(given))
      if (o.kind === "literal" && o.form === "object") attachCopies(o.site, queries, attached, depth + 1);
  }
}

function attachCopy(given: Site, queries: LinkQueries, attached: Map<string, readonly Origin[]>): void {
  const copied = queries.evaluate(given).filter((o) => o.kind === "source" && COPIED.has(o.source));
  if (copied.length > 0) attach(attached, ALL_OF, copied);
}

const COPIED: ReadonlySet<string> = new Set(["identity", "claims-unverified", "row"]);

/** Names of an object's properties, those of spread objects included. */
function namesOf({ fn, v, frame }: Site, queries: LinkQueries, depth: number): readonly string[] {
  return [...fn.props(v)].flatMap((prop) => {
    if (prop.kind !== PropKind.Spread) return prop.name === "" ? [] : [prop.name];
    if (depth > 4) return [];
    return queries
      .evaluate({ fn, v: prop.value, frame })
      .flatMap((o) => (o.kind === "literal" && o.form === "object" ? namesOf(o.site, queries, depth + 1) : []));
  });
}

function attach(attached: Map<string, readonly Origin[]>, path: string, origins: readonly Origin[]): void {
  const solid = origins.filter((o) => !(o.kind === "constant" && !o.value) && o.kind !== "unknown");
  if (solid.length === 0) return;
  attached.set(path, [...(attached.get(path) ?? []), ...solid].slice(0, 8));
}
