/** Reads one call on a Koa application or router: what it adds to the routing tree. */
import type { Unknown } from "../../model/facts.js";
import { NONE, Op } from "../../model/lowered.js";
import { displayName } from "../../program/facts/fact-reader.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { type Origin, type Site, unknown } from "../../program/values/origin.js";
import { koaArguments, koaParamArguments } from "../arguments.js";
import { conditionsOf, nameOf, placeOf, within } from "../routing-tree/calls.js";
import { headOf, innermost, type Leaf, leavesOf } from "../routing-tree/handlers.js";
import type { PathPattern } from "../routing-tree/paths.js";
import { isPattern, patternsOf, type ReadPatterns } from "../routing-tree/patterns.js";
import { isUntyped, type RouterRef } from "../routing-tree/routers.js";
import type { RoutingTree, TreeRouter } from "../routing-tree/routing-tree.js";
import type { RunCall, RunVisitor } from "../routing-tree/run.js";
import { at, type Spot } from "../routing-tree/spot.js";
import { Unread } from "../routing-tree/unread.js";
import type { Values } from "../routing-tree/values.js";
import { continues, type Piece, piecesOf, stepOf } from "./middleware.js";
import { koaRouterOf, VERBS } from "./routers.js";

const EVERYWHERE: readonly PathPattern[] = [{ kind: "text", text: "/" }];
const OTHERS = new Set(["use", "all", "param", "prefix"]);

export class Registrations implements RunVisitor {
  readonly framework = "koa";
  readonly #unread = new Unread();
  /** routers of which only the last match runs */
  readonly #exclusive = new Set<string>();

  constructor(
    private readonly values: Values,
    private readonly tree: RoutingTree,
  ) {}

  get unknowns(): readonly Unknown[] {
    return this.#unread.all;
  }

  candidate(fn: FunctionView, v: number): boolean {
    if (fn.op(v) !== Op.Call) return false;
    const callee = fn.callee(v);
    const args = fn.args(v);
    if (fn.op(callee) === Op.Super) return args.length > 0 && this.#isOwn(fn);
    if (args.length === 0 || (fn.op(callee) !== Op.Member && fn.op(callee) !== Op.Index)) return false;
    const name = fn.memberName(callee);
    if (fn.op(callee) === Op.Member && !OTHERS.has(name) && !VERBS.has(name)) return false;
    // `map.get(key)`: a route has a path and a handler
    if (VERBS.has(name) && args.length < 2) return false;
    const origins = this.values.queries.evaluate({ fn, v: fn.a(callee), frame: null });
    return origins.some((o) => this.#refOf(o, fn, args) !== null || mayBeGivenRouter(o, fn, v));
  }

  visit(call: RunCall): boolean {
    const { fn } = call;
    const callee = fn.callee(call.v);
    if (fn.op(callee) === Op.Super) return this.#superCall(call);
    const refs = this.#routers({ ...call, v: fn.a(callee) });
    if (refs.length === 0) return false;
    const names = fn.op(callee) === Op.Member ? [fn.memberName(callee)] : this.#computedNames(call, fn.b(callee));
    for (const ref of refs) {
      const router = this.#router(ref);
      if (names.length === 0) this.#unread.gap(call, router, "the method is computed");
      for (const name of names) this.#register(call, router, name);
    }
    return true;
  }

  /** Inside a class that extends a router. */
  #isOwn(fn: FunctionView): boolean {
    const own: Origin = { kind: "instance", file: fn.file, index: fn.thisClass, site: null };
    return fn.thisClass >= 0 && koaRouterOf(own, this.values.queries, fn) !== null;
  }

  /** `super({ prefix })` makes the router. */
  #superCall(call: RunCall): boolean {
    const self = call.frame?.self ?? null;
    const ref = self === null ? null : koaRouterOf(self, this.values.queries, call.fn);
    if (ref === null) return false;
    const router = this.tree.router(ref.identity);
    for (const origin of this.values.of({ ...call, v: call.fn.args(call.v)[0] })) this.#options(router, origin, call);
    return true;
  }

  unreadTable(call: RunCall): void {
    this.#unread.add(call, "routes are registered from a table that could not be read completely");
  }

  /** A parameter that is a router by its name alone must be used as one: with a handler that takes a context. */
  #refOf(origin: Origin, fn: FunctionView, args: Int32Array): RouterRef | null {
    const ref = koaRouterOf(origin, this.values.queries, fn);
    if (ref === null || origin.kind !== "parameter") return ref;
    if (!isUntyped(origin) && origin.path.length === 0) return ref;
    return Array.from(args).some((v) => takesContext(fn, v)) ? ref : null;
  }

  #routers(receiver: Spot): readonly RouterRef[] {
    const refs = new Map<string, RouterRef>();
    for (const origin of this.values.of(receiver)) {
      const ref = koaRouterOf(origin, this.values.queries, receiver.fn);
      if (ref !== null) refs.set(ref.identity.key, ref);
    }
    return [...refs.values()];
  }

  /** The tree's router, with the prefix of the options with which it was made. */
  #router(ref: RouterRef): TreeRouter {
    const known = this.tree.known(ref.identity.key);
    const router = this.tree.router(ref.identity);
    const made = ref.identity.made;
    if (known || made === null) return router;
    const args = made.fn.args(made.v);
    if (args.length === 0) return router;
    for (const origin of this.values.of({ ...at(made), v: args[0] })) this.#options(router, origin, made);
    return router;
  }

  #options(router: TreeRouter, options: Origin, made: Site): void {
    if (options.kind !== "literal" || options.form !== "object") return;
    const { fn, v, frame } = options.site;
    const exclusive = fn.prop(v, "exclusive");
    if (exclusive !== NONE && this.values.truth(at({ fn, v: exclusive, frame })) === true)
      this.#exclusive.add(router.key);
    const prefix = fn.prop(v, "prefix");
    if (prefix !== NONE) this.#prefix({ ...at(made), conditions: [] }, router, at({ fn, v: prefix, frame }));
  }

  #prefix(call: RunCall, router: TreeRouter, path: Spot): void {
    const read = patternsOf(path, this.values);
    const [first] = read?.patterns ?? [];
    if (read === null || !read.complete || first?.kind !== "text") {
      this.#unread.gap(call, router, "the prefix could not be read");
    }
    if (first?.kind === "text") this.tree.setPrefix(router, first.text);
  }

  #computedNames(call: RunCall, key: number): readonly string[] {
    const names = this.values.of({ ...call, v: key }).map((o) => this.values.textOf(o));
    return names.every((name) => name !== null) ? names.map((name) => name?.toLowerCase() ?? "") : [];
  }

  #register(call: RunCall, router: TreeRouter, name: string): void {
    const args = Array.from(call.fn.args(call.v), (v): Spot => ({ ...call, v }));
    const method = name === "all" ? "ALL" : VERBS.get(name);
    if (method !== undefined) this.#route(call, router, method, args);
    else if (name === "use") this.#use(call, router, args);
    else if (name === "param") this.#param(call, router, args);
    else if (name === "prefix") this.#prefix(call, router, args[0]);
  }

  #use(call: RunCall, router: TreeRouter, args: readonly Spot[]): void {
    const read = router.app ? null : patternsOf(args[0], this.values);
    if (read?.complete === false)
      this.#unread.add(call, `the path of ${displayName(call.fn, call.v)} could not be read`);
    for (const piece of piecesOf(read === null ? args : args.slice(1), this.values)) {
      this.#usePiece(call, router, piece, read);
    }
  }

  #usePiece(call: RunCall, router: TreeRouter, piece: Piece, read: ReadPatterns | null): void {
    const { leaf } = piece;
    const patterns = piece.below ?? read?.patterns ?? EVERYWHERE;
    const conditions = conditionsOf(call, leaf);
    const base = { place: placeOf(call), conditions };
    if (piece.unread) this.#unread.add(call, `the paths of ${leaf.name || "a set-up"} could not be read`);
    const alone = this.#routedAlone(leaf);
    if (alone !== null) {
      this.#route({ ...call, conditions }, router, alone.method, alone.args);
      return;
    }
    const ref = koaRouterOf(leaf.origin, this.values.queries, call.fn);
    if (ref !== null) {
      const child = this.#router(ref);
      // an application hands a request to a router only for that router's own routes
      const isolated = router.app && !child.app;
      router.items.push({ ...base, kind: "mount", patterns, child: child.key, isolated });
      return;
    }
    // the application's last function answers by itself
    if (leaf.origin.kind === "function" && router.app && !takesNext(leaf.origin)) return;
    // a route matches later than anything that covers it
    if (this.#exclusive.has(router.key)) return;
    const step = { ...stepOf(leaf, base.place), except: piece.except };
    router.items.push({ ...base, kind: "set-up", patterns, reach: "prefix", methods: [], step });
    if (leaf.origin.kind === "unknown")
      this.#unread.gap(call, router, `what ${leaf.name || "use"} is could not be read`);
  }

  /** `route.get("/path", handler)` of koa-route is middleware that handles one path. */
  #routedAlone(leaf: Leaf): { readonly method: string; readonly args: readonly Spot[] } | null {
    const { origin } = leaf;
    if (origin.kind !== "package" || origin.module !== "koa-route" || origin.site === null) return null;
    const name = origin.path.replace(/\(\)$/, "");
    const method = name === "all" ? "ALL" : VERBS.get(name);
    const inner = at(origin.site);
    const args = Array.from(inner.fn.args(inner.v), (v): Spot => ({ ...inner, v }));
    return method === undefined || args.length < 2 ? null : { method, args };
  }

  #param(call: RunCall, router: TreeRouter, args: readonly Spot[]): void {
    const name = this.values.text(args[0]);
    if (name === null) return;
    for (const leaf of leavesOf(args.slice(1), this.values)) {
      const step = { ...stepOf(leaf, placeOf(call)), given: koaParamArguments(name) };
      router.items.push({
        kind: "param",
        place: placeOf(call),
        conditions: call.conditions,
        name,
        step: { ...step, name: leaf.name || `param ${name}` },
      });
    }
  }

  #route(call: RunCall, router: TreeRouter, method: string, args: readonly Spot[]): void {
    const named = args.length > 2 && this.values.text(args[0]) !== null && patternsOf(args[1], this.values) !== null;
    const [path, ...handlers] = named ? args.slice(1) : args;
    const read = patternsOf(path, this.values);
    if (read === null) {
      this.#unread.gap(call, router, "the path could not be read");
      return;
    }
    if (!read.complete) this.#unread.add(call, "a part of the path could not be read");
    const place = placeOf(call);
    const leaves = this.#handlers(call, handlers);
    const last = leaves[leaves.length - 1];
    const local = last.origin.kind === "function" ? innermost(last.origin, this.values) : null;
    router.items.push({
      kind: "route",
      place,
      conditions: call.conditions,
      method,
      patterns: read.patterns,
      steps: leaves.slice(0, -1).map((leaf) => stepOf(leaf, place)),
      handler: { name: last.name || nameOf(last.origin), origin: last.origin, given: koaArguments },
      handlerPlace: local === null || within(local, call) ? place : headOf(local),
      continues: method === "ALL" || isPattern(read.patterns) ? continues(last.origin) : "no",
      incomplete: read.complete ? "" : "a part of the path could not be read",
    });
  }

  /** A route whose handlers cannot be read is a route all the same. */
  #handlers(call: RunCall, spots: readonly Spot[]): readonly [Leaf, ...Leaf[]] {
    const [first, ...rest] = piecesOf(spots, this.values).map((piece) => piece.leaf);
    const readable = [first, ...rest].some((leaf) => leaf !== undefined && leaf.origin.kind !== "unknown");
    if (!readable) this.#unread.add(call, "the handler could not be read");
    if (first !== undefined) return [first, ...rest];
    const last = spots.at(-1);
    return [
      { origin: unknown("handler"), name: last === undefined ? "" : displayName(last.fn, last.v), condition: "" },
    ];
  }
}

function takesNext(origin: Extract<Origin, { kind: "function" }>): boolean {
  const { params } = origin.fn.info;
  return params.length === 0 || params.length > 1 || params.some((p) => p.rest);
}

/** An untyped parameter with a call on it that looks like a registration: its callers tell. */
function mayBeGivenRouter(origin: Origin, fn: FunctionView, call: number): boolean {
  if (origin.kind !== "parameter" || !isUntyped(origin)) return false;
  const args = fn.args(call);
  const first = args[0];
  return (
    fn.memberName(fn.callee(call)) === "use" || (fn.op(first) === Op.String && fn.text(fn.a(first)).startsWith("/"))
  );
}

/** `async (ctx, next) => …`, written in place. */
function takesContext(fn: FunctionView, v: number): boolean {
  if (fn.op(v) !== Op.Closure) return false;
  const [first] = fn.file.fn(fn.a(v)).info.params;
  return first !== undefined && /^_?(?:ctx|context|koaCtx)$/i.test(first.name);
}
