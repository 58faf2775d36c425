/** Reads one call on an h3 application or router: what it adds to the routing tree. */
import type { Unknown } from "../../model/facts.js";
import { FnHint, NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { type Origin, unknown } from "../../program/values/origin.js";
import { eventArguments } from "../nuxt/knowledge.js";
import { conditionsOf, nameOf, placeOf, within } from "../routing-tree/calls.js";
import { headOf, innermost, type Leaf, leavesOf } from "../routing-tree/handlers.js";
import { isOptions, optionSpots } from "../routing-tree/options.js";
import type { PathPattern } from "../routing-tree/paths.js";
import { patternsOf } from "../routing-tree/patterns.js";
import type { RouterRef } from "../routing-tree/routers.js";
import type { RoutingTree, SetUpItem, TreeRouter } from "../routing-tree/routing-tree.js";
import type { RunCall, RunVisitor } from "../routing-tree/run.js";
import { at, type Spot } from "../routing-tree/spot.js";
import { Unread } from "../routing-tree/unread.js";
import type { Values } from "../routing-tree/values.js";
import { h3RouterOf, isSecondVersion, VERBS } from "./apps.js";
import { answers, type Defined, definedHandler, runsAfter, stepOf, stepsFrom } from "./handlers.js";
import { pathsIn } from "./paths.js";

const EVERYWHERE: readonly PathPattern[] = [{ kind: "text", text: "/*" }];
const ROOT: readonly PathPattern[] = [{ kind: "text", text: "/" }];
const OTHERS = new Set(["use", "on", "add", "mount"]);

export class Registrations implements RunVisitor {
  readonly framework = "h3";
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
    if (args.length === 0 || fn.op(callee) !== Op.Member) return false;
    const name = fn.memberName(callee);
    if (!OTHERS.has(name) && !(VERBS.has(name) && args.length > 1)) return false;
    const origins = this.values.queries.evaluate({ fn, v: fn.a(callee), frame: null });
    return origins.some((o) => h3RouterOf(o, this.values.queries, fn) !== null || this.#mayBeGiven(o));
  }

  /** A parameter without a type in a file that works with h3: its callers tell. */
  #mayBeGiven(origin: Origin): boolean {
    if (origin.kind !== "parameter" || origin.path.length > 0) return false;
    const { info, file } = origin.fn;
    return (info.params[origin.index]?.type ?? NONE) === NONE && file.lowered.imports.some((i) => i.module === "h3");
  }

  visit(call: RunCall): boolean {
    const { fn } = call;
    const callee = fn.callee(call.v);
    const name = fn.memberName(callee);
    const refs = this.#routers({ ...call, v: fn.a(callee) });
    for (const ref of refs) this.#register(call, this.#router(ref), name);
    return refs.length > 0;
  }

  unreadTable(call: RunCall): void {
    this.#unread.add(call, "routes are registered from a table that could not be read completely");
  }

  #routers(receiver: Spot): readonly RouterRef[] {
    const refs = new Map<string, RouterRef>();
    for (const origin of this.values.of(receiver)) {
      const ref = h3RouterOf(origin, this.values.queries, receiver.fn);
      if (ref !== null) refs.set(ref.identity.key, ref);
    }
    return [...refs.values()];
  }

  /** The tree's router, with the hook that it was made with. */
  #router({ identity }: RouterRef): TreeRouter {
    const known = this.tree.known(identity.key);
    const router = this.tree.router(identity);
    const { made } = identity;
    const [options] = known || made === null ? [] : made.fn.args(made.v);
    if (made === null || options === undefined) return router;
    const place = made.fn.place(made.v);
    for (const step of stepsFrom(
      optionSpots({ ...at(made), v: options }, "onRequest", this.values),
      place,
      this.values,
    )) {
      router.items.push(setUp({ place, conditions: [] }, EVERYWHERE, "prefix", step));
    }
    return router;
  }

  #register(call: RunCall, router: TreeRouter, name: string): void {
    const args = Array.from(call.fn.args(call.v), (v): Spot => ({ ...call, v }));
    const method = VERBS.get(name);
    if (method !== undefined) this.#route(call, router, method, args[0], args.slice(1));
    else if (name === "on") this.#route(call, router, this.#method(args[0]), args[1], args.slice(2));
    else if (name === "add") this.#route(call, router, this.#method(args[2]), args[0], args.slice(1, 2));
    else if (name === "mount") this.#mount(call, router, args);
    else if (router.app) this.#use(call, router, args);
    else this.#route(call, router, this.#method(args[2]), args[0], args.slice(1, 2));
  }

  #method(spot: Spot | undefined): string {
    const text = spot === undefined ? null : this.values.text(spot);
    return text === null || text === "" ? "ALL" : text.toUpperCase();
  }

  #route(call: RunCall, router: TreeRouter, method: string, path: Spot | undefined, rest: readonly Spot[]): void {
    const read = path === undefined ? null : pathsIn(path, this.values);
    const [first, options] = rest;
    if (read === null || first === undefined) {
      this.#unread.gap(call, router, "the path could not be read");
      return;
    }
    const place = placeOf(call);
    const [leaf = { origin: unknown("handler"), name: "", condition: "" }] = leavesOf([first], this.values);
    const defined = definedHandler(leaf, place, this.values);
    const inner = h3RouterOf(defined.leaf.origin, this.values.queries, call.fn);
    if (inner !== null) {
      this.#mounted(call, router, inner, defined.base === null ? ROOT : this.#base(defined.base));
      return;
    }
    const own = options === undefined ? [] : stepsFrom(this.#middleware(options), place, this.values);
    this.#add(call, router, method, read.patterns, { ...defined, before: [...own, ...defined.before] }, "no");
    if (!read.complete) this.#unread.add(call, "a part of the path could not be read");
  }

  /** `[f]`, or `{ middleware: [f] }` */
  #middleware(options: Spot): readonly Spot[] {
    return isOptions(options, this.values) ? optionSpots(options, "middleware", this.values) : [options];
  }

  #add(
    call: RunCall,
    router: TreeRouter,
    method: string,
    patterns: readonly PathPattern[],
    { leaf, before }: Defined,
    continues: "no" | "maybe",
  ): void {
    const { origin } = leaf;
    const place = placeOf(call);
    const local = origin.kind === "function" ? innermost(origin, this.values) : null;
    if (origin.kind === "unknown") this.#unread.add(call, "the handler could not be read");
    router.items.push({
      kind: "route",
      place,
      conditions: conditionsOf(call, leaf),
      method,
      patterns,
      steps: before,
      handler: { name: leaf.name || nameOf(origin), origin, given: eventArguments },
      handlerPlace: local === null || within(local, call) ? place : headOf(local),
      continues,
      incomplete: "",
    });
  }

  /** Applications of h3 1 have no verbs: what answers is a route, what does not runs before those that follow. */
  #use(call: RunCall, router: TreeRouter, args: readonly Spot[]): void {
    const [first] = args;
    const layered = isOptions(first, this.values) ? first : null;
    const path = layered === null ? first : optionSpots(layered, "route", this.values)[0];
    const read = isSecondVersion(router) ? pathsIn : patternsOf;
    const patterns = path === undefined ? null : (read(path, this.values)?.patterns ?? null);
    const own = patterns === null ? args : args.slice(1);
    const handlers = layered === null ? own : optionSpots(layered, "handler", this.values);
    for (const leaf of leavesOf(handlers.slice(0, 1), this.values)) {
      if (!runsAfter(leaf.origin)) this.#used(call, router, leaf, patterns);
    }
  }

  #used(call: RunCall, router: TreeRouter, leaf: Leaf, patterns: readonly PathPattern[] | null): void {
    const place = placeOf(call);
    const second = isSecondVersion(router);
    const defined = definedHandler(leaf, place, this.values);
    const inner = h3RouterOf(defined.leaf.origin, this.values.queries, call.fn);
    if (inner !== null) {
      const stripped = second ? ROOT : (patterns ?? ROOT);
      this.#mounted(call, router, inner, defined.base === null ? stripped : this.#base(defined.base));
      return;
    }
    if (!second && this.#isHandler(defined)) {
      this.#add(call, router, "ALL", (patterns ?? ROOT).map(belowPath), defined, "maybe");
      return;
    }
    const base = { place, conditions: conditionsOf(call, leaf) };
    for (const step of [...defined.before, stepOf(defined, place)]) {
      this.#before(router, setUp(base, patterns ?? EVERYWHERE, second ? "exact" : "prefix", step));
    }
    if (defined.leaf.origin.kind === "unknown") this.#unread.gap(call, router, "what it uses could not be read");
  }

  #isHandler({ leaf, node }: Defined): boolean {
    if (node || leaf.origin.kind !== "function") return false;
    return (leaf.origin.fn.info.hints & FnHint.Refuses) === 0 && answers(leaf.origin, this.values.queries);
  }

  #before(router: TreeRouter, item: SetUpItem): void {
    const first = isSecondVersion(router)
      ? router.items.findIndex(({ kind }) => kind === "route" || kind === "mount")
      : -1;
    router.items.splice(first < 0 ? router.items.length : first, 0, item);
  }

  /** `app.mount("/base", other)` of h3 2 */
  #mount(call: RunCall, router: TreeRouter, [path, inner]: readonly Spot[]): void {
    const refs = inner === undefined ? [] : this.#routers(inner);
    for (const ref of refs) this.#mounted(call, router, ref, pathsIn(path, this.values)?.patterns ?? ROOT);
    if (refs.length === 0) this.#unread.add(call, "what is mounted could not be read");
  }

  #mounted(call: RunCall, router: TreeRouter, child: RouterRef, patterns: readonly PathPattern[]): void {
    const { key } = this.#router(child);
    router.items.push({ kind: "mount", place: placeOf(call), conditions: call.conditions, patterns, child: key });
  }

  #base(spot: Spot): readonly PathPattern[] {
    return patternsOf(spot, this.values)?.patterns ?? ROOT;
  }
}

function belowPath(pattern: PathPattern): PathPattern {
  return pattern.kind === "text" ? { kind: "text", text: `${pattern.text.replace(/\/$/, "")}/*` } : pattern;
}

function setUp(
  base: Pick<SetUpItem, "place" | "conditions">,
  patterns: readonly PathPattern[],
  reach: SetUpItem["reach"],
  step: SetUpItem["step"],
): SetUpItem {
  return { ...base, kind: "set-up", patterns, reach, methods: [], step };
}
