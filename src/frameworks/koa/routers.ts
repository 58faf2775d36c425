/** Which values are Koa applications and routers. */
import type { FunctionView } from "../../program/linking/function-view.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";
import { type RouterDialect, type RouterRef, routerOf } from "../routing-tree/routers.js";

export const ROUTER_MODULES = ["@koa/router", "koa-router", "koa-better-router", "koa-tree-router", "koa-joi-router"];
const APP_MODULES = ["koa", "@types/koa", "@midwayjs/koa"];
export const KOA_MODULES = [...APP_MODULES, ...ROUTER_MODULES];

const APP = /^(?:\(\)|(?:\w+\.)?(?:Koa|Application|default)\(\))$/;
const ROUTER = /^(?:\(\)|(?:\w+\.)?(?:Router|KoaRouter|default)\(\))$/;

/** Names of methods that register a handler for one HTTP method, with the method. */
export const VERBS: ReadonlyMap<string, string> = new Map([
  ...(
    "get post put patch delete head options query search copy lock unlock mkcol move purge propfind proppatch " +
    "report mkactivity checkout merge notify subscribe unsubscribe trace connect bind unbind rebind acl link unlink"
  )
    .split(" ")
    .map((name) => [name, name.toUpperCase()] as const),
  ["del", "DELETE"],
]);

const KOA: RouterDialect = {
  modules: new Set(KOA_MODULES),
  makes: (module, path) => {
    if (APP_MODULES.includes(module)) return APP.test(path) ? "app" : null;
    return ROUTER.test(path) ? "router" : null;
  },
  // `routes()` and its alias stand for the router: whoever is given them mounts it
  chain: new Set([...VERBS.keys(), "all", "use", "param", "prefix", "routes", "middleware", "route"]),
  parameterName: /^_?\w*(?:router|koa)$/i,
};

/** The router that a value is, or that its `routes()` stand for; null when it is none. */
export function koaRouterOf(origin: Origin, queries: LinkQueries, seenIn: FunctionView): RouterRef | null {
  return routerOf(origin, queries, seenIn, KOA);
}
