/** Reads one call on an Elysia instance: what it adds to the routing tree. */
import { Op } from "../../model/lowered.js";
import { displayName } from "../../program/facts/fact-reader.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { type Origin, unknown } from "../../program/values/origin.js";
import { delegateMarker } from "../file-routes/delegates.js";
import type { RawStep } from "../routing.js";
import { nameOf, placeOf, within } from "../routing-tree/calls.js";
import { headOf, innermost, type Leaf, leavesOf } from "../routing-tree/handlers.js";
import { isOptions, optionSpots } from "../routing-tree/options.js";
import type { PathPattern } from "../routing-tree/paths.js";
import { patternsOf } from "../routing-tree/patterns.js";
import type { RouteItem, RoutingTree, SetUpItem, TreeRouter } from "../routing-tree/routing-tree.js";
import type { Enter, RunCall, RunVisitor } from "../routing-tree/run.js";
import { at, type Spot } from "../routing-tree/spot.js";
import { Unread } from "../routing-tree/unread.js";
import type { Values } from "../routing-tree/values.js";
import { Macros, methodHooks, optionHooks, type Scope, scopeOf } from "./hooks.js";
import { FLUENT, HOOKS, type InstanceRef, Instances, mayBeGiven, receiverOf, VERBS } from "./instances.js";
import { elysiaArguments } from "./knowledge.js";

const EVERYWHERE: readonly PathPattern[] = [{ kind: "text", text: "/" }];

/** A hook that reaches further than the instance on which it was registered. */
interface Reaching {
  readonly item: SetUpItem;
  readonly scope: Exclude<Scope, "local">;
}

export class Registrations implements RunVisitor {
  readonly framework = "elysia";
  readonly #unread = new Unread();
  readonly #instances: Instances;
  readonly #macros: Macros;
  readonly #reaching = new Map<TreeRouter, Reaching[]>();

  constructor(
    private readonly values: Values,
    private readonly tree: RoutingTree,
  ) {
    this.#instances = new Instances(values);
    this.#macros = new Macros(values);
  }

  get unknowns(): Unread["all"] {
    return this.#unread.all;
  }

  candidate(fn: FunctionView, v: number): boolean {
    if (fn.op(v) !== Op.Call) return false;
    const callee = fn.callee(v);
    if (fn.args(v).length === 0 || fn.op(callee) !== Op.Member || !FLUENT.has(fn.memberName(callee))) return false;
    const base = receiverOf(at({ fn, v: fn.a(callee), frame: null }), this.values);
    const origins = this.values.queries.evaluate(base);
    return origins.some((o) => this.#instances.of(o, fn) !== null || mayBeGiven(o, fn));
  }

  visit(call: RunCall, enter: Enter): boolean {
    const { fn } = call;
    const callee = fn.callee(call.v);
    const base = receiverOf({ ...call, v: fn.a(callee) }, this.values);
    const refs = new Map<string, InstanceRef>();
    for (const origin of this.values.of(base)) {
      const ref = this.#instances.of(origin, base.fn);
      if (ref !== null) refs.set(ref.identity.key, ref);
    }
    for (const ref of refs.values()) this.#register(call, ref, fn.memberName(callee), enter);
    return refs.size > 0;
  }

  unreadTable(call: RunCall): void {
    this.#unread.add(call, "routes are registered from a table that could not be read completely");
  }

  #register(call: RunCall, ref: InstanceRef, name: string, enter: Enter): void {
    const router = this.#router(ref);
    const args = Array.from(call.fn.args(call.v), (v): Spot => ({ ...call, v }));
    const method = VERBS.get(name);
    if (method !== undefined) this.#route(call, router, [method], args);
    else if (name === "route") this.#route(call, router, this.#methods(args[0]), args.slice(1));
    else if (name === "ws") this.#socket(call, router, args);
    else if (HOOKS.has(name)) {
      const { steps, scope } = methodHooks(call, name, this.values);
      this.#setUp(call, router, steps, name === "onRequest" ? "global" : scope);
    } else if (name === "use") this.#use(call, ref, router, args[0], enter);
    else if (name === "group" || name === "guard") this.#group(call, router, name, args, enter);
    else if (name === "macro") this.#macros.register(call);
    else if (name === "as") this.#promote(router, this.values.text(args[0]));
    else if (name === "mount") this.#mount(call, router, args);
  }

  /** The instance's router, with the prefix of the options with which it was made. */
  #router(ref: InstanceRef): TreeRouter {
    const known = this.tree.known(ref.identity.key);
    const router = this.tree.router(ref.identity);
    const { made } = ref.identity;
    if (known || made === null || made.fn.args(made.v).length === 0) return router;
    const options: Spot = { ...at(made), v: made.fn.args(made.v)[0] };
    for (const spot of optionSpots(options, "prefix", this.values)) {
      const read = patternsOf(spot, this.values);
      const [first] = read?.patterns ?? [];
      if (first?.kind === "text") this.tree.setPrefix(router, first.text);
    }
    return router;
  }

  #methods(spot: Spot): readonly string[] {
    const text = this.values.text(spot);
    return text === null || text === "*" ? ["ALL"] : [text.toUpperCase()];
  }

  #setUp(call: RunCall, router: TreeRouter, steps: readonly RawStep[], scope: Scope): void {
    for (const step of steps) {
      const base = {
        place: placeOf(call),
        conditions: call.conditions,
        patterns: EVERYWHERE,
        methods: [],
        step,
      } as const;
      this.#add(router, { ...base, kind: "set-up", reach: "prefix" }, scope);
    }
  }

  #add(router: TreeRouter, item: SetUpItem, scope: Scope): void {
    router.items.push(item);
    if (scope === "local") return;
    this.#reaching.set(router, [...(this.#reaching.get(router) ?? []), { item, scope }]);
  }

  /** `as("scoped")`: what was registered so far reaches one instance further, or all. */
  #promote(router: TreeRouter, to: string | null): void {
    const scope = to === "global" ? "global" : "scoped";
    const items = router.items.filter((item): item is SetUpItem => item.kind === "set-up");
    this.#reaching.set(
      router,
      items.map((item) => ({ item, scope })),
    );
  }

  /** A plugin: its routes are copied, and those of its hooks that reach further hold for what comes after it. */
  #use(call: RunCall, ref: InstanceRef, router: TreeRouter, spot: Spot, enter: Enter): void {
    for (const leaf of leavesOf([spot], this.values)) {
      const child = this.#instances.of(leaf.origin, spot.fn);
      if (child !== null) this.#mountChild(call, router, child, EVERYWHERE);
      else if (leaf.origin.kind === "function") enter(leaf.origin, [[ref.origin]]);
      else if (leaf.origin.kind === "unknown")
        this.#unread.gap(call, router, `what ${leaf.name || "use"} is could not be read`);
    }
  }

  #mountChild(call: RunCall, router: TreeRouter, child: InstanceRef, patterns: readonly PathPattern[]): void {
    const mounted = this.#router(child);
    const base = { place: placeOf(call), conditions: call.conditions, patterns } as const;
    router.items.push({ ...base, kind: "mount", child: child.identity.key, isolated: true });
    for (const { item, scope } of this.#reaching.get(mounted) ?? []) {
      this.#add(router, item, scope === "global" ? "global" : "local");
    }
  }

  /** `group(prefix, options?, callback)`, `guard(options, callback?)` */
  #group(call: RunCall, router: TreeRouter, name: string, args: readonly Spot[], enter: Enter): void {
    const read = name === "group" ? patternsOf(args[0], this.values) : null;
    const rest = name === "group" ? args.slice(1) : args;
    const options = rest.find((spot) => isOptions(spot, this.values)) ?? null;
    const steps = options === null ? [] : optionHooks(options, placeOf(call), this.#macros, this.values);
    const callback = rest
      .flatMap((spot) => leavesOf([spot], this.values))
      .find((leaf) => leaf.origin.kind === "function");
    if (callback?.origin.kind !== "function") {
      if (name === "guard")
        this.#setUp(call, router, steps, options === null ? "local" : scopeOf(options, this.values));
      return;
    }
    if (read !== null && !read.complete) this.#unread.add(call, "a part of the path could not be read");
    const child = this.#instances.child(call);
    const inner = this.#router(child);
    this.#setUp(call, inner, steps, "local");
    this.#mountChild(call, router, child, read?.patterns ?? EVERYWHERE);
    enter(callback.origin, [[child.origin]]);
  }

  #route(call: RunCall, router: TreeRouter, methods: readonly string[], args: readonly Spot[]): void {
    const [path, handler, options] = args;
    if (path === undefined || handler === undefined) return;
    const read = patternsOf(path, this.values);
    if (read === null) {
      this.#unread.gap(call, router, "the path could not be read");
      return;
    }
    const leaf = leavesOf([handler], this.values).at(-1) ?? this.#unreadHandler(handler);
    const steps = options === undefined ? [] : optionHooks(options, placeOf(call), this.#macros, this.values);
    for (const method of methods)
      router.items.push(this.#item(call, method, read.patterns, steps, leaf, read.complete));
  }

  #unreadHandler({ fn, v }: Spot): Leaf {
    return { origin: unknown("handler"), name: displayName(fn, v), condition: "" };
  }

  #item(
    call: RunCall,
    method: string,
    patterns: readonly PathPattern[],
    steps: readonly RawStep[],
    leaf: Leaf,
    complete: boolean,
  ): RouteItem {
    const place = placeOf(call);
    const { origin } = leaf;
    const local = origin.kind === "function" ? innermost(origin, this.values) : null;
    return {
      kind: "route",
      place,
      conditions: call.conditions,
      method,
      patterns,
      steps,
      handler: { name: leaf.name || nameOf(origin), origin, given: elysiaArguments },
      handlerPlace: local === null || within(local, call) ? place : headOf(local),
      continues: "no",
      incomplete: complete ? "" : "a part of the path could not be read",
      publicMarker: isConstant(origin)
        ? { reason: "a value that is written in the code", place }
        : delegateMarker([origin], place, this.values.queries),
    };
  }

  /** `ws(path, { beforeHandle, open, message })` */
  #socket(call: RunCall, router: TreeRouter, [path, options]: readonly Spot[]): void {
    const read = path === undefined ? null : patternsOf(path, this.values);
    if (read === null || options === undefined) return;
    const steps = optionHooks(options, placeOf(call), this.#macros, this.values);
    const [leaf] = leavesOf(
      ["message", "open"].flatMap((name) => optionSpots(options, name, this.values)),
      this.values,
    );
    const item = this.#item(call, "GET", read.patterns, steps, leaf ?? this.#unreadHandler(options), read.complete);
    router.items.push({ ...item, transport: "ws" });
  }

  /** `mount("/auth", auth.handler)`: something that answers all requests below a path. */
  #mount(call: RunCall, router: TreeRouter, args: readonly Spot[]): void {
    const handler = args.at(-1);
    if (handler === undefined) return;
    const [first] = args.length > 1 ? (patternsOf(args[0], this.values)?.patterns ?? []) : [];
    const base = first?.kind === "text" ? first.text.replace(/\/$/, "") : "";
    const leaf = leavesOf([handler], this.values).at(-1) ?? this.#unreadHandler(handler);
    router.items.push(this.#item(call, "ALL", [{ kind: "text", text: `${base}/*` }], [], leaf, true));
  }
}

function isConstant(origin: Origin): boolean {
  return origin.kind === "constant" || (origin.kind === "literal" && origin.form === "template");
}
