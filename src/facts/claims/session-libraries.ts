/** Libraries that sign tokens, answer questions about them, or seal sessions: one table for each. */
import { NONE } from "../../model/lowered.js";

/** A call that signs a token. */
export interface Signer {
  readonly module: RegExp;
  readonly path: RegExp;
  /** step of the chain that carries payload or options when it is not the call itself: `SignJWT()` */
  readonly made: string;
  readonly payloadInMaker: boolean;
  /** position of the key in the signing call, or its name among the options */
  readonly key: number | string;
  /** position of the options, NONE when there are none */
  readonly options: number;
  /** option that sets the expiry; with a dot in front, a step of the chain that does; '' when only the claim can */
  readonly expiry: string;
  /** what is not said here may be said where the library is set up */
  readonly defaults: boolean;
}

const SIGNER: Omit<Signer, "module" | "path"> = {
  made: "",
  payloadInMaker: false,
  key: 1,
  options: 2,
  expiry: "expiresIn",
  defaults: false,
};

export const SIGNERS: readonly Signer[] = [
  { ...SIGNER, module: /^jsonwebtoken$/, path: /^sign$/ },
  {
    ...SIGNER,
    module: /^jose$/,
    path: /^SignJWT\(\).*\.sign$/,
    made: "SignJWT()",
    payloadInMaker: true,
    key: 0,
    options: NONE,
    expiry: ".setExpirationTime",
  },
  {
    ...SIGNER,
    module: /^@nestjs\/jwt$/,
    path: /^JwtService\(\)\.sign(?:Async)?$/,
    key: "secret",
    options: 1,
    defaults: true,
  },
  { ...SIGNER, module: /^fastify$/, path: /\.\w*jwtSign$/i, key: "key", options: 1, defaults: true },
  { ...SIGNER, module: /^fastify$/, path: /\.jwt(?:\.\w+)?\.sign$/, key: "key", options: 1, defaults: true },
  { ...SIGNER, module: /^hono\/(?:utils\/)?jwt$/, path: /^(?:Jwt\.)?sign$/, options: NONE, expiry: "" },
  { ...SIGNER, module: /^jwt-simple$/, path: /^encode$/, options: NONE, expiry: "" },
  { ...SIGNER, module: /^fast-jwt$/, path: /^createSigner\(\)$/, made: "createSigner()", key: "key", options: 0 },
];

/** A verification that does not throw: its answer says whether it succeeded. */
export interface Answer {
  readonly module: RegExp;
  readonly path: RegExp;
  readonly asynchronous: boolean;
  /** members of the answer that say yes; none when the answer itself does */
  readonly yes: readonly string[];
}

export const ANSWERS: readonly Answer[] = [
  { module: /^jws$/, path: /^verify$/, asynchronous: false, yes: [] },
  { module: /^@elysiajs\/jwt$/, path: /\.verify$/, asynchronous: true, yes: [] },
  { module: /^@octokit\/webhooks/, path: /(?:\.|^)verify$/, asynchronous: true, yes: [] },
  { module: /^@kinde-oss\//, path: /\.isAuthenticated$/, asynchronous: true, yes: [] },
  {
    module: /^@workos-inc\/node$/,
    path: /(?:\.authenticate|authenticateWithSessionCookie|loadSealedSession\(\)\.refresh)$/,
    asynchronous: true,
    yes: ["authenticated"],
  },
  {
    module: /^@clerk\//,
    path: /(?:^|\.)authenticateRequest$/,
    asynchronous: true,
    yes: ["isSignedIn", "isAuthenticated", "status", "reason"],
  },
  {
    module: /^@workos-inc\/node$/,
    path: /\.apiKeys\.createValidation$/,
    asynchronous: true,
    yes: ["apiKey"],
  },
  { module: /^@ory\//, path: /\.introspectOAuth2Token$/, asynchronous: true, yes: ["active"] },
  { module: /^@logto\//, path: /(?:^|\.)getLogtoContext$/, asynchronous: true, yes: ["isAuthenticated"] },
];

/** Verifications that reject their promise. */
export const PROMISES: readonly Pick<Answer, "module" | "path">[] = [
  { module: /^jose$/, path: /^(?:jwtVerify|jwtDecrypt|compactVerify|generalVerify|flattenedVerify)$/ },
  { module: /^@nestjs\/jwt$/, path: /^JwtService\(\)\.verifyAsync$/ },
  { module: /^aws-jwt-verify/, path: /JwtVerifier\.create\(\)\.verify$/ },
  { module: /^(?:firebase-admin|google-auth-library)/, path: /\.verify(?:IdToken|SessionCookie)$/ },
  { module: /^@clerk\//, path: /^verifyToken$/ },
  { module: /^hono\/(?:utils\/)?jw[tk]$/, path: /^(?:Jwt\.)?verify(?:WithJwks)?$/ },
];

/** A library that seals or signs sessions with a secret. */
export interface Seal {
  readonly module: RegExp;
  readonly path: RegExp;
  /** option that holds the secret, '' when it is an argument of its own */
  readonly option: string;
}

export const SEALS: readonly Seal[] = [
  { module: /^iron-session/, path: /^(?:getIronSession|sealData|unsealData|withIronSession\w*)$/, option: "password" },
  { module: /^(?:express-session|koa-session)$/, path: /^$/, option: "secret" },
  { module: /^cookie-session$/, path: /^$/, option: "keys" },
  { module: /^cookie-session$/, path: /^$/, option: "secret" },
  { module: /^@remix-run\/|^react-router$/, path: /^create(?:Cookie)?SessionStorage$/, option: "cookie.secrets" },
  { module: /^@remix-run\/|^react-router$/, path: /^createCookieSessionStorage$/, option: "cookie.secrets" },
  { module: /^(?:next-auth|@auth\/\w+)$/, path: /^$/, option: "secret" },
  { module: /^better-auth$/, path: /^betterAuth$/, option: "secret" },
  // plugins, by what registers them
  { module: /^@fastify\/(?:cookie|session|secure-session)$/, path: /^register$/, option: "secret" },
  { module: /^@fastify\/secure-session$/, path: /^register$/, option: "key" },
  {
    module: /^@workos-inc\/node$/,
    path: /\.(?:loadSealedSession|authenticateWithSessionCookie)$/,
    option: "cookiePassword",
  },
];
