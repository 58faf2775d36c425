/** Which values are Express applications and routers, and what was already called on them in a chain. */
import type { FunctionView } from "../../program/function-view.js";
import type { LinkQueries, Origin, PackageOrigin, Site } from "../../program/origin.js";
import type { TreeRouter } from "../routing-tree.js";
import { givenTo, madeAt } from "../routing-tree-identity.js";

/** Modules whose values route the way Express does. */
export const EXPRESS_MODULES = [
  "express",
  "express-serve-static-core",
  "router",
  "express-promise-router",
  "@types/express",
  "ultimate-express",
  "hyper-express",
];

const MODULES = new Set(EXPRESS_MODULES);
const APP = /^(?:\(\)|(?:\w+\.)?(?:express|application|Express|Application|IApplication)\(\))$/;
const ROUTER = /^(?:\w+\.)?(?:Router|IRouter|router|PromiseRouter)\(\)$/;
/** Modules whose default export makes a router. */
const ROUTER_MODULES = new Set(["router", "express-promise-router"]);
const PARAMETER_NAME = /^_?(?:\w*(?:app|router|server|routes?)|express|api)$/i;

/** Names of methods that register a handler for one HTTP method, with the method. */
export const VERBS: ReadonlyMap<string, string> = new Map([
  ...(
    "get post put patch delete head options query search copy lock unlock mkcol move purge propfind proppatch " +
    "report mkactivity checkout merge notify subscribe unsubscribe trace connect bind unbind rebind acl link unlink"
  )
    .split(" ")
    .map((name) => [name, name.toUpperCase()] as const),
  ["del", "DELETE"],
  ["m-search", "M-SEARCH"],
]);
const CHAIN = new Set([...VERBS.keys(), "all", "use", "param", "set", "enable", "disable", "engine"]);

export interface RouterRef {
  readonly identity: Omit<TreeRouter, "items">;
  /** the `route(path)` call that came before, if any */
  readonly route: Site | null;
}

/** The router that a receiver is, null when it is none. */
export function routerOf(origin: Origin, queries: LinkQueries, seenIn: FunctionView): RouterRef | null {
  switch (origin.kind) {
    case "package":
      return MODULES.has(origin.module) ? packageRouter(origin, seenIn) : null;
    case "parameter":
      return parameterRouter(origin, null, queries);
    case "apply":
      return appliedRouter(origin, queries);
    case "fallback":
      return firstOf([...origin.value, ...origin.or], (o) => routerOf(o, queries, seenIn));
    default:
      return null;
  }
}

function packageRouter(origin: PackageOrigin, seenIn: FunctionView): RouterRef | null {
  let current: PackageOrigin | null = origin;
  let route: Site | null = null;
  for (let i = 0; i < 40 && current !== null; i += 1) {
    const app = APP.test(current.path) && !ROUTER_MODULES.has(current.module);
    if (app || ROUTER.test(current.path) || (current.path === "()" && ROUTER_MODULES.has(current.module))) {
      const { site, path } = current;
      return { identity: site === null ? givenTo(seenIn, path.replace(/\W/g, "")) : madeAt(site, app), route };
    }
    const member: PackageOrigin | null = current.path.endsWith("()") ? current.previous : null;
    const name = member?.path.slice(member.path.lastIndexOf(".") + 1) ?? "";
    if (name === "route") route ??= current.site;
    else if (!CHAIN.has(name)) return null;
    current = member?.previous ?? null;
  }
  return null;
}

/** `app` of `function register(app)`, `deps.app`: by its declared type, else by its name. */
function parameterRouter(
  origin: Extract<Origin, { kind: "parameter" }>,
  route: Site | null,
  queries: LinkQueries,
): RouterRef | null {
  const { fn, index, path } = origin;
  const info = fn.info.params[index];
  if (info === undefined) return null;
  const name = path.at(-1) ?? info.name;
  const type = fn.file.lowered.types[info.type];
  const typed = type === undefined ? null : queries.typeOrigin(fn.file, type);
  if (typed !== null && path.length === 0) {
    if (typed.kind !== "package") return null;
    const known = MODULES.has(typed.module) ? packageRouter(typed, fn) : null;
    return known === null ? null : { identity: givenTo(fn, name), route };
  }
  return PARAMETER_NAME.test(name) ? { identity: givenTo(fn, name), route } : null;
}

/** `app.route("/x").get(…)` on a parameter: the calls stay unread, the parameter is below them. */
function appliedRouter(origin: Extract<Origin, { kind: "apply" }>, queries: LinkQueries): RouterRef | null {
  let current: Origin = origin;
  let route: Site | null = null;
  for (let i = 0; i < 40 && current.kind === "apply" && current.path.length === 0; i += 1) {
    const callee: Origin = current.callee;
    if (callee.kind !== "parameter" && callee.kind !== "apply") return null;
    const name = callee.path.at(-1) ?? "";
    if (name === "route") route ??= current.site;
    else if (!CHAIN.has(name)) return null;
    current = { ...callee, path: callee.path.slice(0, -1) };
  }
  return current.kind === "parameter" ? parameterRouter(current, route, queries) : null;
}

function firstOf<T, R>(items: readonly T[], find: (item: T) => R | null): R | null {
  for (const item of items) {
    const found = find(item);
    if (found !== null) return found;
  }
  return null;
}
