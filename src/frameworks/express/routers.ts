/** Which values are Express applications and routers. */
import type { FunctionView } from "../../program/linking/function-view.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";
import { type RouterDialect, type RouterRef, routerOf as routerOfDialect } from "../routing-tree/routers.js";
import type { TreeRouter } from "../routing-tree/routing-tree.js";

export type { RouterRef } from "../routing-tree/routers.js";

/** Modules whose values route the way Express does. */
export const EXPRESS_MODULES = [
  "express",
  "express-serve-static-core",
  "router",
  "express-promise-router",
  "@types/express",
  "ultimate-express",
  "hyper-express",
  "polka",
  "restify",
  "restana",
  "@tinyhttp/app",
  "@modelcontextprotocol/sdk/server/express.js",
  "@modelcontextprotocol/express",
  "@nestjs/core",
];

const APP =
  /^(?:\(\)|(?:\w+\.)?(?:express|application|Express|Application|IApplication|createServer|App|Server|polka|Polka|createMcpExpressApp|NestFactory\.create)\(\))$/;
const ROUTER = /^(?:\w+\.)?(?:Router|IRouter|router|PromiseRouter)\(\)$/;
/** Nest's own `get` looks services up; only what stands behind its adapter registers. */
export function isNestApplication(origin: Origin): boolean {
  return origin.kind === "package" && origin.module === "@nestjs/core" && origin.path.endsWith("NestFactory.create()");
}

/** Set-ups of Restify run before every route, whichever of them is registered first. */
export function isUnordered(router: TreeRouter): boolean {
  return router.app && router.made?.fn.file.lowered.imports.some((item) => item.module === "restify") === true;
}

/** Modules whose default export makes a router. */
const ROUTER_MODULES = new Set(["router", "express-promise-router"]);

/** Names of methods that register a handler for one HTTP method, with the method. */
export const VERBS: ReadonlyMap<string, string> = new Map([
  ...(
    "get post put patch delete head options query search copy lock unlock mkcol move purge propfind proppatch " +
    "report mkactivity checkout merge notify subscribe unsubscribe trace connect bind unbind rebind acl link unlink"
  )
    .split(" ")
    .map((name) => [name, name.toUpperCase()] as const),
  ["del", "DELETE"],
  ["opts", "OPTIONS"],
  ["m-search", "M-SEARCH"],
]);

const EXPRESS: RouterDialect = {
  modules: new Set(EXPRESS_MODULES),
  makes: (module, path) => {
    const own = ROUTER_MODULES.has(module);
    if (APP.test(path) && !own) return "app";
    return ROUTER.test(path) || (own && path === "()") ? "router" : null;
  },
  chain: new Set([
    ...VERBS.keys(),
    "all",
    "use",
    "ws",
    "getHttpAdapter",
    "getInstance",
    "param",
    "set",
    "enable",
    "disable",
    "engine",
    "pre",
  ]),
  parameterName: /^_?(?:\w*(?:app|router|server|routes?)|express|api)$/i,
};

/** `expressWs(app).app` is the application that it was given. */
function behindSockets(origin: Origin, queries: LinkQueries): Origin {
  if (origin.kind !== "package" || origin.module !== "express-ws" || !origin.path.endsWith("().app")) return origin;
  const made = origin.previous?.site ?? null;
  if (made === null) return origin;
  const [app] = Array.from(made.fn.args(made.v)).flatMap((v) => queries.evaluate({ ...made, v }));
  return app ?? origin;
}

/** Functions of a configuration that a framework calls with its own application. */
const HANDED = /^extendExpressApp$/;

/** The router that a receiver is, null when it is none. */
export function routerOf(origin: Origin, queries: LinkQueries, seenIn: FunctionView): RouterRef | null {
  const ref = routerOfDialect(behindSockets(origin, queries), queries, seenIn, EXPRESS);
  const handed = ref !== null && ref.identity.made === null && HANDED.test(seenIn.info.name);
  return handed ? { ...ref, identity: { ...ref.identity, app: true } } : ref;
}
