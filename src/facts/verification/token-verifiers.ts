/** The calls that verify tokens, and the package function that a call runs. */
import { NONE, Op, SlotKind } from "../../model/lowered.js";
import { calleeName } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { LinkQueries, Origin, PackageOrigin, Site } from "../../program/values/origin.js";
import { VERIFIERS, type Verifier } from "./token-libraries.js";

export interface VerifierCall {
  readonly site: Site;
  readonly verifier: Verifier;
  readonly callee: PackageOrigin;
}

const TOKEN_MODULE =
  /^(?:jsonwebtoken|jose|jwt-decode|jwt-simple|njwt|jws|fast-jwt|express-jwt|express-oauth2-jwt-bearer|koa-jwt|passport-jwt|google-auth-library|@nestjs\/(?:jwt|passport)|@fastify\/jwt|@elysiajs\/jwt|hono\/(?:utils\/)?jw[tk]|@clerk\/.*|aws-jwt-verify(?:\/.*)?|@workos-inc\/.*|better-auth(?:\/.*)?)$/;
const TOKEN_CALL =
  /verif|decode|jwt|^parse$|strategy|register|decompose|decrypt|getSession|tokenClaims|tokenInfo|^create$/i;

/** Cheap: whether a call is worth evaluating, by how it is written. */
export function mayHandleTokens(fn: FunctionView, call: number): boolean {
  const callee = fn.callee(call);
  const op = fn.op(callee);
  if (op === Op.Super) return true;
  if (op === Op.Call) return mayHandleTokens(fn, callee);
  if (TOKEN_CALL.test(calleeName(fn, callee))) return true;
  const owner = op === Op.Var ? fn.ancestor(fn.a(callee)) : null;
  if (owner?.info.parent !== NONE) return false;
  const slot = fn.b(callee);
  if (owner.info.slots[slot]?.kind !== SlotKind.Import) return holdsTokenCall(owner, slot);
  return fn.file.lowered.imports.some((i) => i.slot === slot && TOKEN_MODULE.test(i.module));
}

/** `const read = createDecoder()`: what a token library made is called under a name of the project's own. */
function holdsTokenCall(owner: FunctionView, slot: number): boolean {
  const stores = owner.storesTo(slot);
  const [made] = stores;
  if (stores.length !== 1 || made === undefined || owner.op(made) !== Op.Call) return false;
  return TOKEN_CALL.test(calleeName(owner, owner.callee(made)));
}

/** The verification that a call makes, null when it makes none. */
export function verifierCall(site: Site, queries: LinkQueries): VerifierCall | null {
  if (!mayHandleTokens(site.fn, site.v)) return null;
  const callee = calledPackage(site, queries);
  if (callee === null) return null;
  const verifier = VERIFIERS.find((one) => one.module.test(callee.module) && one.path.test(callee.path));
  if (verifier === undefined || skipsVerification(site, callee, queries)) return null;
  return { site, verifier, callee };
}

/** `decode(token, key, true)` of jwt-simple verifies nothing. */
function skipsVerification(site: Site, callee: PackageOrigin, queries: LinkQueries): boolean {
  const skip = site.fn.args(site.v)[2];
  if (callee.module !== "jwt-simple" || skip === undefined) return false;
  return queries.evaluate({ ...site, v: skip }).some((o) => o.kind === "constant" && o.value === true);
}

/** The package function that a call runs, also through `promisify`, `super(…)` and `app.register(plugin)`. */
export function calledPackage(site: Site, queries: LinkQueries): PackageOrigin | null {
  const { fn, v, frame } = site;
  if (fn.op(v) === Op.Tagged) return null;
  const callee = fn.callee(v);
  if (fn.op(callee) === Op.Super) return superPackage(fn, queries);
  for (const origin of queries.evaluate({ fn, v: callee, frame })) {
    const called = origin.kind === "parameter" ? (declaredPackage(origin, queries) ?? ofFastify(origin)) : origin;
    if (called?.kind !== "package") continue;
    if (called.path.endsWith(".register")) return plugin(site, queries) ?? called;
    return promisified(called, queries) ?? called;
  }
  return fn.op(callee) === Op.Member && fn.memberName(callee) === "register" ? plugin(site, queries) : null;
}

/** `request.jwtDecode` of a parameter that is declared as something of a package. */
function declaredPackage(origin: Extract<Origin, { kind: "parameter" }>, queries: LinkQueries): Origin | null {
  const { file, info } = origin.fn;
  const type = file.lowered.types[info.params[origin.index]?.type ?? NONE];
  const declared = type === undefined || origin.path.length === 0 ? null : queries.typeOrigin(file, type);
  if (declared?.kind !== "package") return null;
  return queries.project(declared, origin.path)[0] ?? null;
}

/** `request.jwtDecode()`, `reply.jwtSign()`: names that only the plugin gives, on what Fastify hands a handler. */
function ofFastify({ path }: Extract<Origin, { kind: "parameter" }>): PackageOrigin | null {
  const [name, ...more] = path;
  if (name === undefined || more.length > 0 || !/^(?:jwt|\w+Jwt)(?:Decode|Sign)$/.test(name)) return null;
  const known = { module: "fastify", path: `fastify().${name}`, previous: null, site: null, steps: 0 };
  return { kind: "package", ...known, typeArguments: [], typeFile: null };
}

function promisified(origin: PackageOrigin, queries: LinkQueries): PackageOrigin | null {
  if (!/^(?:node:)?util$/.test(origin.module) || origin.path !== "promisify()" || origin.site === null) return null;
  const [first] = origin.site.fn.args(origin.site.v);
  if (first === undefined) return null;
  const inner = queries.evaluate({ ...origin.site, v: first });
  return inner.find((o): o is PackageOrigin => o.kind === "package") ?? null;
}

function plugin(site: Site, queries: LinkQueries): PackageOrigin | null {
  const [first] = site.fn.args(site.v);
  if (first === undefined) return null;
  for (const origin of queries.evaluate({ ...site, v: first })) {
    if (origin.kind === "package" && origin.path === "") return { ...origin, path: "register" };
  }
  return null;
}

/** `class JwtStrategy extends PassportStrategy(Strategy) { constructor() { super({…}) } }` */
function superPackage(fn: FunctionView, queries: LinkQueries): PackageOrigin | null {
  const info = fn.file.lowered.classes[fn.thisClass];
  if (info === undefined || info.extends === NONE) return null;
  const outside = fn.file.fn(info.inFn);
  const evaluate = (v: number) => queries.evaluate({ fn: outside, v, frame: null });
  for (const origin of evaluate(info.extends)) {
    if (origin.kind !== "package") continue;
    const mixin = origin.module === "@nestjs/passport" && origin.site !== null;
    if (!mixin) return origin;
    const [strategy] = outside.args(origin.site.v);
    if (strategy === undefined) continue;
    const inner = evaluate(strategy).find((o): o is PackageOrigin => o.kind === "package");
    if (inner !== undefined) return inner;
  }
  return null;
}

/** How the call is written, for messages: `jwt.verify`, `jwtVerify`. */
export function calledAs(fn: FunctionView, call: number): string {
  const callee = fn.callee(call);
  return writtenName(fn, callee) || "verify";
}

function writtenName(fn: FunctionView, v: number): string {
  switch (fn.op(v)) {
    case Op.Member: {
      const object = writtenName(fn, fn.a(v));
      return object === "" ? fn.text(fn.b(v)) : `${object}.${fn.text(fn.b(v))}`;
    }
    case Op.Var:
      return fn.ancestor(fn.a(v))?.info.slots[fn.b(v)]?.name ?? "";
    case Op.Global:
      return fn.text(fn.a(v));
    case Op.This:
      return "this";
    case Op.Super:
      return "super";
    case Op.Cast:
    case Op.Await:
      return writtenName(fn, fn.a(v));
    case Op.Call:
      return writtenName(fn, fn.callee(v));
    default:
      return "";
  }
}
