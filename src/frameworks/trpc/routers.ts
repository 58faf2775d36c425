/** Routers of tRPC: which procedures they hold under which names, through nesting, merging, spreading and lazy loading. */
import { Op, PropKind } from "../../model/lowered.js";
import type { FunctionView } from "../../program/function-view.js";
import {
  type Frame,
  givenFrame,
  type LinkQueries,
  type Origin,
  type PackageOrigin,
  type Site,
  siteKey,
} from "../../program/origin.js";
import { calleeName } from "../../program/refusals.js";
import { chainOf, lastName, originsOfArgument } from "../builder-chain.js";
import type { ProgramIndex } from "../routing.js";

/** A procedure where a router holds it. */
export interface Mounted {
  readonly path: string;
  /** the alternatives of its value: builders chosen by configuration give several */
  readonly chains: readonly PackageOrigin[];
  /** the property's value */
  readonly site: Site;
  /** the same for one procedure however often it is mounted */
  readonly key: string;
  /** false when the builder's own base is not known to be tRPC's */
  readonly known: boolean;
}

export interface RouterTree {
  readonly key: string;
  readonly procedures: readonly Mounted[];
}

const MODULE = "@trpc/server";
const KINDS = new Set(["query", "mutation", "subscription"]);
const MAX_DEPTH = 16;
/** values looked at for one root: routers that hold each other many times must come to an end */
const MAX_VALUES = 20_000;

/** Whether anything of the program may be a router: asked first, because most programs have none. */
export function mayHaveRouters(index: ProgramIndex): boolean {
  if (index.imports(MODULE)) return true;
  return [...KINDS].some((kind) => index.callsOfMember(kind).some(({ fn, v }) => isProcedureCall(fn, v)));
}

/** Calls that make routers, nested and merged ones included. */
export function routerCalls(index: ProgramIndex, queries: LinkQueries): readonly Site[] {
  const found: Site[] = [];
  for (const fn of index.functions()) {
    for (const v of fn.calls) {
      if (fn.op(v) !== Op.Call || !looksLikeRouter(fn, v)) continue;
      const site: Site = { fn, v, frame: null };
      const origins = queries.evaluate(site);
      if (origins.some(isRouter) || (origins.every((o) => o.kind !== "package") && holdsProcedures(fn, v))) {
        // inside of a helper the object is a parameter: the helper's callers are read instead
        if (!isForwarded(site, queries)) found.push(site);
      }
    }
  }
  return found;
}

function looksLikeRouter(fn: FunctionView, v: number): boolean {
  return /router/i.test(calleeName(fn, fn.callee(v))) || holdsProcedures(fn, v);
}

/** An object with a property that is written `something.query(…)` and the like. */
function holdsProcedures(fn: FunctionView, v: number): boolean {
  const [first] = fn.args(v);
  if (first === undefined || fn.op(first) !== Op.Object) return false;
  for (const prop of fn.props(first)) if (isProcedureCall(fn, prop.value)) return true;
  return false;
}

function isProcedureCall(fn: FunctionView, v: number): boolean {
  if (fn.op(v) !== Op.Call || !KINDS.has(fn.memberName(fn.callee(v)))) return false;
  return /procedure/i.test(baseName(fn, v));
}

/** Name at the root of a chain of calls: `publicProcedure` of `publicProcedure.input(x).query(f)`. */
function baseName(fn: FunctionView, value: number): string {
  for (let v = value, steps = 0; steps < 60; steps += 1) {
    const op = fn.op(v);
    if (op === Op.Call) v = fn.callee(v);
    else if (op === Op.Member && fn.op(fn.a(v)) !== Op.Var && fn.op(fn.a(v)) !== Op.Global) v = fn.a(v);
    else return op === Op.Member ? `${calleeName(fn, fn.a(v))}.${fn.memberName(v)}` : calleeName(fn, v);
  }
  return "";
}

function isForwarded(site: Site, queries: LinkQueries): boolean {
  return originsOfArgument(site, 0, queries).every((o) => o.kind === "parameter");
}

function isRouter(origin: Origin): boolean {
  return (
    origin.kind === "package" && origin.module === MODULE && /(?:^|\.)(?:router|mergeRouters)\(\)$/.test(origin.path)
  );
}

/** Reads routers; remembers which are part of others. */
export class RouterReader {
  readonly #mounted = new Set<string>();
  /** objects that are being read: one that holds itself is not entered again */
  readonly #open = new Set<string>();
  #values = 0;

  constructor(readonly queries: LinkQueries) {}

  read(call: Site): RouterTree {
    const own = this.queries.evaluate(call).filter(isRouter);
    const [origin] = own;
    const key = origin === undefined ? instanceKey(call) : routerKey(origin);
    const procedures: Mounted[] = [];
    this.#values = 0;
    if (own.length > 0) for (const router of own) this.#value(router, "", call, procedures, 0);
    else for (const object of originsOfArgument(call, 0, this.queries)) this.#value(object, "", call, procedures, 0);
    return { key, procedures };
  }

  /** True for routers met inside of another. */
  isMounted(key: string): boolean {
    return this.#mounted.has(key);
  }

  #value(origin: Origin, path: string, site: Site, into: Mounted[], depth: number): void {
    this.#values += 1;
    if (depth > MAX_DEPTH || this.#values > MAX_VALUES) return;
    if (origin.kind === "literal" && origin.form === "object") {
      const key = instanceKey(origin.site);
      if (this.#open.has(key)) return;
      this.#open.add(key);
      this.#object(origin.site, path, into, depth);
      this.#open.delete(key);
    } else if (origin.kind === "package" && origin.module === MODULE) this.#package(origin, path, site, into, depth);
  }

  #package(origin: PackageOrigin, path: string, site: Site, into: Mounted[], depth: number): void {
    const router = routerIn(origin);
    if (router !== null && router.site !== null) {
      if (depth > 0) this.#mounted.add(routerKey(router));
      const merged = lastName(router.previous?.path ?? "") === "mergeRouters";
      const count = merged ? router.site.fn.args(router.site.v).length : 1;
      for (let i = 0; i < count; i += 1) {
        for (const part of originsOfArgument(router.site, i, this.queries)) {
          this.#value(part, path, router.site, into, depth + 1);
        }
      }
      return;
    }
    const name = lastName(origin.previous?.path ?? "");
    if (/^(?:experimental_)?lazy$/.test(name) && origin.site !== null) {
      for (const loaded of loadedBy(origin.site, this.queries)) this.#value(loaded, path, site, into, depth + 1);
    }
  }

  #object(object: Site, path: string, into: Mounted[], depth: number): void {
    const { fn, v, frame } = object;
    for (const prop of fn.props(v)) {
      const site: Site = { fn, v: prop.value, frame };
      if (prop.kind === PropKind.Spread) {
        for (const origin of this.queries.evaluate(site)) this.#value(origin, path, site, into, depth + 1);
        continue;
      }
      const name = prop.name || this.#computedName(object, prop.key);
      if (name !== "") this.#property(site, path === "" ? name : `${path}.${name}`, into, depth);
    }
  }

  #computedName({ fn, frame }: Site, key: number): string {
    const [origin] = key < 0 ? [] : this.queries.evaluate({ fn, v: key, frame });
    return origin?.kind === "constant" && typeof origin.value === "string" ? origin.value : "";
  }

  #property(site: Site, path: string, into: Mounted[], depth: number): void {
    const origins = this.queries.evaluate(site);
    const chains = origins.filter((o) => o.kind === "package").filter(isProcedure);
    if (chains.length > 0) {
      into.push({ path, chains, site, key: procedureKey(chains[0]), known: true });
      return;
    }
    for (const origin of origins) this.#value(origin, path, site, into, depth + 1);
    const understood = origins.some((o) => o.kind === "package" || o.kind === "literal");
    if (!understood && isProcedureCall(site.fn, site.v)) {
      into.push({ path, chains: [], site, key: instanceKey(site), known: false });
    }
  }
}

function isProcedure(origin: PackageOrigin): boolean {
  return origin.module === MODULE && origin.site !== null && KINDS.has(lastName(origin.previous?.path ?? ""));
}

/** The router that a value is, or whose procedures it is: `router._def.procedures`. */
function routerIn(origin: PackageOrigin): PackageOrigin | null {
  const calls = chainOf(origin);
  const last = calls.at(-1);
  if (last === undefined || (last.name !== "router" && last.name !== "mergeRouters")) return null;
  for (let o: PackageOrigin | null = origin; o !== null; o = o.previous) if (o.site !== null) return o;
  return null;
}

/** What `lazy(() => import("./x").then((m) => m.router))` loads. */
function loadedBy(lazy: Site, queries: LinkQueries): readonly Origin[] {
  const loaders = originsOfArgument(lazy, 0, queries).filter((o) => o.kind === "function");
  return loaders.flatMap((loader) =>
    loader.fn.returns.flatMap((row) => loaded({ fn: loader.fn, v: loader.fn.a(row), frame: loader.frame }, queries)),
  );
}

function loaded(site: Site, queries: LinkQueries): readonly Origin[] {
  const { fn, frame } = site;
  let { v } = site;
  while (v >= 0 && (fn.op(v) === Op.Await || fn.op(v) === Op.Cast)) v = fn.a(v);
  if (v >= 0 && fn.op(v) === Op.Call && fn.memberName(fn.callee(v)) === "then") {
    const modules = queries.evaluate({ fn, v: fn.a(fn.callee(v)), frame });
    const picks = originsOfArgument({ fn, v, frame }, 0, queries).filter((o) => o.kind === "function");
    return picks.flatMap((pick) => [...queries.bind(queries.returnsOf(pick.fn), givenFrame(pick, [modules]))]);
  }
  return queries.evaluate({ fn, v, frame }).flatMap((origin) => onlyRouterOf(origin, queries));
}

/** A module that is loaded whole stands for the one router that it exports. */
function onlyRouterOf(origin: Origin, queries: LinkQueries): readonly Origin[] {
  if (origin.kind !== "namespace") return [origin];
  const values = origin.file.lowered.exports.flatMap((item) =>
    item.kind === "star" || item.typeOnly ? [] : [...queries.project(origin, [item.name])],
  );
  return values.filter(isRouter);
}

function routerKey(origin: Origin): string {
  return origin.kind === "package" && origin.site !== null ? instanceKey(origin.site) : "";
}

/** A call together with the calls that led to it, so that what a factory makes twice is two things. */
function instanceKey(site: Site): string {
  const steps = [siteKey(site)];
  for (let f: Frame | null = site.frame; f !== null && steps.length < 16; f = f.site?.frame ?? null) {
    if (f.site !== null) steps.push(siteKey(f.site));
  }
  return steps.join("<");
}

function procedureKey(origin: PackageOrigin): string {
  return origin.site === null ? "" : instanceKey(origin.site);
}
