/** What the members and methods of request objects are: input, credentials, identity that earlier steps attached. */
import { Op } from "../../model/lowered.js";
import { isAwaited } from "../../program/facts/consumption.js";
import type { PackageCheck } from "../../program/facts/fact-reader.js";
import { METHODS_OF_VALUES } from "../../program/linking/builtins.js";
import {
  ADDRESS,
  ADDRESS_BELOW_MOUNT,
  entryPath,
  PATH_BELOW_MOUNT,
  WHOLE_PATH,
} from "../../program/paths/path-tests.js";
import { leaves } from "../../program/values/computed-origins.js";
import {
  constant,
  type EntryContext,
  type Origin,
  type OriginQueries,
  packageRoot,
  type Site,
  type SourceOrigin,
  source,
  UNDEFINED,
} from "../../program/values/origin.js";
import { META } from "../routing.js";

const BODY = new Set(["body", "rawBody", "payload", "parsedBody", "parsedInput", "clientInput"]);
const QUERY = new Set(["query", "querystring", "searchParams"]);
const PARAMS = new Set(["params", "pathParameters", "routeParams"]);
const URL_PARTS = new Set(["nextUrl", "url", "originalUrl", "path", "baseUrl", "pathname", "search", "href"]);
const REQUESTED_PATH = new Set(["path", "url", "originalUrl", "pathname"]);
const NETWORK = new Set([
  "ip",
  "ips",
  "hostname",
  "host",
  "protocol",
  "secure",
  "socket",
  "connection",
  "subdomains",
  "origin",
]);
/** wrappers around the request: reading them leads to it again */
const SELF = new Set(["req", "request", "raw", "ctx", "context"]);
/** places where middleware leaves things */
const CONTAINERS = new Set(["state", "locals", "var", "extra", "store"]);
/** `c.var.user` is what `c.set("user", …)` left */
const VARIABLES = "var";
const BODY_READERS = new Set(["json", "formData", "text", "arrayBuffer", "blob", "parseBody", "valid", "getRawInput"]);
const SESSION_OWN = new Set([
  "id",
  "cookie",
  "destroy",
  "save",
  "regenerate",
  "reload",
  "touch",
  "resetMaxAge",
  "isNew",
  "maxAge",
  "flash",
  "commit",
  "options",
  "get",
  "set",
  "data",
  "delete",
]);
const CREDENTIAL_HEADER =
  /^(?:authorization|proxy-authorization|cookie|x-auth|token)$|(?:^|-)key$|(?:api-?key|token|secret|signature|hmac|credential|session)/i;
/** credentials that are put into the address where no header can be set: pages that another site embeds */
const CREDENTIAL_PARAMETER =
  /^(?:\w+_)?(?:session_?token|access_?token|auth_?token|api_?key|public_?key|publishable_?key|secret_?key)$/i;
/** names under which services keep who calls; used only when no step in sight put it there */
const IDENTITY_NAME =
  /^(?:(?:current|remote|api|service|logged_?in|signed_?in|authenticated)_?)?(?:user|auth|account|viewer|principal|identity|session|me|member|admin|customer|actor|api_?key|jwt|jwt_?payload|claims|userinfo|passport|person)(?:_?(?:id|uid|data|info|context|session|payload))?$/i;

/** cookies that say what was chosen and are no secret of anybody */
const CHOICE =
  /^(?:active|current|selected|last|default|chosen)?[_-]?(?:org(?:ani[sz]ation)?|tenant|team|workspace|company|store|shop|project)(?:[_-]?(?:id|slug|key))?$/i;

function cookie({ site, context }: SourceOrigin, name: string): SourceOrigin {
  return source(CHOICE.test(name) ? "input" : "credential", `cookies.${name}`, { site, context });
}

export function requestMember(origin: SourceOrigin, name: string): readonly Origin[] | undefined {
  switch (origin.source) {
    case "request":
      return origin.path === "" ? topMember(origin, name) : containerMember(origin, name);
    case "input":
      return inputMember(origin, name);
    case "context":
      return contextMember(origin, name);
    case "credential":
      return origin.path === "cookies" && CHOICE.test(name) ? [cookie(origin, name)] : undefined;
    default:
      return undefined;
  }
}

function topMember(origin: SourceOrigin, name: string): readonly Origin[] {
  if (origin.dialect.endsWith("-response")) {
    return CONTAINERS.has(name) ? [{ ...origin, path: name }] : [source("neutral", name)];
  }
  if (BODY.has(name)) return [input(origin, "body")];
  if (QUERY.has(name)) return [input(origin, "query")];
  if (PARAMS.has(name)) return [input(origin, "params")];
  if (name === "headers" || name === "rawHeaders") return [input(origin, "headers")];
  if (name === "cookies" || name === "signedCookies") return [source("credential", "cookies", { site: origin.site })];
  if (name === "files" || name === "file") return [input(origin, name)];
  if (name === "method") return method(origin.context);
  if (name === "pathname" || name === "originalUrl") {
    const path = entryPath(origin.context);
    if (path !== null) return [path];
  }
  if (URL_PARTS.has(name)) return [urlPart(origin, name)];
  if (NETWORK.has(name)) return [input(origin, `network.${name}`)];
  if (SELF.has(name)) return [origin];
  return containerMember(origin, name);
}

function method(context: EntryContext | null): readonly Origin[] {
  if (context === null || context.method === "" || context.method === "ALL") return [source("neutral", "method")];
  return [constant(context.method)];
}

/** The path itself, which steps hold against lists of public ones; Express cuts off what a mount stands for. */
function urlPart(origin: SourceOrigin, name: string): SourceOrigin {
  if (!REQUESTED_PATH.has(name)) return input(origin, "url");
  const cut = origin.dialect === "express" && name !== "originalUrl";
  const queried = name === "url" || name === "originalUrl" || (origin.dialect === "h3" && name === "path");
  const [whole, below] = queried ? [ADDRESS, ADDRESS_BELOW_MOUNT] : [WHOLE_PATH, PATH_BELOW_MOUNT];
  return { ...input(origin, "url"), dialect: cut ? below : whole };
}

function input(origin: SourceOrigin, path: string): SourceOrigin {
  return source("input", path, { site: origin.site, context: origin.context });
}

/** `req.user`, `req.session.userId`, `res.locals.org`: what steps attached, else what the name says. */
function containerMember(origin: SourceOrigin, name: string): readonly Origin[] {
  const path = origin.path === "" || origin.path === VARIABLES ? name : `${origin.path}.${name}`;
  const attached = attachedAt(origin.context, path);
  if (attached !== undefined) return attachedValue(origin, name, path, attached);
  if (origin.path === "session") {
    if (name === "get") return [{ ...origin, path }];
    if (SESSION_OWN.has(name)) return [source("neutral", path)];
    return [source("identity", path, { site: origin.site, context: origin.context })];
  }
  if (name === "session" && origin.path === "" && origin.dialect !== "builder") return [{ ...origin, path }];
  // `ctx.prisma.user` is a table of users, and nobody's identity
  if (IDENTITY_NAME.test(name) && !HOLDS_TABLES.test(origin.path.split(".")[0] ?? "")) {
    return [source("identity", path, { site: origin.site, context: origin.context, named: true })];
  }
  return [{ ...origin, path }];
}

/** names under which services hand the client of their database on with a request */
const HOLDS_TABLES =
  /^_?(?:prisma|db|database|knex|drizzle|orm|sequelize|mongoose|mongo|em|entity_?manager|data_?sources?|models?|entities|tables|collections|repos|repositor(?:y|ies)|loaders?|data_?loaders?|tx|trx|transaction)(?:_?client)?$/i;

/**
 * A row or a result that a step put under a name such as `user` is who calls, however it was found; only what came
 * straight from the client stays what it is.
 */
function attachedValue(
  origin: SourceOrigin,
  name: string,
  path: string,
  attached: readonly Origin[],
): readonly Origin[] {
  const found = leaves(attached);
  // a mark such as `ctx.state.machine = true` may have been left out on the way that this request took
  if (attached.every((o) => o.kind === "constant")) return [...attached, constant(undefined)];
  const identity = found.some((o) => o.kind === "source" && o.source === "identity");
  if (!IDENTITY_NAME.test(name) && !identity) return attached;
  const unproven = found.every(
    (o) => o.kind === "source" && ["claims-unverified", "input", "credential"].includes(o.source),
  );
  if (unproven) return attached;
  return [source("identity", path, { site: origin.site, context: origin.context, named: !identity })];
}

/** `ctx.state.user` and `req.user` may be the same thing seen through two frameworks: the last name decides too. */
function attachedAt(context: EntryContext | null, path: string): readonly Origin[] | undefined {
  if (context === null || context.attached.size === 0) return undefined;
  const found = context.attached.get(path);
  if (found !== undefined || path.includes(".") || context.attached.has(exceptionOf(path))) return found;
  return context.attached
    .get(ALL_OF)
    ?.map((o) => (o.kind === "source" ? { ...o, path: o.path === "" ? path : `${o.path}.${path}` } : o));
}

/** Under this name stands what was copied onto the request whole (`{ ...token }`), whatever it holds. */
export const ALL_OF = "...";

/** Marks a name that does not come from what was copied. */
export function exceptionOf(name: string): string {
  return `${ALL_OF}${name}`;
}

function inputMember(origin: SourceOrigin, name: string): readonly Origin[] | undefined {
  const held = /^headers\.([^.]+)$/.exec(origin.path)?.[1];
  // a header is text; a member of it was put there by the server (socket contexts keep the user so)
  if (held !== undefined && IDENTITY_NAME.test(held) && !METHODS_OF_VALUES.has(name)) {
    return [source("identity", `${held}.${name}`, { site: origin.site, context: origin.context, named: true })];
  }
  if (origin.path === "url" && name === "pathname") {
    const path = entryPath(origin.context);
    if (path !== null) return [path];
  }
  if (origin.path === "url" && (name === "searchParams" || name === "query")) return [{ ...origin, path: "query" }];
  if (origin.path === "query" && CREDENTIAL_PARAMETER.test(name))
    return [{ ...origin, source: "credential", path: `query.${name}` }];
  if (origin.path !== "headers") return undefined;
  if (name === "get" || name === "has" || name === "getAll") return [{ ...origin, path: `headers.${name}` }];
  return [headerOf(origin, name)];
}

/** The value of one header: a credential by its name, else input. */
export function headerOf(origin: SourceOrigin, name: string): SourceOrigin {
  const path = `headers.${name.toLowerCase()}`;
  // the session of that protocol tells connections apart, and is given to anybody
  const credential = CREDENTIAL_HEADER.test(name) && !/^mcp-session-id$/i.test(name);
  return { ...origin, source: credential ? "credential" : "input", path };
}

function contextMember(origin: SourceOrigin, name: string): readonly Origin[] | undefined {
  const { context, site } = origin;
  switch (origin.dialect) {
    case "next-route":
      if (name === "params") return [source("input", "params", { site, context })];
      return name === "searchParams" ? [source("input", "query", { site, context })] : undefined;
    case "trpc-server":
      if (name === "req" || name === "request") return [source("request", "", { dialect: "express", site, context })];
      return [source("neutral", name)];
    case "trpc":
    case "orpc":
    case "safe-action":
      return builderMember(origin, name);
    default:
      return undefined;
  }
}

/** The options object of builder steps and handlers: `{ ctx, input, next }`. */
function builderMember(origin: SourceOrigin, name: string): readonly Origin[] | undefined {
  const { context, site } = origin;
  if (origin.path !== "") return undefined;
  if (name === "input" || name === "rawInput" || name === "parsedInput" || name === "clientInput") {
    const input = source("input", "input", { site, context });
    return [origin.schema === undefined || name === "rawInput" ? input : { ...input, schema: origin.schema }];
  }
  if (name === "next") return [source("context", "next", { dialect: "next", context })];
  if (name === "meta") return context?.metadata.get(META) ?? [UNDEFINED];
  if (name === "getRawInput") return [source("request", name, { site, context })];
  if (name === "ctx" || (name === "context" && origin.dialect === "orpc")) {
    return [source("request", "", { dialect: "builder", site, context })];
  }
  return [source("neutral", name)];
}

/** Result of calling a member of a request: `req.get("x")`, `request.json()`, `c.get("user")`. */
export function callRequest(origin: SourceOrigin, site: Site, queries: OriginQueries): readonly Origin[] | undefined {
  const name = origin.path.split(".").at(-1) ?? "";
  const base = origin.path.slice(0, Math.max(0, origin.path.length - name.length - 1));
  const first = firstText(site, queries);
  if (origin.source === "input" || origin.source === "credential" || origin.source === "identity") {
    if (name !== "get" && name !== "getAll" && name !== "header") return undefined;
    const holder: SourceOrigin = { ...origin, path: base };
    // a name that is put together is that of one header all the same
    if (first === null) return [base === "headers" ? { ...holder, path: "headers.*" } : { ...holder, through: true }];
    if (base === "headers") return [headerOf(holder, first)];
    if (base === "cookies" && origin.source === "credential" && CHOICE.test(first)) return [cookie(holder, first)];
    return [{ ...holder, path: base === "" ? first : `${base}.${first}` }];
  }
  if (origin.source !== "request") return undefined;
  // the copy of a web request is read like the request
  if (name === "clone") return [{ ...origin, path: base }];
  return claimsOf(origin, name) ?? callRequestMethod(origin, name, base, first) ?? callerAsked(origin, site);
}

/**
 * `context.authenticate()` in a package of procedures: what answers is handed in by the application, which may not be
 * there to be read.
 */
function callerAsked(origin: SourceOrigin, { fn, v }: Site): readonly Origin[] | undefined {
  if (origin.dialect !== "builder" || fn.args(v).length > 0 || !ASKS_FOR_CALLER.test(origin.path)) return undefined;
  return [source("identity", origin.path, { site: origin.site, context: origin.context, named: true })];
}

const ASKS_FOR_CALLER =
  /^(?:auth|authenticate|(?:get|require|load|resolve)(?:Current|Auth|Session|Authenticated)?(?:User|Session|Viewer|Caller|Principal))(?:OrThrow)?$/;

/** `jwtVerify`, and what `@fastify/jwt` calls it under a namespace. */
const VERIFY = /^(?:jwtVerify|\w+JwtVerify)$/;
const DECODE = /^(?:jwtDecode|\w+JwtDecode)$/;

/** True for the method of a request that throws, or hands on an error, unless the caller's token is good. */
export function isVerifyingCall(origin: Origin): boolean {
  if (origin.kind === "parameter") return origin.path.length === 1 && VERIFY.test(origin.path[0]);
  return origin.kind === "source" && origin.source === "request" && VERIFY.test(origin.path);
}

/** What it proves that a method of a request came back. */
export function requestCheck(name: string, site: Site): PackageCheck | undefined {
  // the address that was called is one that the service signed
  if (name === "hasValidSignature") return { on: "truthy", level: "signature", named: false };
  // without waiting for it the failure comes too late
  if (!isAwaited(site.fn, site.v)) return undefined;
  const beside = objectOf(site);
  if (name === "authorize" && beside === "bouncer") return { on: "return", level: "decision", named: false };
  const demands = beside === "auth" && /^(?:authenticate|authenticateUsing|getUserOrFail)$/.test(name);
  if (!VERIFY.test(name) && !demands) return undefined;
  return { on: "return", level: "identity", named: false };
}

/** `auth` of `ctx.auth.authenticate()` and of `auth.use("api").authenticate()`, however it was reached. */
function objectOf({ fn, v }: Site): string {
  let receiver = fn.a(fn.callee(v));
  if (fn.op(receiver) === Op.Call) receiver = fn.a(fn.callee(receiver));
  if (fn.op(receiver) === Op.Member) return fn.memberName(receiver);
  return fn.op(receiver) === Op.Var ? (fn.ancestor(fn.a(receiver))?.info.slots[fn.b(receiver)]?.name ?? "") : "";
}

/** Results of the methods that read the caller's token. */
function claimsOf(origin: SourceOrigin, name: string): readonly Origin[] | undefined {
  if (DECODE.test(name)) return [source("claims-unverified", "claims", { site: origin.site })];
  if (name !== "isAuthenticated" && !VERIFY.test(name)) return undefined;
  return [source("identity", name, { site: origin.site, context: origin.context })];
}

function callRequestMethod(
  origin: SourceOrigin,
  name: string,
  base: string,
  first: string | null,
): readonly Origin[] | undefined {
  // the input before it is parsed holds the ids that the parsed one holds
  if (name === "getRawInput") return [input(origin, "input")];
  if (BODY_READERS.has(name)) {
    const part = input(origin, first === "query" ? "query" : first === "param" ? "params" : "body");
    // a validator before the handler has a schema that is not looked up
    return [name === "valid" ? { ...part, schema: { callee: packageRoot(""), path: "?" } } : part];
  }
  if (name === "param" || name === "query" || name === "queries") {
    const part = name === "param" ? "params" : "query";
    return [input(origin, first === null ? part : `${part}.${first}`)];
  }
  if (name === "cookie" || name === "unsignCookie") return [cookie(origin, first ?? "")];
  if (name === "get" && base === "session" && first !== null) return containerMember({ ...origin, path: base }, first);
  if (name === "get" && origin.dialect === "hono" && first !== null)
    return containerMember({ ...origin, path: "" }, first);
  // a map that a step left on the request
  if (name === "get" && base !== "" && first === null) return [];
  if (name === "get" || name === "header") {
    const headers = input(origin, "headers");
    return [first === null ? headers : headerOf(headers, first)];
  }
  if (name === "getSession" || name === "getUser")
    return [source("identity", name, { site: origin.site, named: true })];
  return undefined;
}

function firstText(site: Site, queries: OriginQueries): string | null {
  const { fn, v, frame } = site;
  const args = fn.args(v);
  if (args.length === 0) return null;
  const [only] = queries.evaluate({ fn, v: args[0], frame });
  return only !== undefined && only.kind === "constant" && typeof only.value === "string" ? only.value : null;
}

/** True for names that usually hold the caller's identity. */
export function namesIdentity(name: string): boolean {
  return IDENTITY_NAME.test(name);
}
