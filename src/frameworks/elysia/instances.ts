/** Which values are Elysia instances: applications, plugins, and what groups and guards hand to their callbacks. */
import { NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { type Origin, type PackageOrigin, type Site, source } from "../../program/values/origin.js";
import { madeAt } from "../routing-tree/identity.js";
import { type RouterDialect, routerOf } from "../routing-tree/routers.js";
import type { TreeRouter } from "../routing-tree/routing-tree.js";
import type { Spot } from "../routing-tree/spot.js";
import type { Values } from "../routing-tree/values.js";

export const ELYSIA_MODULES = ["elysia"];
/** Dialect of the origin that stands for a callback's instance; its path is the router's key. */
export const INSTANCE = "elysia-instance";

export const VERBS: ReadonlyMap<string, string> = new Map([
  ...["get", "post", "put", "patch", "delete", "options", "head", "connect"].map(
    (name) => [name, name.toUpperCase()] as const,
  ),
  ["all", "ALL"],
]);
/** Methods that add a hook for what is registered later. */
export const HOOKS: ReadonlySet<string> = new Set(
  "onRequest onParse onTransform onBeforeHandle derive resolve".split(" "),
);
/** Methods that add something to an instance and give it back. */
export const FLUENT: ReadonlySet<string> = new Set([
  ...VERBS.keys(),
  ...HOOKS,
  ..."use group guard route ws mount macro as model decorate state onError onAfterHandle onAfterResponse".split(" "),
  ..."mapDerive mapResolve mapResponse onStart onStop onResponse trace headers prefix compile listen error".split(" "),
  ..."on env cookie parser type affix".split(" "),
]);

const MADE = /^(?:\(\)|(?:\w+\.)?(?:Elysia|default)\(\))$/;

const ELYSIA: RouterDialect = {
  modules: new Set(ELYSIA_MODULES),
  makes: (_module, path) => (MADE.test(path) ? "app" : null),
  chain: FLUENT,
  parameterName: /^_?(?:\w*(?:app|router|server|group|elysia)|api)$/i,
};

export interface InstanceRef {
  readonly identity: Omit<TreeRouter, "items">;
  /** what a callback that works on the same instance is given */
  readonly origin: Origin;
}

export class Instances {
  readonly #children = new Map<string, InstanceRef>();

  constructor(private readonly values: Values) {}

  /** The instance that a group's callback gets. */
  child(call: Site): InstanceRef {
    const made = madeAt(call, false);
    const key = `${made.key}>group`;
    let ref = this.#children.get(key);
    if (ref === undefined) {
      const identity = { key, siteKey: key, made: null, app: false, group: made.group };
      ref = { identity, origin: source("context", key, { dialect: INSTANCE, site: { ...call, frame: null } }) };
      this.#children.set(key, ref);
    }
    return ref;
  }

  of(origin: Origin, seenIn: FunctionView): InstanceRef | null {
    if (origin.kind === "source") {
      return origin.dialect === INSTANCE ? (this.#children.get(origin.path.split(" ")[0]) ?? null) : null;
    }
    if ((origin.kind === "parameter" || origin.kind === "apply") && !importsElysia(seenIn)) return null;
    const ref = routerOf(origin, this.values.queries, seenIn, ELYSIA);
    return ref === null ? null : { identity: ref.identity, origin };
  }
}

export function importsElysia(fn: FunctionView): boolean {
  return fn.file.lowered.imports.some((item) => /^(?:elysia|@elysiajs\/)/.test(item.module));
}

/** Untyped parameters may be given an instance by a caller. */
export function mayBeGiven(origin: Origin, fn: FunctionView): boolean {
  if (origin.kind !== "parameter" || !importsElysia(fn)) return false;
  return (origin.fn.info.params[origin.index]?.type ?? NONE) === NONE;
}

/** What a chain begins with: `app` of `app.use(a).get(b)`, followed as it is written. */
export function receiverOf(spot: Spot, values: Values): Spot {
  let base = spot;
  for (let i = 0; i < 600; i += 1) {
    const next = beforeCall(base) ?? definedAs(base, values);
    if (next === null) break;
    base = next;
  }
  return base;
}

function beforeCall(spot: Spot): Spot | null {
  const { fn, v } = spot;
  if (fn.op(v) === Op.Cast || fn.op(v) === Op.Await) return { ...spot, v: fn.a(v) };
  if (fn.op(v) !== Op.Call || fn.op(fn.callee(v)) !== Op.Member) return null;
  return FLUENT.has(fn.memberName(fn.callee(v))) ? { ...spot, v: fn.a(fn.callee(v)) } : null;
}

function definedAs(spot: Spot, values: Values): Spot | null {
  const definition = spot.fn.op(spot.v) === Op.Var ? values.definition(spot) : null;
  return definition === null ? null : beforeCall(definition);
}

/** The instance that a fluent method gives back; undefined for every other call. */
export function fluentResult(callee: PackageOrigin): Origin | undefined {
  if (callee.module !== "elysia" || callee.previous === null || !MADE.test(callee.previous.path)) return undefined;
  return FLUENT.has(callee.path.slice(callee.path.lastIndexOf(".") + 1)) ? callee.previous : undefined;
}
