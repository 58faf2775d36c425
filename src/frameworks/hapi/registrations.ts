/** Reads one call on a Hapi server: what it adds to the routing tree. */
import type { Unknown } from "../../model/facts.js";
import { Op } from "../../model/lowered.js";
import { displayName } from "../../program/facts/fact-reader.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { constant, type Origin } from "../../program/values/origin.js";
import { placeOf } from "../routing-tree/calls.js";
import { leavesOf } from "../routing-tree/handlers.js";
import { optionSpots } from "../routing-tree/options.js";
import type { PathPattern } from "../routing-tree/paths.js";
import { patternsOf } from "../routing-tree/patterns.js";
import type { MountItem, RoutingTree, TreeRouter } from "../routing-tree/routing-tree.js";
import type { Enter, RunCall, RunVisitor } from "../routing-tree/run.js";
import { at, type Spot } from "../routing-tree/spot.js";
import type { Values } from "../routing-tree/values.js";
import { type AuthSetting, readAuth, Strategies } from "./authentication.js";
import { extensionStep, methodLeaves, type PendingRoute, POINTS, readRoute } from "./routes.js";
import { mayBeGiven, type ServerRef, Servers } from "./servers.js";

const REMEDY = 'routes: rules: - { match: "* /…", require: [authentication] }';
const EVERYWHERE: readonly PathPattern[] = [{ kind: "text", text: "/" }];
const OWN = new Set(["route", "register", "ext"]);
const OF_AUTH = new Set(["strategy", "default", "scheme"]);
const MAX_NESTING = 6;

type FunctionOrigin = Extract<Origin, { kind: "function" }>;

export class Registrations implements RunVisitor {
  readonly framework = "hapi";
  readonly #unknowns = new Map<string, Unknown>();
  readonly #servers = new Servers();
  readonly #strategies: Strategies;
  readonly #pending: { readonly router: TreeRouter; readonly route: PendingRoute }[] = [];
  /** key of the root server → what routes without a word about it get */
  readonly #defaults = new Map<string, AuthSetting>();

  constructor(
    private readonly values: Values,
    private readonly tree: RoutingTree,
  ) {
    this.#strategies = new Strategies(values);
  }

  get unknowns(): readonly Unknown[] {
    return [...this.#unknowns.values()];
  }

  candidate(fn: FunctionView, v: number): boolean {
    const receiver = receiverOf(fn, v);
    if (receiver === null || fn.args(v).length === 0) return false;
    const origins = this.values.queries.evaluate({ fn, v: receiver, frame: null });
    return origins.some((o) => this.#servers.of(o, this.values.queries, fn) !== null || mayBeGiven(o));
  }

  visit(call: RunCall, enter: Enter): boolean {
    const receiver = receiverOf(call.fn, call.v);
    if (receiver === null) return false;
    const refs = this.#refs({ ...call, v: receiver });
    const name = call.fn.memberName(call.fn.callee(call.v));
    for (const ref of refs) this.#register(call, ref, name, enter);
    return refs.length > 0;
  }

  unreadTable(call: RunCall): void {
    this.#unknown(call, "routes are registered from a table that could not be read completely");
  }

  /** Puts in what could only be told when everything was registered: the default holds for earlier routes as well. */
  finish(): void {
    const [only, ...others] = this.#defaults.values();
    for (const { router, route } of this.#pending) {
      const own = this.#defaults.get(this.#servers.rootOf(router.key));
      const byDefault = own ?? (router.app || others.length > 0 ? undefined : only) ?? null;
      const steps = this.#strategies.steps(route.auth, byDefault);
      for (const item of route.items) router.items.push({ ...item, steps: [...steps, ...item.steps] });
    }
  }

  #refs(receiver: Spot): readonly ServerRef[] {
    const refs = new Map<string, ServerRef>();
    for (const origin of this.values.of(receiver)) {
      const ref = this.#servers.of(origin, this.values.queries, receiver.fn);
      if (ref !== null) refs.set(ref.identity.key, ref);
    }
    return [...refs.values()];
  }

  #register(call: RunCall, ref: ServerRef, name: string, enter: Enter): void {
    const args = Array.from(call.fn.args(call.v), (v): Spot => ({ ...call, v }));
    const router = this.tree.router(ref.identity);
    if (name === "route") this.#routes(call, router, args[0]);
    else if (name === "register") this.#plugins(call, ref, args, enter);
    else if (name === "ext") this.#extension(call, ref, args);
    else if (name === "scheme") this.#strategies.scheme(call);
    else if (name === "strategy") this.#strategies.strategy(call);
    else if (name === "default") this.#default(call, ref, args[0]);
  }

  #default(call: RunCall, ref: ServerRef, spot: Spot): void {
    const root = this.#servers.rootOf(ref.identity.key);
    if (this.#defaults.has(root)) return;
    const condition = [...new Set(call.conditions.map((c) => c.text))].join(" and ");
    this.#defaults.set(root, { ...readAuth(spot, this.values, condition), place: placeOf(call) });
  }

  #routes(call: RunCall, router: TreeRouter, spot: Spot): void {
    const { spots, complete } = this.#objects(spot);
    for (const one of spots) {
      const route = readRoute(one, call, this.values);
      if (route === null) this.#unknown(call, "the path could not be read");
      else this.#pending.push({ router, route });
    }
    if (!complete || spots.length === 0) this.#unknown(call, "the routes could not be read completely");
  }

  /** The objects in an object, an array, or arrays of arrays. */
  #objects(spot: Spot): { readonly spots: readonly Spot[]; readonly complete: boolean } {
    const { fn, v } = spot;
    if (fn.op(v) === Op.Object) return { spots: [spot], complete: true };
    const origins = this.values.of(spot);
    if (origins.length > 0 && origins.every((o) => o.kind === "literal" && o.form === "object")) {
      return this.#ofOrigins(origins, 0);
    }
    const elements = this.values.elements(spot);
    const inner = this.#ofOrigins(elements.items, 0);
    return { spots: inner.spots, complete: inner.complete && elements.complete };
  }

  #ofOrigins(
    origins: readonly Origin[],
    depth: number,
  ): { readonly spots: readonly Spot[]; readonly complete: boolean } {
    const found = origins.map((origin) => {
      if (origin.kind === "literal" && origin.form === "object") return { spots: [at(origin.site)], complete: true };
      const elements = this.values.elementsOf(origin);
      if (elements.items.length === 0 || depth > MAX_NESTING) return { spots: [], complete: elements.complete };
      const inner = this.#ofOrigins(elements.items, depth + 1);
      return { spots: inner.spots, complete: inner.complete && elements.complete };
    });
    return { spots: found.flatMap((one) => [...one.spots]), complete: found.every((one) => one.complete) };
  }

  /** `register(plugin, { routes: { prefix } })`, `register([{ plugin, options, routes }])` */
  #plugins(call: RunCall, ref: ServerRef, [first, second]: readonly Spot[], enter: Enter): void {
    const { items } = this.values.elements(first);
    for (const origin of items.length > 0 ? items : this.values.of(first)) {
      const own = origin.kind === "literal" && origin.form === "object" ? at(origin.site) : null;
      const wrapped = own === null ? [] : optionSpots(own, "plugin", this.values);
      const plugin = (wrapped.length > 0 ? wrapped.flatMap((s) => [...this.values.of(s)]) : [origin]).find(
        (o) => this.#entry(o, 0) !== null,
      );
      const entry = plugin === undefined ? null : this.#entry(plugin, 0);
      if (entry === null) continue;
      const patterns = [
        ...(own === null ? [] : this.#prefixes(own)),
        ...(second === undefined ? [] : this.#prefixes(second)),
      ];
      const child = this.#servers.child(call, ref, entry.fn);
      const options =
        own === null ? [] : optionSpots(own, "options", this.values).flatMap((s) => [...this.values.of(s)]);
      this.#mount(call, ref, child, patterns.length === 0 ? EVERYWHERE : patterns);
      enter(entry, [[child.origin], options.length > 0 ? options : [constant(undefined)]]);
    }
  }

  #prefixes(object: Spot): readonly PathPattern[] {
    return optionSpots(object, "routes", this.values)
      .flatMap((routes) => [...optionSpots(routes, "prefix", this.values)])
      .flatMap((spot) => [...(patternsOf(spot, this.values)?.patterns ?? [])]);
  }

  #mount(call: RunCall, ref: ServerRef, child: ServerRef, patterns: readonly PathPattern[]): void {
    this.tree.router(child.identity);
    const base = { place: placeOf(call), conditions: call.conditions };
    const item: MountItem = { ...base, kind: "mount", patterns, child: child.identity.key };
    this.tree.router(ref.identity).items.push(item);
  }

  /** The function that a plugin is: itself, its `register`, or that of what a module exports. */
  #entry(origin: Origin, depth: number): FunctionOrigin | null {
    if (origin.kind === "function") return origin;
    if (depth > MAX_NESTING || origin.kind === "package" || origin.kind === "constant") return null;
    for (const name of ["register", "plugin", "default"]) {
      for (const inner of this.values.queries.project(origin, [name])) {
        const known = inner.kind === "function" || inner.kind === "literal" || inner.kind === "class";
        const found = known && inner !== origin ? this.#entry(inner, depth + 1) : null;
        if (found !== null) return found;
      }
    }
    return null;
  }

  /** `ext("onPreAuth", fn, { sandbox: "plugin" })`, `ext([{ type, method }])`; without a sandbox it holds for all. */
  #extension(call: RunCall, ref: ServerRef, [first, second, third]: readonly Spot[]): void {
    const type = this.values.text(first);
    if (type !== null) {
      if (second !== undefined) this.#extend(call, ref, type, second, third ?? null);
      return;
    }
    const { spots } = this.#objects(first);
    if (spots.length === 0) this.#unknown(call, "the extension could not be read");
    for (const one of spots) {
      const [named] = optionSpots(one, "type", this.values);
      const point = named === undefined ? null : this.values.text(named);
      const [options] = optionSpots(one, "options", this.values);
      for (const method of optionSpots(one, "method", this.values)) {
        if (point !== null) this.#extend(call, ref, point, method, options ?? null);
      }
    }
  }

  #extend(call: RunCall, ref: ServerRef, type: string, method: Spot, options: Spot | null): void {
    const phase = POINTS.get(type);
    if (phase === undefined) return;
    const sandbox = options === null ? [] : optionSpots(options, "sandbox", this.values);
    const kept = sandbox.some((spot) => this.values.text(spot) === "plugin");
    const key = kept ? ref.identity.key : this.#servers.rootOf(ref.identity.key);
    const router = this.tree.routers.find((one) => one.key === key) ?? this.tree.router(ref.identity);
    const base = { place: placeOf(call), conditions: call.conditions };
    for (const leaf of leavesOf([method], this.values).flatMap((one) => [...methodLeaves(one, this.values)])) {
      const step = extensionStep(leaf, phase, call);
      router.items.push({ ...base, kind: "set-up", patterns: EVERYWHERE, reach: "prefix", methods: [], step });
    }
  }

  #unknown(call: RunCall, detail: string): void {
    const place = placeOf(call);
    const text = `${displayName(call.fn, call.v) || "a registration"}: ${detail}`;
    const kind = "dynamic-registration";
    this.#unknowns.set(`${place.file}:${place.start}:${text}`, { kind, place, detail: text, remedy: REMEDY });
  }
}

/** The value that should be a server: of `server.route(…)`, of `server.auth.strategy(…)`. */
function receiverOf(fn: FunctionView, v: number): number | null {
  const callee = fn.op(v) === Op.Call ? fn.callee(v) : -1;
  if (callee < 0 || fn.op(callee) !== Op.Member) return null;
  const name = fn.memberName(callee);
  const receiver = fn.a(callee);
  if (OWN.has(name)) return receiver;
  const ofAuth = OF_AUTH.has(name) && fn.op(receiver) === Op.Member && fn.memberName(receiver) === "auth";
  return ofAuth ? fn.a(receiver) : null;
}
