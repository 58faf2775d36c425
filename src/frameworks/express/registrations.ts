/** Reads one call on an Express router: what it adds to the routing tree. */

import type { Unknown } from "../../model/facts.js";
import { FnHint, Op } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import { displayName } from "../../program/facts/fact-reader.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { type Origin, unknown } from "../../program/values/origin.js";
import { expressArguments, expressParamArguments } from "../arguments.js";
import type { RawFault, RawStep } from "../routing.js";
import { conditionsOf, nameOf, placeOf, within } from "../routing-tree/calls.js";
import { headOf, innermost, type Leaf, leavesOf } from "../routing-tree/handlers.js";
import { isOptions, optionSpots } from "../routing-tree/options.js";
import type { PathPattern } from "../routing-tree/paths.js";
import { isPattern, patternsOf } from "../routing-tree/patterns.js";
import { isUntyped } from "../routing-tree/routers.js";
import type { RoutingTree, SetUpItem, TreeRouter } from "../routing-tree/routing-tree.js";
import type { RunCall, RunVisitor } from "../routing-tree/run.js";
import { at, type Spot } from "../routing-tree/spot.js";
import { Unread } from "../routing-tree/unread.js";
import type { Values } from "../routing-tree/values.js";
import { endpointItems, registersContract } from "../ts-rest/endpoints.js";
import { initializesOpenapi, openapiRoutes } from "./openapi.js";
import { isNestApplication, isUnordered, type RouterRef, routerOf, VERBS } from "./routers.js";
import { continues, contractDialect, isErrorHandler, socketArguments, stepOf, usedStepOf } from "./steps.js";

const EVERYWHERE: readonly PathPattern[] = [{ kind: "text", text: "/" }];
/** express-ws: what is registered with `ws` answers connections */
const SOCKET_METHOD = "CONNECT";
const ERROR_NAME = /^_*(?:e|er|err|error|exception|ex)\w*$/i;

export class Registrations implements RunVisitor {
  readonly framework = "express";
  readonly #unread = new Unread();

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
    const { queries } = this.values;
    if (registersContract(fn, v, queries) || initializesOpenapi(fn, v, queries)) return true;
    if (args.length === 0 || (fn.op(callee) !== Op.Member && fn.op(callee) !== Op.Index)) return false;
    const name = fn.memberName(callee);
    const known = /^(?:use|pre|all|param|route|ws)$/.test(name) || VERBS.has(name);
    if (fn.op(callee) === Op.Member && !known) return false;
    // most calls of a verb with one argument are look-ups; only chains of `route()` register so
    if (VERBS.has(name) && args.length < 2 && !this.#isChained(fn, callee)) return false;
    const origins = this.values.queries.evaluate({ fn, v: fn.a(callee), frame: null });
    if (name !== "use" && origins.some(isNestApplication)) return false;
    return origins.some((o) => routerOf(o, this.values.queries, fn) !== null || mayBeGivenRouter(o, name, fn, args[0]));
  }

  #isChained(fn: FunctionView, callee: number): boolean {
    const receiver = fn.a(callee);
    return fn.op(receiver) === Op.Call || fn.op(receiver) === Op.Var;
  }

  visit(call: RunCall): boolean {
    const { fn } = call;
    const callee = fn.callee(call.v);
    if (registersContract(fn, call.v, this.values.queries)) return this.#contract(call);
    if (initializesOpenapi(fn, call.v, this.values.queries)) return this.#described(call);
    const refs = this.#routers({ ...call, v: fn.a(callee) });
    if (refs.length === 0) return false;
    const names = fn.op(callee) === Op.Member ? [fn.memberName(callee)] : this.#computedNames(call, fn.b(callee));
    if (names.length === 0) {
      for (const ref of refs) this.#unread.gap(call, this.tree.router(ref.identity), "the method is computed");
    }
    for (const ref of refs) for (const name of names) this.#register(call, ref, name);
    return true;
  }

  unreadTable(call: RunCall): void {
    this.#unread.add(call, "routes are registered from a table that could not be read completely");
  }

  /** `createExpressEndpoints(contract, router, app, options)` */
  #contract(call: RunCall): boolean {
    const [contract, implementation, app, options = null] = this.#args(call);
    const refs = this.#routers(app);
    for (const ref of refs) {
      const router = this.tree.router(ref.identity);
      const dialect = contractDialect(this.values);
      const items = endpointItems(call, { contract, router: implementation, options }, dialect, this.values);
      router.items.push(...items);
      if (items.length === 0) this.#unread.gap(call, router, "the contract could not be read");
    }
    return refs.length > 0;
  }

  /** `initialize({ app, apiDoc, paths })` of express-openapi */
  #described(call: RunCall): boolean {
    const { app, items, complete } = openapiRoutes(call, this.values);
    const refs = app.flatMap((spot) => [...this.#routers(spot)]);
    for (const ref of refs) this.tree.router(ref.identity).items.push(...items);
    if (!complete || refs.length === 0) this.#unread.add(call, "the folder of its operations could not be read");
    return true;
  }

  #routers(receiver: Spot): readonly RouterRef[] {
    const refs = new Map<string, RouterRef>();
    for (const origin of this.values.of(receiver)) {
      const ref = routerOf(origin, this.values.queries, receiver.fn);
      if (ref !== null) refs.set(ref.identity.key, ref);
    }
    return [...refs.values()];
  }

  #computedNames(call: RunCall, key: number): readonly string[] {
    const names = this.values.of({ ...call, v: key }).map((o) => this.values.textOf(o));
    return names.every((name) => name !== null) ? names.map((name) => name?.toLowerCase() ?? "") : [];
  }

  #register(call: RunCall, ref: RouterRef, name: string): void {
    const router = this.tree.router(ref.identity);
    if (name === "use" || name === "pre") this.#use(call, router);
    else if (name === "param") this.#param(call, router);
    else if (name === "all") this.#route(call, router, ref, "ALL");
    else if (name === "ws") this.#route(call, router, ref, SOCKET_METHOD);
    else {
      const method = VERBS.get(name);
      if (method !== undefined) this.#route(call, router, ref, method);
    }
  }

  #args(call: RunCall): readonly Spot[] {
    return Array.from(call.fn.args(call.v), (v) => ({ ...call, v }));
  }

  #use(call: RunCall, router: TreeRouter): void {
    const args = this.#args(call);
    const first = args[0];
    const read = patternsOf(first, this.values);
    const pathless = read === null;
    if (read?.complete === false)
      this.#unread.add(call, `the path of ${displayName(call.fn, call.v)} could not be read`);
    const patterns = read?.patterns ?? EVERYWHERE;
    const place = placeOf(call);
    for (const leaf of leavesOf(pathless ? args : args.slice(1), this.values)) {
      const ref = routerOf(leaf.origin, this.values.queries, call.fn);
      const base = { place, conditions: conditionsOf(call, leaf) };
      if (ref !== null && ref.route === null) {
        this.tree.router(ref.identity);
        router.items.push({ ...base, kind: "mount", patterns, child: ref.identity.key });
        continue;
      }
      if (leaf.origin.kind === "function" && this.#endsHere(call, router, leaf, pathless ? null : patterns)) continue;
      const step = usedStepOf(leaf, place, this.values);
      this.#setUp(router, { ...base, kind: "set-up", patterns, reach: "prefix", methods: [], step });
      if (leaf.origin.kind === "unknown")
        this.#unread.gap(call, router, `what ${leaf.name || "use"} is could not be read`);
    }
  }

  #setUp(router: TreeRouter, item: SetUpItem): void {
    const at = isUnordered(router) ? router.items.findIndex(({ kind }) => kind === "route" || kind === "mount") : -1;
    router.items.splice(at < 0 ? router.items.length : at, 0, item);
  }

  /** Error handlers and functions that never call on are no set-ups. @returns true when dealt with */
  #endsHere(call: RunCall, router: TreeRouter, leaf: Leaf, patterns: readonly PathPattern[] | null): boolean {
    if (leaf.origin.kind !== "function") return false;
    const { fn } = leaf.origin;
    const { params } = fn.info;
    const place = placeOf(call);
    const base = { place, conditions: call.conditions };
    if (isErrorHandler(leaf.origin)) {
      const fault = arityFault(leaf, place);
      if (fault !== null) router.items.push({ ...base, kind: "fault", fault });
      return true;
    }
    const goesOn = params.length === 0 || params.length > 2 || params.some((p) => p.rest);
    if (goesOn) return false;
    if (patterns !== null) this.#addRoute(call, router, "ALL", patterns, [leaf], "");
    return true;
  }

  #param(call: RunCall, router: TreeRouter): void {
    const [first, ...rest] = this.#args(call);
    const names = patternsOf(first, this.values)?.patterns ?? [];
    for (const pattern of names) {
      if (pattern.kind !== "text") continue;
      for (const leaf of leavesOf(rest, this.values)) {
        const step: RawStep = { ...stepOf(leaf, placeOf(call)), given: expressParamArguments(pattern.text) };
        router.items.push({
          kind: "param",
          place: placeOf(call),
          conditions: call.conditions,
          name: pattern.text,
          step: { ...step, name: step.name || `param ${pattern.text}` },
        });
      }
    }
  }

  #route(call: RunCall, router: TreeRouter, ref: RouterRef, method: string): void {
    const args = this.#args(call);
    const pathAt = ref.route === null ? this.#pathIn(args[0]) : this.#routePath(ref);
    const handlers = ref.route === null ? args.slice(1) : args;
    // `app.get("setting")` reads a setting
    if (pathAt === null || handlers.length === 0) return;
    const leaves = this.#handlers(call, handlers);
    const read = patternsOf(pathAt, this.values);
    if (read === null) {
      this.#unread.gap(call, router, "the path could not be read");
      return;
    }
    if (!read.complete) this.#unread.add(call, "a part of the path could not be read");
    const incomplete = read.complete ? "" : "a part of the path could not be read";
    this.#addRoute(call, router, method, read.patterns, leaves, incomplete);
  }

  /** A route whose handlers cannot be read is a route all the same. */
  #handlers(call: RunCall, spots: readonly Spot[]): readonly Leaf[] {
    const leaves = leavesOf(spots, this.values);
    const last = spots[spots.length - 1];
    if (leaves.length > 0 && leaves.some((leaf) => leaf.origin.kind !== "unknown")) return leaves;
    this.#unread.add(call, "the handler could not be read");
    if (leaves.length > 0) return leaves;
    const name = displayName(last.fn, last.v);
    return [{ origin: unknown("handler"), name, condition: "" }];
  }

  /** `server.get({ path: "/x", name: "x" }, handler)` */
  #pathIn(first: Spot): Spot {
    if (!isOptions(first, this.values)) return first;
    return optionSpots(first, "path", this.values)[0] ?? optionSpots(first, "url", this.values)[0] ?? first;
  }

  #routePath(ref: RouterRef): Spot | null {
    if (ref.route === null) return null;
    const args = ref.route.fn.args(ref.route.v);
    return args.length === 0 ? null : { ...at(ref.route), v: args[0] };
  }

  #addRoute(
    call: RunCall,
    router: TreeRouter,
    method: string,
    patterns: readonly PathPattern[],
    leaves: readonly Leaf[],
    incomplete: string,
  ): void {
    const running = leaves.filter((leaf) => !isErrorHandler(leaf.origin));
    const last = running.at(-1);
    if (last === undefined) return;
    const place = placeOf(call);
    for (const leaf of leaves) {
      const fault = leaf.origin.kind === "function" ? arityFault(leaf, headOf(leaf.origin.fn)) : null;
      if (fault !== null) router.items.push({ kind: "fault", place, conditions: call.conditions, fault });
    }
    const local = last.origin.kind === "function" ? innermost(last.origin, this.values) : null;
    const socket = method === SOCKET_METHOD;
    const given = socket ? socketArguments : expressArguments;
    router.items.push({
      ...(socket ? { transport: "ws" } : {}),
      kind: "route",
      place,
      conditions: call.conditions,
      method,
      patterns,
      steps: running.slice(0, -1).map((leaf) => ({ ...stepOf(leaf, place), given })),
      handler: { name: last.name || nameOf(last.origin), origin: last.origin, given },
      handlerPlace: local === null || within(local, call) ? place : headOf(local),
      continues: method === "ALL" || isPattern(patterns) ? continues(last.origin) : "no",
      incomplete,
    });
  }
}

/** A guard with four parameters: Express calls it for errors only. */
function arityFault(leaf: Leaf, place: Place): RawFault | null {
  if (leaf.origin.kind !== "function" || !isErrorHandler(leaf.origin)) return null;
  const { fn } = leaf.origin;
  if ((fn.info.hints & FnHint.Refuses) === 0 || ERROR_NAME.test(fn.info.params[0].name)) return null;
  const note = "takes four parameters, so it is called for errors only";
  return { kind: "error-handler-arity", name: leaf.name || fn.info.name, place, note };
}

/** An untyped parameter with a call on it that looks like a registration: its callers tell. */
function mayBeGivenRouter(origin: Origin, name: string, fn: FunctionView, first: number): boolean {
  if (origin.kind !== "parameter" || !isUntyped(origin)) return false;
  return name === "use" || (fn.op(first) === Op.String && fn.text(fn.a(first)).startsWith("/"));
}
