/** Which values are applications and routers of a framework, and what was already called on them in a chain. */

import { NONE } from "../../model/lowered.js";
import { superOrigins } from "../../program/linking/class-members.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { LinkQueries, Origin, PackageOrigin, ParameterOrigin, Site } from "../../program/values/origin.js";
import { classAs, givenTo, madeAt } from "./identity.js";
import type { TreeRouter } from "./routing-tree.js";

/** What a framework's routers look like. */
export interface RouterDialect {
  readonly modules: ReadonlySet<string>;
  /** what the making of a package value gives: `express()`, `express.Router()`, `new Router()` */
  makes(module: string, path: string): "app" | "router" | null;
  /** methods that give back the router they are called on, or something that stands for it */
  readonly chain: ReadonlySet<string>;
  /** parameters without a type that are taken for routers */
  readonly parameterName: RegExp;
}

export interface RouterRef {
  readonly identity: Omit<TreeRouter, "items">;
  /** the `route(path)` call that came before, if any */
  readonly route: Site | null;
}

const MAX_CHAIN = 200;

/** The router that a receiver is, null when it is none. */
export function routerOf(
  origin: Origin,
  queries: LinkQueries,
  seenIn: FunctionView,
  dialect: RouterDialect,
): RouterRef | null {
  switch (origin.kind) {
    case "package":
      return dialect.modules.has(origin.module) ? packageRouter(origin, seenIn, dialect) : null;
    case "parameter":
      return parameterRouter(origin, null, queries, dialect);
    case "instance":
      return derivedRouter(origin, queries, dialect);
    case "apply":
      return appliedRouter(origin, queries, dialect);
    case "fallback": {
      for (const item of [...origin.value, ...origin.or]) {
        const found = routerOf(item, queries, seenIn, dialect);
        if (found !== null) return found;
      }
      return null;
    }
    default:
      return null;
  }
}

function packageRouter(origin: PackageOrigin, seenIn: FunctionView, dialect: RouterDialect): RouterRef | null {
  let current: PackageOrigin | null = origin;
  let route: Site | null = null;
  for (let i = 0; i < MAX_CHAIN && current !== null; i += 1) {
    const made = dialect.makes(current.module, current.path);
    if (made !== null) {
      const { site, path } = current;
      const app = made === "app";
      return { identity: site === null ? givenTo(seenIn, path.replace(/\W/g, "")) : madeAt(site, app), route };
    }
    const member: PackageOrigin | null = current.path.endsWith("()") ? current.previous : null;
    const name = member?.path.slice(member.path.lastIndexOf(".") + 1) ?? "";
    if (name === "route") route ??= current.site;
    else if (!dialect.chain.has(name)) return null;
    current = member?.previous ?? null;
  }
  return null;
}

/** `class Api extends Router`, made with `new Api()`. */
function derivedRouter(
  origin: Extract<Origin, { kind: "instance" }>,
  queries: LinkQueries,
  dialect: RouterDialect,
): RouterRef | null {
  let parents = superOrigins(origin.file, origin.index, queries);
  for (let depth = 0; depth < 6; depth += 1) {
    const [parent] = parents;
    if (parent?.kind === "package") {
      const made = dialect.modules.has(parent.module) ? dialect.makes(parent.module, `${parent.path}()`) : null;
      if (made === null) return null;
      // read without a call that made it: whoever makes it tells which one it is
      const app = made === "app";
      const identity = origin.site === null ? classAs(origin.file, origin.index, app) : madeAt(origin.site, app);
      return { identity, route: null };
    }
    if (parent?.kind !== "class") return null;
    parents = superOrigins(parent.file, parent.index, queries);
  }
  return null;
}

/** `app` of `function register(app)`, `deps.app`: by its declared type, else by its name. */
function parameterRouter(
  origin: Extract<Origin, { kind: "parameter" }>,
  route: Site | null,
  queries: LinkQueries,
  dialect: RouterDialect,
): RouterRef | null {
  const { fn, index, path } = origin;
  const info = fn.info.params[index];
  if (info === undefined) return null;
  const name = path.at(-1) ?? info.name;
  const type = fn.file.lowered.types[info.type];
  const typed = type === undefined ? null : queries.typeOrigin(fn.file, type);
  if (typed !== null && path.length === 0) {
    if (typed.kind !== "package") return null;
    const known = dialect.modules.has(typed.module) ? packageRouter(typed, fn, dialect) : null;
    return known === null ? null : { identity: givenTo(fn, name), route };
  }
  return dialect.parameterName.test(name) ? { identity: givenTo(fn, name), route } : null;
}

/** `app.route("/x").get(…)` on a parameter: the calls stay unread, the parameter is below them. */
function appliedRouter(
  origin: Extract<Origin, { kind: "apply" }>,
  queries: LinkQueries,
  dialect: RouterDialect,
): RouterRef | null {
  let current: Origin = origin;
  let route: Site | null = null;
  for (let i = 0; i < MAX_CHAIN && current.kind === "apply" && current.path.length === 0; i += 1) {
    const callee: Origin = current.callee;
    if (callee.kind !== "parameter" && callee.kind !== "apply") return null;
    const name = callee.path.at(-1) ?? "";
    if (name === "route") route ??= current.site;
    else if (!dialect.chain.has(name)) return null;
    current = { ...callee, path: callee.path.slice(0, -1) };
  }
  return current.kind === "parameter" ? parameterRouter(current, route, queries, dialect) : null;
}

/** A parameter that no annotation explains, or one of several that a rest parameter gathers: its callers tell. */
export function isUntyped({ fn, index, path }: ParameterOrigin): boolean {
  const info = fn.info.params[index];
  return (info?.type ?? NONE) === NONE || (info?.rest === true && /^\d+$/.test(path[0] ?? ""));
}
