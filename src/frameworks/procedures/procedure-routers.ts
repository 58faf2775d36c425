/** Routers made of procedures: which procedures they hold under which names, through nesting, merging, spreading and lazy loading. */
import { NONE, Op, PropKind } from "../../model/lowered.js";
import { givenFrame } from "../../program/values/call-frames.js";
import type { Frame, LinkQueries, Origin, PackageOrigin, Site } from "../../program/values/origin.js";
import { siteKey } from "../../program/values/origin-keys.js";
import { type ChainCall, chainOf, lastName, originsOfArgument } from "./builder-chain.js";

/** What distinguishes one package of procedures from another. */
export interface RouterDialect {
  readonly framework: string;
  readonly module: RegExp;
  /** calls that finish a procedure and are given its resolver */
  readonly finishing: ReadonlySet<string>;
  /** calls that hold procedures; those of `merging` take several routers */
  readonly routers: ReadonlySet<string>;
  readonly merging: ReadonlySet<string>;
  /** a finished procedure whose name of the finishing call may be all that is readable */
  looksLikeProcedure(site: Site): boolean;
}

/** A procedure where a router holds it. */
export interface Mounted {
  readonly path: string;
  /** the alternatives of its value: builders chosen by configuration give several */
  readonly chains: readonly PackageOrigin[];
  /** the property's value */
  readonly site: Site;
  /** the same for one procedure however often it is mounted */
  readonly key: string;
  /** builders of the routers around it, outermost first: what they use runs before */
  readonly within: readonly PackageOrigin[];
  /** false when the builder's own base is not known to be tRPC's */
  readonly known: boolean;
}

export interface RouterTree {
  readonly key: string;
  readonly procedures: readonly Mounted[];
}

const MAX_DEPTH = 16;
/** values looked at for one root: routers that hold each other many times must come to an end */
const MAX_VALUES = 20_000;

/** The call of a chain that was given the resolver. */
export function finishingCall(origin: PackageOrigin, dialect: RouterDialect): ChainCall | null {
  return chainOf(origin).findLast((call) => dialect.finishing.has(call.name)) ?? null;
}

/** The result of a call that makes a router. */
export function isRouter(origin: Origin, dialect: RouterDialect): origin is PackageOrigin {
  return (
    origin.kind === "package" &&
    dialect.module.test(origin.module) &&
    origin.site !== null &&
    dialect.routers.has(lastName(origin.previous?.path ?? ""))
  );
}

/** Reads routers; remembers which are part of others. */
export class RouterReader {
  readonly #mounted = new Set<string>();
  /** objects that are being read: one that holds itself is not entered again */
  readonly #open = new Set<string>();
  /** routers that are being read, outermost first */
  readonly #within: PackageOrigin[] = [];
  #values = 0;

  constructor(
    readonly queries: LinkQueries,
    private readonly dialect: RouterDialect,
  ) {}

  read(call: Site): RouterTree {
    const own = this.queries.evaluate(call).filter((o) => isRouter(o, this.dialect));
    const [origin] = own;
    const key = origin === undefined ? instanceKey(call) : routerKey(origin);
    const procedures: Mounted[] = [];
    this.#values = 0;
    if (own.length > 0) for (const router of own) this.#value(router, "", call, procedures, 0);
    else for (const object of originsOfArgument(call, 0, this.queries)) this.#value(object, "", call, procedures, 0);
    return { key, procedures };
  }

  /** A value that is served as a router: an object of procedures as often as not. */
  readValue(site: Site): RouterTree {
    const procedures: Mounted[] = [];
    this.#values = 0;
    for (const origin of this.queries.evaluate(site)) this.#value(origin, "", site, procedures, 1);
    return { key: instanceKey(site), procedures };
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
    } else if (origin.kind === "namespace") this.#namespace(origin, path, into, depth);
    else if (origin.kind === "package" && this.dialect.module.test(origin.module)) {
      this.#package(origin, path, site, into, depth);
    }
  }

  #package(origin: PackageOrigin, path: string, site: Site, into: Mounted[], depth: number): void {
    const router = routerIn(origin, this.dialect);
    if (router !== null && router.site !== null) {
      if (depth > 0) this.#mounted.add(routerKey(router));
      this.#within.push(router);
      const merged = this.dialect.merging.has(lastName(router.previous?.path ?? ""));
      const count = merged ? router.site.fn.args(router.site.v).length : 1;
      for (let i = 0; i < count; i += 1) {
        for (const part of originsOfArgument(router.site, i, this.queries)) {
          this.#value(part, path, router.site, into, depth + 1);
        }
      }
      this.#within.pop();
      return;
    }
    const name = lastName(origin.previous?.path ?? "");
    if (/^(?:experimental_)?lazy$/.test(name) && origin.site !== null) {
      for (const loaded of this.#loadedBy(origin.site)) this.#value(loaded, path, site, into, depth + 1);
    }
  }

  /** `import * as planets from "./planets"`: its exports are the properties. */
  #namespace(origin: Extract<Origin, { kind: "namespace" }>, path: string, into: Mounted[], depth: number): void {
    const key = `n${origin.file.id}`;
    if (this.#open.has(key)) return;
    this.#open.add(key);
    for (const item of origin.file.lowered.exports) {
      if (item.kind === "star" || item.typeOnly || item.name === "default") continue;
      const site: Site = { fn: origin.file.module, v: NONE, frame: null };
      const inner = path === "" ? item.name : `${path}.${item.name}`;
      this.#held(this.queries.project(origin, [item.name]), site, inner, into, depth);
    }
    this.#open.delete(key);
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
    this.#held(this.queries.evaluate(site), site, path, into, depth);
  }

  #held(origins: readonly Origin[], site: Site, path: string, into: Mounted[], depth: number): void {
    const chains = origins.filter((o) => o.kind === "package").filter((o) => this.#isProcedure(o));
    if (chains.length > 0) {
      into.push({
        path,
        chains,
        site,
        key: procedureKey(chains[0], this.dialect),
        within: [...this.#within],
        known: true,
      });
      return;
    }
    for (const origin of origins) this.#value(origin, path, site, into, depth + 1);
    const understood = origins.some((o) => o.kind === "package" || o.kind === "literal");
    if (!understood && site.v !== NONE && this.dialect.looksLikeProcedure(site)) {
      into.push({ path, chains: [], site, key: instanceKey(site), within: [], known: false });
    }
  }

  #isProcedure(origin: PackageOrigin): boolean {
    return this.dialect.module.test(origin.module) && finishingCall(origin, this.dialect) !== null;
  }

  /** What `lazy(() => import("./x").then((m) => m.router))` loads. */
  #loadedBy(lazy: Site): readonly Origin[] {
    const loaders = originsOfArgument(lazy, 0, this.queries).filter((o) => o.kind === "function");
    return loaders.flatMap((loader) =>
      loader.fn.returns.flatMap((row) => this.#loaded({ fn: loader.fn, v: loader.fn.a(row), frame: loader.frame })),
    );
  }

  #loaded(site: Site): readonly Origin[] {
    const { fn, frame } = site;
    let { v } = site;
    while (v >= 0 && (fn.op(v) === Op.Await || fn.op(v) === Op.Cast)) v = fn.a(v);
    if (v >= 0 && fn.op(v) === Op.Call && fn.memberName(fn.callee(v)) === "then") {
      const modules = this.queries.evaluate({ fn, v: fn.a(fn.callee(v)), frame });
      const picks = originsOfArgument({ fn, v, frame }, 0, this.queries).filter((o) => o.kind === "function");
      return picks.flatMap((pick) => [
        ...this.queries.bind(this.queries.returnsOf(pick.fn), givenFrame(pick, [modules])),
      ]);
    }
    return this.queries.evaluate({ fn, v, frame }).flatMap((origin) => this.#onlyRouterOf(origin));
  }

  /** A module that is loaded whole stands for its default export, or for the one router that it exports. */
  #onlyRouterOf(origin: Origin): readonly Origin[] {
    if (origin.kind !== "namespace") return [origin];
    const { exports } = origin.file.lowered;
    if (exports.some((item) => item.kind !== "star" && item.name === "default" && !item.typeOnly)) {
      return this.queries.project(origin, ["default"]);
    }
    const values = exports.flatMap((item) =>
      item.kind === "star" || item.typeOnly ? [] : [...this.queries.project(origin, [item.name])],
    );
    return values.filter((o) => isRouter(o, this.dialect));
  }
}

/** The router that a value is, or whose procedures it is: `router._def.procedures`. */
function routerIn(origin: PackageOrigin, dialect: RouterDialect): PackageOrigin | null {
  const last = chainOf(origin).at(-1);
  if (last === undefined || !dialect.routers.has(last.name)) return null;
  for (let o: PackageOrigin | null = origin; o !== null; o = o.previous) if (o.site !== null) return o;
  return null;
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

/** The same for one procedure however it is reached. */
export function procedureKey(origin: PackageOrigin, dialect: RouterDialect): string {
  const site = finishingCall(origin, dialect)?.site ?? origin.site;
  return site === null ? "" : instanceKey(site);
}
