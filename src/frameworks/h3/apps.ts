/** Which values are h3 applications and routers: `createApp()` and `createRouter()` of h3 1, `new H3()` of h3 2. */
import { Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";
import { type RouterDialect, type RouterRef, routerOf } from "../routing-tree/routers.js";
import type { TreeRouter } from "../routing-tree/routing-tree.js";

export const H3_MODULES = ["h3", "h3-nightly", "nitro/h3"];

const APP = /^(?:\w+\.)?(?:createApp|H3|H3Core|App)\(\)$/;
const ROUTER = /^(?:\w+\.)?(?:createRouter|Router)\(\)$/;

/** Names of methods that register a handler for one HTTP method, with the method. */
export const VERBS: ReadonlyMap<string, string> = new Map([
  ..."get post put patch delete head options connect trace query"
    .split(" ")
    .map((name) => [name, name.toUpperCase()] as const),
  ["all", "ALL"],
]);

const H3: RouterDialect = {
  modules: new Set(H3_MODULES),
  makes: (_module, path) => (APP.test(path) ? "app" : ROUTER.test(path) ? "router" : null),
  chain: new Set([...VERBS.keys(), "use", "on", "add", "mount", "register"]),
  parameterName: /^_?h3(?:App)?$/i,
};

/** The application or router that a value is, or whose `handler` it is; null when it is neither. */
export function h3RouterOf(origin: Origin, queries: LinkQueries, seenIn: FunctionView): RouterRef | null {
  if (origin.kind === "package" && origin.path.endsWith(".handler") && origin.previous !== null) {
    return routerOf(origin.previous, queries, seenIn, H3);
  }
  return routerOf(origin, queries, seenIn, H3);
}

/** What `new H3()` is told to use runs before every route, whenever it was registered, and for exact patterns. */
export function isSecondVersion(router: TreeRouter): boolean {
  return router.made !== null && router.made.fn.op(router.made.v) === Op.New;
}
