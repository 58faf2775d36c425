/** Reads one call on a Fastify instance: what it adds to the tree of plugins. */
import type { Unknown } from "../../model/facts.js";
import { Op } from "../../model/lowered.js";
import { refusedStatus } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { nameOf, placeOf } from "../routing-tree/calls.js";
import { leavesOf } from "../routing-tree/handlers.js";
import { isOptions } from "../routing-tree/options.js";
import type { PathPattern } from "../routing-tree/paths.js";
import { patternsOf } from "../routing-tree/patterns.js";
import type { RoutingTree, TreeRouter } from "../routing-tree/routing-tree.js";
import type { Enter, RunCall, RunVisitor } from "../routing-tree/run.js";
import type { Spot } from "../routing-tree/spot.js";
import { Unread } from "../routing-tree/unread.js";
import type { Values } from "../routing-tree/values.js";
import { endpointItems, registersContract } from "../ts-rest/endpoints.js";
import { HOOKS, hookSteps, middlewareStep } from "./hooks.js";
import { type InstanceRef, Instances, mayBeGiven, VERBS } from "./instances.js";
import { PluginLoader } from "./loading.js";
import { contractDialect, fullRoute, handlerAt, type ReadRoute, routeHooks, shorthandRoute } from "./routes.js";

const REGISTERING = new Set([...VERBS.keys(), "all", "route", "register", "addHook", "use", "setNotFoundHandler"]);
const EVERYWHERE: readonly PathPattern[] = [{ kind: "text", text: "/" }];

export class Registrations implements RunVisitor {
  readonly framework = "fastify";
  readonly #unread = new Unread();
  readonly #instances = new Instances();
  readonly #loader: PluginLoader;

  constructor(
    private readonly values: Values,
    private readonly tree: RoutingTree,
  ) {
    this.#loader = new PluginLoader(values, tree, this.#instances, (call, detail) => this.#unread.add(call, detail));
  }

  get unknowns(): readonly Unknown[] {
    return this.#unread.all;
  }

  candidate(fn: FunctionView, v: number): boolean {
    if (fn.op(v) !== Op.Call) return false;
    const callee = fn.callee(v);
    const args = fn.args(v);
    if (registersContract(fn, v, this.values.queries)) return true;
    if (args.length === 0 || (fn.op(callee) !== Op.Member && fn.op(callee) !== Op.Index)) return false;
    const name = fn.memberName(callee);
    if (fn.op(callee) === Op.Member && !REGISTERING.has(name)) return false;
    // most calls of a verb with one argument are look-ups
    if (VERBS.has(name) && args.length < 2) return false;
    const origins = this.values.queries.evaluate({ fn, v: fn.a(callee), frame: null });
    return origins.some(
      (o) =>
        this.#instances.of(o, this.values.queries, fn) !== null ||
        (mayBeGiven(o) && (!VERBS.has(name) || startsLikePath(fn, args[0]))),
    );
  }

  visit(call: RunCall, enter: Enter): boolean {
    const { fn } = call;
    const callee = fn.callee(call.v);
    if (registersContract(fn, call.v, this.values.queries)) return this.#contract(call);
    const refs = this.#refs({ ...call, v: fn.a(callee) });
    if (refs.length === 0) return false;
    const name = fn.op(callee) === Op.Member ? fn.memberName(callee) : this.#computedName(call, fn.b(callee));
    if (name === null) this.#unread.add(call, "the method is computed");
    else for (const ref of refs) this.#register(call, ref, name, enter);
    return true;
  }

  unreadTable(call: RunCall): void {
    this.#unread.add(call, "routes are registered from a table that could not be read completely");
  }

  /** `s.registerRouter(contract, router, app, options)` */
  #contract(call: RunCall): boolean {
    const [contract, implementation, app, options = null] = this.#args(call);
    const refs = this.#refs(app);
    for (const ref of refs) {
      const parts = { contract, router: implementation, options };
      this.tree
        .router(ref.identity)
        .items.push(...endpointItems(call, parts, contractDialect(this.values), this.values));
    }
    return refs.length > 0;
  }

  #refs(receiver: Spot): readonly InstanceRef[] {
    const refs = new Map<string, InstanceRef>();
    for (const origin of this.values.of(receiver)) {
      const ref = this.#instances.of(origin, this.values.queries, receiver.fn);
      if (ref !== null) refs.set(ref.identity.key, ref);
    }
    return [...refs.values()];
  }

  #computedName(call: RunCall, key: number): string | null {
    return this.values.text({ ...call, v: key })?.toLowerCase() ?? null;
  }

  #register(call: RunCall, ref: InstanceRef, name: string, enter: Enter): void {
    const router = this.tree.router(ref.identity);
    const method = name === "all" ? "ALL" : VERBS.get(name);
    if (method !== undefined) this.#routes(call, router, shorthandRoute(call, method, this.values));
    else if (name === "route") this.#routes(call, router, fullRoute(call, this.values));
    else if (name === "register") this.#loader.register(call, ref, router, enter);
    else if (name === "addHook") this.#hook(call, router);
    else if (name === "use") this.#middleware(call, router);
    else if (name === "setNotFoundHandler") this.#notFound(call, router);
  }

  #args(call: RunCall): readonly Spot[] {
    return Array.from(call.fn.args(call.v), (v) => ({ ...call, v }));
  }

  #routes(call: RunCall, router: TreeRouter, read: ReadRoute | null): void {
    if (read === null) return;
    router.items.push(...read.items);
    if (read.unread !== "") this.#unread.add(call, read.unread);
  }

  #hook(call: RunCall, router: TreeRouter): void {
    const [first, ...functions] = this.#args(call);
    const hook = this.values.text(first);
    const place = placeOf(call);
    const base = { place, conditions: call.conditions };
    if (hook === "onRoute" && functions.some((spot) => this.#addsHooks(spot))) {
      router.items.push({ ...base, kind: "gap", detail: "hooks are added to its routes as they are registered" });
      this.#unread.add(call, "it changes the hooks of routes as they are registered");
    }
    if (hook === null) this.#unread.add(call, "the kind of hook could not be read");
    if (hook === null || !HOOKS.has(hook)) return;
    for (const step of hookSteps(functions, hook, place, this.values)) {
      router.items.push({ ...base, kind: "set-up", patterns: EVERYWHERE, reach: "prefix", methods: [], step });
    }
  }

  /** `addHook("onRoute", (route) => { route.preHandler = […] })` */
  #addsHooks(spot: Spot): boolean {
    return this.values.of(spot).some((o) => {
      if (o.kind !== "function") return false;
      const { fn } = o;
      for (let v = 0; v < fn.valueCount; v += 1)
        if (fn.op(v) === Op.SetMember && HOOKS.has(fn.text(fn.b(v)))) return true;
      return false;
    });
  }

  #middleware(call: RunCall, router: TreeRouter): void {
    const args = this.#args(call);
    const read = patternsOf(args[0], this.values);
    const place = placeOf(call);
    const base = { place, conditions: call.conditions };
    for (const leaf of leavesOf(read === null ? args : args.slice(1), this.values)) {
      const step = middlewareStep(leaf, place);
      const patterns = read?.patterns ?? EVERYWHERE;
      router.items.push({ ...base, kind: "set-up", patterns, reach: "prefix", methods: [], step });
    }
  }

  /** Reachable like a route; one that only says so is left out. */
  #notFound(call: RunCall, router: TreeRouter): void {
    const args = this.#args(call);
    const options = args.length > 1 && isOptions(args[0], this.values) ? args[0] : null;
    const leaf = leavesOf(args.slice(-1), this.values).at(-1);
    if (leaf === undefined || leaf.origin.kind !== "function" || this.#onlyRefuses(leaf.origin.fn)) return;
    router.items.push({
      kind: "route",
      place: placeOf(call),
      conditions: call.conditions,
      method: "ALL",
      patterns: [{ kind: "text", text: "/*" }],
      steps: options === null ? [] : routeHooks(options, call, this.values),
      continues: "no",
      incomplete: "",
      ...handlerAt({ ...leaf, name: leaf.name || nameOf(leaf.origin) }, false, call, this.values),
    });
  }

  #onlyRefuses(fn: FunctionView): boolean {
    return fn.calls.some((v) => refusedStatus(fn, v, this.values.queries) > 0);
  }
}

function startsLikePath(fn: FunctionView, first: number): boolean {
  if (fn.op(first) === Op.String) return /^(?:\/|\*|$)/.test(fn.text(fn.a(first)));
  return fn.op(first) !== Op.Closure && fn.op(first) !== Op.Number;
}
