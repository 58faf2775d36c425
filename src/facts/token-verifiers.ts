/** The calls that verify tokens: where each takes the token, its key and its options. */
import { NONE, Op, SlotKind } from "../model/lowered.js";
import type { FunctionView } from "../program/function-view.js";
import type { LinkQueries, PackageOrigin, Site } from "../program/origin.js";
import { calleeName } from "../program/refusals.js";

/** Names of an option, the first that is there counts; a dot leads into an object. */
type Option = readonly string[];

export interface Verifier {
  readonly module: RegExp;
  readonly path: RegExp;
  /** position of the token among the arguments, NONE when it comes later or inside the options */
  readonly token: number;
  /** position of the key, NONE when it is an option */
  readonly key: number;
  /** position of the options, NONE when there are none */
  readonly options: number;
  readonly names: {
    readonly key: Option;
    readonly algorithms: Option;
    readonly issuer: Option;
    readonly audience: Option;
    readonly ignoreExpiration: Option;
    readonly demandsExpiry: Option;
    readonly tolerance: Option;
  };
  /** position of an algorithm given on its own, NONE when it is an option */
  readonly algorithmAt: number;
  /** what is open when no algorithm is named: the choice, or nothing because another way pins it */
  readonly withoutAlgorithm: "algorithms-open" | "algorithm-from-header" | "unsigned-accepted" | null;
  readonly checks: readonly ("issuer" | "audience" | "expiry")[];
  /** further defaults may be configured elsewhere, so that what is not said here may be said there */
  readonly defaultsElsewhere: boolean;
}

const NAMES: Verifier["names"] = {
  key: ["key"],
  algorithms: ["algorithms"],
  issuer: ["issuer"],
  audience: ["audience"],
  ignoreExpiration: ["ignoreExpiration"],
  demandsExpiry: ["maxAge", "maxTokenAge", "requiredClaims"],
  tolerance: ["clockTolerance"],
};

const BASE: Omit<Verifier, "module" | "path"> = {
  token: 0,
  key: 1,
  options: 2,
  names: NAMES,
  algorithmAt: NONE,
  withoutAlgorithm: "algorithms-open",
  checks: ["issuer", "audience"],
  defaultsElsewhere: false,
};

const MIDDLEWARE: Omit<Verifier, "module" | "path"> = { ...BASE, token: NONE, key: NONE, options: 0 };
const HONO: Verifier["names"] = { ...NAMES, key: ["secret"], algorithms: ["alg"], issuer: ["iss"], audience: ["aud"] };
const FASTIFY: Verifier["names"] = {
  ...NAMES,
  key: ["secret", "secret.public"],
  algorithms: ["verify.algorithms"],
  issuer: ["verify.allowedIss", "verify.issuer"],
  audience: ["verify.allowedAud", "verify.audience"],
  ignoreExpiration: ["verify.ignoreExpiration"],
};

const VERIFIERS: readonly Verifier[] = [
  { ...BASE, module: /^jsonwebtoken$/, path: /^verify$/, checks: ["issuer", "audience", "expiry"] },
  { ...BASE, module: /^jose$/, path: /^jwtVerify$/, checks: ["issuer", "audience", "expiry"] },
  { ...BASE, module: /^jose$/, path: /^jwtDecrypt$/, withoutAlgorithm: null, checks: ["issuer", "audience", "expiry"] },
  { ...BASE, module: /^jose$/, path: /^(?:compact|flattened|general)Verify$/, checks: [] },
  {
    ...BASE,
    module: /^@nestjs\/jwt$/,
    path: /^JwtService\(\)\.verify(?:Async)?$/,
    key: NONE,
    options: 1,
    names: { ...NAMES, key: ["secret", "publicKey"] },
    defaultsElsewhere: true,
  },
  {
    ...MIDDLEWARE,
    module: /^@nestjs\/jwt$/,
    path: /^JwtModule\.register$/,
    names: {
      ...NAMES,
      key: ["secret", "publicKey"],
      algorithms: ["verifyOptions.algorithms"],
      issuer: ["verifyOptions.issuer"],
      audience: ["verifyOptions.audience"],
      ignoreExpiration: ["verifyOptions.ignoreExpiration"],
    },
    // what single calls pass may still pin it
    withoutAlgorithm: null,
    checks: [],
  },
  {
    ...MIDDLEWARE,
    module: /^(?:express-jwt|koa-jwt)$/,
    path: /^(?:|jwt|expressjwt)$/,
    names: { ...NAMES, key: ["secret"] },
  },
  {
    ...MIDDLEWARE,
    module: /^passport-jwt$/,
    path: /^Strategy$/,
    names: { ...NAMES, key: ["secretOrKey"] },
  },
  {
    ...MIDDLEWARE,
    module: /^fast-jwt$/,
    path: /^createVerifier$/,
    names: { ...NAMES, issuer: ["allowedIss"], audience: ["allowedAud"] },
  },
  { ...MIDDLEWARE, module: /^@fastify\/jwt$/, path: /^register$/, options: 1, names: FASTIFY, checks: [] },
  {
    ...BASE,
    module: /^jwt-simple$/,
    path: /^decode$/,
    options: NONE,
    algorithmAt: 3,
    withoutAlgorithm: "algorithm-from-header",
    checks: [],
  },
  {
    ...BASE,
    module: /^njwt$/,
    path: /^verify$/,
    options: NONE,
    algorithmAt: 2,
    withoutAlgorithm: null,
    checks: [],
  },
  { ...BASE, module: /^jws$/, path: /^verify$/, key: 2, options: NONE, algorithmAt: 1, checks: [] },
  { ...BASE, module: /^hono\/jwt$/, path: /^verify$/, algorithmAt: 2, names: HONO },
  { ...MIDDLEWARE, module: /^hono\/(?:jwt|jwk)$/, path: /^jwt$/, names: HONO },
  {
    ...MIDDLEWARE,
    module: /^google-auth-library$/,
    path: /verifyIdToken$/,
    withoutAlgorithm: null,
    checks: ["audience"],
  },
];

export interface VerifierCall {
  readonly site: Site;
  readonly verifier: Verifier;
  readonly callee: PackageOrigin;
}

const TOKEN_MODULE =
  /^(?:jsonwebtoken|jose|jwt-decode|jwt-simple|njwt|jws|fast-jwt|express-jwt|koa-jwt|passport-jwt|google-auth-library|@nestjs\/(?:jwt|passport)|@fastify\/jwt|hono\/jw[tk]|@clerk\/.*|aws-jwt-verify\/jwt)$/;
const TOKEN_CALL = /verify|decode|jwt|strategy|register|decompose|decrypt/i;

/** Cheap: whether a call is worth evaluating, by how it is written. */
export function mayHandleTokens(fn: FunctionView, call: number): boolean {
  const callee = fn.callee(call);
  const op = fn.op(callee);
  if (op === Op.Super) return true;
  if (op === Op.Call) return mayHandleTokens(fn, callee);
  if (TOKEN_CALL.test(calleeName(fn, callee))) return true;
  const owner = op === Op.Var ? fn.ancestor(fn.a(callee)) : null;
  if (owner?.info.parent !== NONE || owner.info.slots[fn.b(callee)]?.kind !== SlotKind.Import) return false;
  const slot = fn.b(callee);
  return fn.file.lowered.imports.some((i) => i.slot === slot && TOKEN_MODULE.test(i.module));
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
    if (origin.kind !== "package") continue;
    return promisified(origin, queries) ?? origin;
  }
  return fn.op(callee) === Op.Member && fn.memberName(callee) === "register" ? plugin(site, queries) : null;
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
