/**
 * The token libraries as tables: calls that only read, and calls that verify, with the places where each takes the
 * token, its key and its options.
 */
import { NONE } from "../../model/lowered.js";

/** A call that gives claims nobody verified. */
export interface Decoder {
  readonly module: RegExp;
  readonly path: RegExp;
  /** what is read: a token, or the session that a client or a cookie keeps */
  readonly reads: "token" | "session";
  /** position of what is read among the arguments, NONE when it is the receiver's own */
  readonly token: number;
  /** nothing but the header is read */
  readonly header: boolean;
}

const TOKEN: Omit<Decoder, "module" | "path"> = { reads: "token", token: 0, header: false };
const SESSION: Omit<Decoder, "module" | "path"> = { reads: "session", token: NONE, header: false };

export const DECODERS: readonly Decoder[] = [
  { ...TOKEN, module: /^jsonwebtoken$/, path: /^decode$/ },
  { ...TOKEN, module: /^jose$/, path: /^(?:decodeJwt|UnsecuredJWT\.decode)$/ },
  { ...TOKEN, module: /^jwt-decode$/, path: /^(?:|jwtDecode|jwt_decode)$/ },
  { ...TOKEN, module: /^jwt-simple$/, path: /^decode$/ },
  { ...TOKEN, module: /^njwt$/, path: /^Parser\(\)\.parse$/ },
  { ...TOKEN, module: /^@nestjs\/jwt$/, path: /^JwtService\(\)\.decode$/ },
  { ...TOKEN, module: /^fast-jwt$/, path: /^createDecoder\(\)$/ },
  { ...TOKEN, module: /^fastify$/, path: /\.jwt(?:\.\w+)?\.decode$/ },
  { ...TOKEN, module: /^fastify$/, path: /\.\w*jwtDecode$/i, token: NONE },
  { ...TOKEN, module: /^hono\/(?:utils\/)?jwt$/, path: /^(?:Jwt\.)?decode$/ },
  { ...TOKEN, module: /^hono\/(?:utils\/)?jwt$/, path: /^(?:Jwt\.)?decodeHeader$/, header: true },
  { ...TOKEN, module: /^@clerk\//, path: /^decodeJwt$/ },
  { ...TOKEN, module: /^jws$/, path: /^decode$/ },
  { ...TOKEN, module: /^aws-jwt-verify\/jwt$/, path: /^decomposeUnverifiedJwt$/ },
  { ...TOKEN, module: /^@workos-inc\/authkit/, path: /^getTokenClaims$/ },
  { ...SESSION, module: /^@supabase\//, path: /\.auth\.getSession$/ },
  { ...SESSION, module: /^better-auth/, path: /^getSessionCookie$/ },
  { ...SESSION, module: /^lucia$/, path: /\.readSessionCookie$/ },
  { ...SESSION, module: /^@workos-inc\/node$/, path: /\.getSessionFromCookie$/, token: 0 },
];

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
    /** switches that turn the check of expiry off when they are false */
    readonly enforceExpiration: Option;
    readonly demandsExpiry: Option;
    /** further checks that are off when one of these is false */
    readonly switches: Option;
    readonly tolerance: Option;
  };
  /** position of an algorithm given on its own, NONE when it is an option */
  readonly algorithmAt: number;
  /** what is open when no algorithm is named: the choice, or nothing because another way pins it */
  readonly withoutAlgorithm: "algorithms-open" | "algorithm-from-header" | "unsigned-accepted" | null;
  readonly checks: readonly ("issuer" | "audience" | "expiry")[];
  /** what is open without the audience */
  readonly withoutAudience: "audience-unchecked" | "any-client-accepted" | "any-signer-accepted";
  /** further defaults may be configured elsewhere, so that what is not said here may be said there */
  readonly defaultsElsewhere: boolean;
}

const NAMES: Verifier["names"] = {
  key: ["key"],
  algorithms: ["algorithms"],
  issuer: ["issuer"],
  audience: ["audience"],
  ignoreExpiration: ["ignoreExpiration"],
  enforceExpiration: [],
  demandsExpiry: ["maxAge", "maxTokenAge", "requiredClaims"],
  switches: [],
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
  withoutAudience: "audience-unchecked",
  defaultsElsewhere: false,
};

const MIDDLEWARE: Omit<Verifier, "module" | "path"> = { ...BASE, token: NONE, key: NONE, options: 0 };
const HONO: Verifier["names"] = {
  ...NAMES,
  key: ["secret"],
  algorithms: ["alg", "allowedAlgorithms"],
  issuer: ["iss", "verification.iss"],
  audience: ["aud", "verification.aud"],
  enforceExpiration: ["exp", "verification.exp"],
};
const FASTIFY: Verifier["names"] = {
  ...NAMES,
  key: ["secret", "secret.public"],
  algorithms: ["verify.algorithms"],
  issuer: ["verify.allowedIss", "verify.issuer"],
  audience: ["verify.allowedAud", "verify.audience"],
  ignoreExpiration: ["verify.ignoreExpiration"],
};

export const VERIFIERS: readonly Verifier[] = [
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
    // keys, issuer and algorithms come from the provider's own description
    ...MIDDLEWARE,
    module: /^express-oauth2-jwt-bearer$/,
    path: /^auth$/,
    names: {
      ...NAMES,
      key: ["secret"],
      algorithms: ["tokenSigningAlg"],
      enforceExpiration: ["validators.exp"],
      switches: ["validators.aud", "validators.iss"],
    },
    withoutAlgorithm: null,
    checks: [],
  },
  {
    // signs and verifies with HS256 unless it is told otherwise
    ...MIDDLEWARE,
    module: /^@elysiajs\/jwt$/,
    path: /^(?:|jwt)$/,
    names: { ...NAMES, key: ["secret"], algorithms: ["alg"] },
    withoutAlgorithm: null,
    checks: [],
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
  { ...BASE, module: /^hono\/(?:utils\/)?jwt$/, path: /^(?:Jwt\.)?verify$/, algorithmAt: 2, names: HONO },
  { ...BASE, module: /^hono\/(?:jwt|jwk)$/, path: /^verifyWithJwks$/, key: NONE, options: 1, names: HONO },
  { ...MIDDLEWARE, module: /^hono\/(?:utils\/)?jwt$/, path: /^jwt$/, names: HONO },
  { ...MIDDLEWARE, module: /^hono\/jwk$/, path: /^jwk$/, names: HONO },
  { ...MIDDLEWARE, module: /^google-auth-library$/, path: /getTokenInfo$/, withoutAlgorithm: null, checks: [] },
  {
    ...MIDDLEWARE,
    module: /^google-auth-library$/,
    path: /verifyIdToken$/,
    withoutAlgorithm: null,
    checks: ["audience"],
    // the issuer serves many clients: tokens of all of them pass
    withoutAudience: "any-client-accepted",
  },
  {
    ...MIDDLEWARE,
    module: /^aws-jwt-verify/,
    path: /^CognitoJwtVerifier\.create$/,
    names: { ...NAMES, audience: ["clientId"] },
    withoutAlgorithm: null,
    checks: ["audience"],
    withoutAudience: "any-client-accepted",
  },
  {
    ...MIDDLEWARE,
    module: /^aws-jwt-verify/,
    path: /^AlbJwtVerifier\.create$/,
    names: { ...NAMES, audience: ["albArn"] },
    withoutAlgorithm: null,
    checks: ["audience"],
    withoutAudience: "any-signer-accepted",
  },
  {
    ...MIDDLEWARE,
    module: /^aws-jwt-verify/,
    path: /^JwtVerifier\.create$/,
    withoutAlgorithm: null,
    checks: ["issuer", "audience"],
  },
  {
    ...BASE,
    module: /^@clerk\//,
    path: /^verifyToken$/,
    key: NONE,
    options: 1,
    names: { ...NAMES, key: ["jwtKey", "secretKey"], audience: ["authorizedParties", "audience"] },
    withoutAlgorithm: null,
    checks: ["audience"],
  },
];
