/** Reads one call on a Hono application: what it adds to the routing tree. */
import { Op } from "../../model/lowered.js";
import { displayName } from "../../program/facts/fact-reader.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { type Origin, unknown } from "../../program/values/origin.js";
import { fetchArguments } from "../arguments.js";
import { conditionsOf, placeOf } from "../routing-tree/calls.js";
import { type Leaf, leavesOf } from "../routing-tree/handlers.js";
import type { PathPattern } from "../routing-tree/paths.js";
import { isUntyped } from "../routing-tree/routers.js";
import type { RoutingTree, TreeRouter } from "../routing-tree/routing-tree.js";
import type { RunCall, RunVisitor } from "../routing-tree/run.js";
import type { Spot } from "../routing-tree/spot.js";
import { Unread } from "../routing-tree/unread.js";
import type { Values } from "../routing-tree/values.js";
import { type AppRef, appOf, FLUENT, receiverOf, VERBS } from "./apps.js";
import { definedRoute, describedRoute } from "./openapi.js";
import { below, pathsOf } from "./patterns.js";
import { openByDescription, pushRoute } from "./routes.js";
import { answers, stepsOf } from "./steps.js";

const EVERYWHERE: readonly PathPattern[] = [{ kind: "text", text: "/*" }];

export class Registrations implements RunVisitor {
  readonly framework = "hono";
  readonly #unread = new Unread();
  /** the path that a registration without one repeats, by application */
  readonly #current = new Map<string, readonly PathPattern[]>();

  constructor(
    private readonly values: Values,
    private readonly tree: RoutingTree,
  ) {}

  get unknowns(): Unread["all"] {
    return this.#unread.all;
  }

  candidate(fn: FunctionView, v: number): boolean {
    if (fn.op(v) !== Op.Call) return false;
    const callee = fn.callee(v);
    const args = fn.args(v);
    if (args.length === 0 || (fn.op(callee) !== Op.Member && fn.op(callee) !== Op.Index)) return false;
    const name = fn.memberName(callee);
    if (fn.op(callee) === Op.Member && !FLUENT.has(name)) return false;
    const { base } = receiverOf({ fn, v: fn.a(callee), frame: null, bindings: new Map() }, this.values);
    const origins = this.values.queries.evaluate(base);
    if (origins.some((o) => appOf(o, this.values, fn) !== null)) return true;
    return args.length > 1 && origins.some((o) => mayBeGivenApp(o, fn, args[0]));
  }

  visit(call: RunCall): boolean {
    const { fn } = call;
    const callee = fn.callee(call.v);
    const apps = this.#apps({ ...call, v: fn.a(callee) });
    if (apps.length === 0) return false;
    const names = fn.op(callee) === Op.Member ? [fn.memberName(callee)] : this.#texts({ ...call, v: fn.b(callee) });
    for (const app of apps) {
      const router = this.tree.router(app.identity);
      if (names.length === 0) this.#unread.gap(call, router, "the method is computed");
      for (const name of names) this.#register(call, router, app.prefix, name.toLowerCase());
    }
    return true;
  }

  unreadTable(call: RunCall): void {
    this.#unread.add(call, "routes are registered from a table that could not be read completely");
  }

  #apps(spot: Spot): readonly AppRef[] {
    const { base, prefix } = receiverOf(spot, this.values);
    const found = new Map<string, AppRef>();
    for (const origin of this.values.of(base)) {
      const app = appOf(origin, this.values, base.fn);
      if (app !== null) found.set(app.identity.key, { ...app, prefix: `${app.prefix}${prefix}` });
    }
    return [...found.values()];
  }

  #register(call: RunCall, router: TreeRouter, prefix: string, name: string): void {
    const args = Array.from(call.fn.args(call.v), (v): Spot => ({ ...call, v }));
    const method = name === "all" ? "ALL" : VERBS.get(name);
    if (method !== undefined) this.#verb(call, router, prefix, [method], args);
    else if (name === "on") this.#on(call, router, prefix, args);
    else if (name === "use") this.#use(call, router, prefix, args);
    else if (name === "route") this.#route(call, router, prefix, args);
    else if (name === "mount") this.#mount(call, router, prefix, args);
    else if (name === "openapi") this.#described(call, router, prefix, args[0], args.slice(1, 2));
    else if (name === "openapiroutes") this.#describedList(call, router, prefix, args[0]);
    else if (name === "doc" || name === "doc31") this.#document(call, router, prefix, args[0]);
  }

  /** The path of the first argument, or the one that was last used; the other arguments. */
  #paths(
    call: RunCall,
    router: TreeRouter,
    args: readonly Spot[],
  ): { readonly patterns: readonly PathPattern[]; readonly rest: readonly Spot[]; readonly incomplete: string } {
    const read = args.length === 0 ? null : pathsOf(args[0], this.values);
    if (read === null) {
      const known = this.#current.get(router.key) ?? [{ kind: "text", text: "/" }];
      return { patterns: known, rest: args, incomplete: "" };
    }
    this.#current.set(router.key, read.patterns);
    const incomplete = read.complete ? "" : "a part of the path could not be read";
    if (incomplete !== "") this.#unread.add(call, incomplete);
    return { patterns: read.patterns, rest: args.slice(1), incomplete };
  }

  #verb(call: RunCall, router: TreeRouter, prefix: string, methods: readonly string[], args: readonly Spot[]): void {
    if (args.length > 1 && pathsOf(args[0], this.values) === null && !this.#isHandler(args[0])) {
      this.#unread.gap(call, router, "the path could not be read");
      return;
    }
    const { patterns, rest, incomplete } = this.#paths(call, router, args);
    if (rest.length === 0) return;
    const leaves = this.#handlers(call, rest);
    for (const method of methods) {
      pushRoute({ call, router, method, patterns: below(prefix, patterns), leaves, incomplete }, this.values);
    }
  }

  #isHandler(spot: Spot): boolean {
    return this.values.of(spot).some((o) => o.kind === "function" || (o.kind === "package" && o.path.endsWith("()")));
  }

  /** `on(methods, paths, …handlers)` */
  #on(call: RunCall, router: TreeRouter, prefix: string, args: readonly Spot[]): void {
    const methods = args.length < 3 ? [] : this.#texts(args[0]);
    if (methods.length === 0) this.#unread.gap(call, router, "the method is computed");
    this.#verb(
      call,
      router,
      prefix,
      methods.map((method) => method.toUpperCase()),
      args.slice(1),
    );
  }

  #texts(spot: Spot): readonly string[] {
    const whole = this.values.text(spot);
    if (whole !== null) return [whole];
    const { items, complete } = this.values.elements(spot);
    const texts = items.map((item) => this.values.textOf(item));
    return complete && texts.every((text) => text !== null) ? texts.map(String) : [];
  }

  #use(call: RunCall, router: TreeRouter, prefix: string, args: readonly Spot[]): void {
    const pathless = pathsOf(args[0], this.values) === null;
    if (pathless) this.#current.set(router.key, EVERYWHERE);
    const { patterns, rest, incomplete } = this.#paths(call, router, args);
    const place = placeOf(call);
    for (const leaf of leavesOf(rest, this.values)) {
      if (answers(leaf.origin)) {
        const route = { call, router, method: "ALL", patterns: below(prefix, patterns), leaves: [leaf], incomplete };
        pushRoute(route, this.values);
        continue;
      }
      const conditions = conditionsOf(call, leaf);
      for (const step of stepsOf({ ...leaf, condition: "" }, place, this.values)) {
        const item = { kind: "set-up", place, conditions, reach: "exact", methods: [], step } as const;
        router.items.push({ ...item, patterns: below(prefix, patterns) });
      }
      if (leaf.origin.kind === "unknown") {
        this.#unread.gap(call, router, `what ${leaf.name || "use"} is could not be read`);
      }
    }
  }

  /** What is registered on the sub-application later is not part of it. */
  #route(call: RunCall, router: TreeRouter, prefix: string, args: readonly Spot[]): void {
    const read = pathsOf(args[0], this.values);
    if (args.length < 2) return;
    const place = placeOf(call);
    const refs = leavesOf([args[1]], this.values).map((leaf) => appOf(leaf.origin, this.values, call.fn));
    for (const ref of refs) {
      if (ref === null) continue;
      const child = this.tree.router(ref.identity);
      const patterns = below(prefix, read?.patterns ?? [{ kind: "text", text: "/:path" }]);
      const item = { kind: "mount", place, conditions: call.conditions, patterns } as const;
      router.items.push({ ...item, child: ref.identity.key, copied: child.items.length });
    }
    if (read === null || !read.complete) this.#unread.add(call, "a part of the path could not be read");
    if (!refs.some((ref) => ref !== null)) {
      this.#unread.gap(call, router, `what ${displayName(call.fn, args[1].v) || "route"} is could not be read`);
    }
  }

  /** `mount(path, other.fetch)`: another Hono application, or anything that answers requests. */
  #mount(call: RunCall, router: TreeRouter, prefix: string, args: readonly Spot[]): void {
    const patterns = below(prefix, pathsOf(args[0], this.values)?.patterns ?? []);
    const [leaf] = leavesOf(args.slice(1, 2), this.values);
    if (leaf === undefined) return;
    const { origin } = leaf;
    const whole = origin.kind === "package" && origin.path.endsWith(".fetch") ? origin.previous : null;
    const app = whole === null ? null : appOf(whole, this.values, call.fn);
    if (app !== null) {
      this.tree.router(app.identity);
      const item = { kind: "mount", place: placeOf(call), conditions: call.conditions, patterns } as const;
      router.items.push({ ...item, child: app.identity.key });
      return;
    }
    const all = patterns.flatMap((p) => [...below(p.kind === "text" ? p.text : "/", EVERYWHERE)]);
    const route = { call, router, method: "ALL", patterns: all, leaves: [leaf], incomplete: "" };
    pushRoute({ ...route, given: fetchArguments }, this.values);
  }

  #described(call: RunCall, router: TreeRouter, prefix: string, route: Spot, handlers: readonly Spot[]): void {
    const described = describedRoute(route, this.values);
    if (described === null || handlers.length === 0) {
      this.#unread.gap(call, router, "the description of the route could not be read");
      return;
    }
    const { method, patterns } = described;
    const leaves = [...described.middleware, ...this.#handlers(call, handlers)];
    const publicMarker = described.open ? openByDescription(placeOf(call)) : null;
    const marked = publicMarker === null ? {} : { publicMarker };
    pushRoute(
      { call, router, method, patterns: below(prefix, patterns), leaves, incomplete: "", ...marked },
      this.values,
    );
  }

  #describedList(call: RunCall, router: TreeRouter, prefix: string, list: Spot): void {
    const { items, complete } = this.values.elements(list);
    if (!complete) this.unreadTable(call);
    for (const item of items) {
      const defined = definedRoute(item);
      if (defined !== null) this.#described(call, router, prefix, defined.route, [defined.handler]);
      else this.#unread.gap(call, router, "the description of the route could not be read");
    }
  }

  #document(call: RunCall, router: TreeRouter, prefix: string, path: Spot): void {
    const patterns = below(prefix, pathsOf(path, this.values)?.patterns ?? []);
    const leaves = [{ origin: unknown("documentation"), name: "doc", condition: "" }];
    const publicMarker = { reason: "documentation of the interface", place: placeOf(call) };
    pushRoute({ call, router, method: "GET", patterns, leaves, incomplete: "", publicMarker }, this.values);
  }

  /** A route whose handlers cannot be read is a route all the same. */
  #handlers(call: RunCall, spots: readonly Spot[]): readonly Leaf[] {
    const leaves = leavesOf(spots, this.values);
    if (leaves.length > 0 && leaves.some((leaf) => leaf.origin.kind !== "unknown")) return leaves;
    this.#unread.add(call, "the handler could not be read");
    if (leaves.length > 0) return leaves;
    const last = spots[spots.length - 1];
    return [{ origin: unknown("handler"), name: displayName(last.fn, last.v), condition: "" }];
  }
}

/** An untyped parameter with a call on it that looks like a registration: its callers tell. */
function mayBeGivenApp(origin: Origin, fn: FunctionView, first: number): boolean {
  if (origin.kind !== "parameter" || !isUntyped(origin)) return false;
  return fn.op(first) === Op.String && /^[/*]/.test(fn.text(fn.a(first)));
}
