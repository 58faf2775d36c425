/** Reads one call on AdonisJS's router, or on a route, a group or a resource that an earlier one made. */
import { Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { originKey, siteKey } from "../../program/values/origin-keys.js";
import type { RawStep } from "../routing.js";
import { placeOf } from "../routing-tree/calls.js";
import type { Enter, RunCall, RunVisitor } from "../routing-tree/run.js";
import type { Spot } from "../routing-tree/spot.js";
import { Unread } from "../routing-tree/unread.js";
import type { Values } from "../routing-tree/values.js";
import type { Middleware } from "./middleware.js";
import { ACTIONS, type Group, type Recorded, type Resource, type Route } from "./records.js";

export const ROUTER_MODULE = /^(?:@adonisjs\/core\/services\/router|@ioc:Adonis\/Core\/Route)$/;
const VERBS: ReadonlyMap<string, readonly string[]> = new Map([
  ...["get", "post", "put", "patch", "delete"].map((name) => [name, [name.toUpperCase()]] as const),
  ["any", ["ALL"]],
]);
const MADE = new Set([...VERBS.keys(), "route", "group", "resource", "apiResource", "shallowResource", "use"]);
const ADDED = new Set(["use", "middleware", "prefix", "apiOnly", "only", "except"]);

export class Registrations implements RunVisitor {
  readonly framework = "adonis";
  readonly routes: (Route | Resource)[] = [];
  readonly global: RawStep[] = [];
  readonly #unread = new Unread();
  readonly #records = new Map<string, Recorded>();
  #current: Group | null = null;

  constructor(
    private readonly values: Values,
    private readonly middleware: Middleware,
  ) {}

  get unknowns(): Unread["all"] {
    return this.#unread.all;
  }

  candidate(fn: FunctionView, v: number): boolean {
    if (fn.op(v) !== Op.Call || fn.op(fn.callee(v)) !== Op.Member) return false;
    const name = fn.memberName(fn.callee(v));
    return (MADE.has(name) || ADDED.has(name)) && this.#root(fn, v) !== null;
  }

  unreadTable(call: RunCall): void {
    this.#unread.add(call, "routes are registered from a table that could not be read completely");
  }

  /** The call on the router with which a chain begins. */
  #root(fn: FunctionView, v: number): number | null {
    let current = v;
    for (let i = 0; i < 30; i += 1) {
      // a route may be kept in a variable before more is said of it
      const receiver = behind(fn, fn.a(fn.callee(current)));
      if (fn.op(receiver) !== Op.Call) {
        const router = this.values.queries.evaluate({ fn, v: receiver, frame: null });
        return router.some((o) => o.kind === "package" && ROUTER_MODULE.test(o.module) && !o.path.includes("()"))
          ? current
          : null;
      }
      if (fn.op(fn.callee(receiver)) !== Op.Member) return null;
      current = receiver;
    }
    return null;
  }

  visit(call: RunCall, enter: Enter): boolean {
    const { fn, v } = call;
    const root = this.#root(fn, v);
    if (root === null) return false;
    const name = fn.memberName(fn.callee(v));
    const round = [...call.bindings].map(([item, origin]) => `${item}=${originKey(origin)}`).join();
    const key = `${siteKey({ fn, v: root, frame: call.frame })} ${round}`;
    const args = Array.from(fn.args(v), (arg): Spot => ({ ...call, v: arg }));
    if (root === v) this.#make(call, key, name, args, enter);
    else this.#add(call, this.#records.get(key), name, args);
    return true;
  }

  #make(call: RunCall, key: string, name: string, args: readonly Spot[], enter: Enter): void {
    if (name === "use") this.global.push(...this.middleware.steps(args, placeOf(call)));
    else if (name === "group") this.#group(key, args, enter);
    else if (/resource$/i.test(name)) this.#resource(call, key, args, name === "apiResource");
    else this.#route(call, key, name, args);
  }

  #group(key: string, args: readonly Spot[], enter: Enter): void {
    const group: Group = { kind: "group", parent: this.#current, prefix: "", steps: [] };
    this.#records.set(key, group);
    const [callback] = args.flatMap((spot) => this.values.of(spot)).filter((o) => o.kind === "function");
    if (callback?.kind !== "function") return;
    this.#current = group;
    enter(callback, []);
    this.#current = group.parent;
  }

  #route(call: RunCall, key: string, name: string, args: readonly Spot[]): void {
    const [first, second, third] = args;
    const listed = name === "route" && second !== undefined ? this.values.elements(second).items : [];
    const methods = VERBS.get(name) ?? listed.flatMap((o) => this.values.textOf(o) ?? []);
    const path = first === undefined ? null : this.values.text(first);
    if (path === null) this.#unread.add(call, "the path could not be read");
    const handler = name === "route" ? third : second;
    const route: Route = {
      kind: "route",
      parent: this.#current,
      call,
      place: placeOf(call),
      methods,
      path,
      handler,
      prefix: "",
      steps: [],
    };
    this.#records.set(key, route);
    if (handler !== undefined) this.routes.push(route);
  }

  #resource(call: RunCall, key: string, [first, controller]: readonly Spot[], apiOnly: boolean): void {
    const name = first === undefined ? null : this.values.text(first);
    if (name === null) {
      this.#unread.add(call, "the path could not be read");
      return;
    }
    const actions = Object.keys(ACTIONS).filter((one) => !apiOnly || (one !== "create" && one !== "edit"));
    const base = { kind: "resource", parent: this.#current, call, place: placeOf(call), prefix: "" } as const;
    const resource: Resource = { ...base, name, controller, steps: [], stepsOf: [], actions };
    this.#records.set(key, resource);
    this.routes.push(resource);
  }

  #add(call: RunCall, record: Recorded | undefined, name: string, args: readonly Spot[]): void {
    if (record === undefined) return;
    const [first] = args;
    if (name === "prefix") {
      const text = first === undefined ? null : this.values.text(first);
      if (text !== null) record.prefix = `${text}/${record.prefix}`;
    } else if (record.kind === "resource" && name !== "use" && name !== "middleware") this.#limit(record, name, first);
    else if (record.kind === "resource") this.#resourceSteps(call, record, args);
    else if (name === "use" || name === "middleware") record.steps.push(...this.middleware.steps(args, placeOf(call)));
  }

  #limit(resource: Resource, name: string, first: Spot | undefined): void {
    const listed =
      first === undefined ? [] : this.values.elements(first).items.flatMap((o) => this.values.textOf(o) ?? []);
    if (name === "apiOnly") resource.actions = resource.actions.filter((one) => one !== "create" && one !== "edit");
    if (name === "only") resource.actions = resource.actions.filter((one) => listed.includes(one));
    if (name === "except") resource.actions = resource.actions.filter((one) => !listed.includes(one));
  }

  /** `use("*", …)`, `use(["store"], …)`, `middleware({ store: ["auth"] })` */
  #resourceSteps(call: RunCall, resource: Resource, args: readonly Spot[]): void {
    const place = placeOf(call);
    const [first, ...rest] = args;
    if (first === undefined) return;
    const [object] = rest.length === 0 ? this.values.of(first) : [];
    if (object?.kind === "literal" && object.form === "object") {
      const { fn, v, frame } = object.site;
      for (const prop of fn.props(v)) {
        const spot: Spot = { ...first, fn, v: prop.value, frame };
        const actions = prop.name === "*" ? resource.actions : [prop.name];
        for (const step of this.middleware.steps([spot], place)) resource.stepsOf.push({ actions, step });
      }
      return;
    }
    const text = this.values.text(first);
    const named =
      text === null ? this.values.elements(first).items.flatMap((o) => this.values.textOf(o) ?? []) : [text];
    const actions = named.includes("*") ? resource.actions : named;
    for (const step of this.middleware.steps(rest, place)) resource.stepsOf.push({ actions, step });
  }
}
