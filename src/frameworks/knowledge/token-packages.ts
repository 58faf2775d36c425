/**
 * What calls into token and session packages give: claims that were verified, claims that were only read, the bare
 * credential. Facts from the packages' shipped sources and documentation, as one table.
 */
import type { PackageCheck } from "../../program/facts/fact-reader.js";
import type { SourceName } from "../../program/values/origin.js";

export interface TokenCall {
  readonly module: RegExp;
  readonly path: RegExp;
  readonly gives: Extract<SourceName, "identity" | "claims-unverified" | "credential" | "input">;
  /** path of what is given, '' when its members lead on */
  readonly at: string;
}

const AUTH_JS = /^(?:next-auth|@auth\/.*|next-auth\/.*)$/;
const AUTH_JS_JWT = /^(?:next-auth|@auth\/core)\/jwt$/;
const SUPABASE = /^@supabase\//;
const CLERK = /^@clerk\//;
const FIREBASE = /^(?:firebase-admin|firebase-admin\/auth)$/;
const WORKOS = /^@workos-inc\/node$/;
const ORY = /^@ory\/(?:kratos-|hydra-)?client(?:-fetch)?$/;

export const TOKEN_CALLS: readonly TokenCall[] = [
  // libraries for tokens
  { module: /^jsonwebtoken$/, path: /^verify$/, gives: "identity", at: "claims" },
  { module: /^jsonwebtoken$/, path: /^decode$/, gives: "claims-unverified", at: "claims" },
  { module: /^jws$/, path: /^decode$/, gives: "claims-unverified", at: "claims" },
  {
    module: /^jose$/,
    path: /^(?:jwtVerify|jwtDecrypt|compactVerify|generalVerify|flattenedVerify)$/,
    gives: "identity",
    at: "",
  },
  { module: /^jose$/, path: /^(?:decodeJwt|UnsecuredJWT\.decode)$/, gives: "claims-unverified", at: "claims" },
  { module: /^jose$/, path: /^decodeProtectedHeader$/, gives: "input", at: "token.header" },
  { module: /^jwt-decode$/, path: /^(?:jwtDecode|jwt_decode|)$/, gives: "claims-unverified", at: "claims" },
  { module: /^fast-jwt$/, path: /^createVerifier\(\)$/, gives: "identity", at: "claims" },
  { module: /^fast-jwt$/, path: /^createDecoder\(\)$/, gives: "claims-unverified", at: "claims" },
  { module: /^njwt$/, path: /^verify$|^createVerifier\(\).*\.verify$/, gives: "identity", at: "" },
  { module: /^njwt$/, path: /^Parser\(\)\.parse$/, gives: "claims-unverified", at: "" },
  { module: /^@nestjs\/jwt$/, path: /^JwtService\(\)\.(?:verify|verifyAsync)$/, gives: "identity", at: "claims" },
  { module: /^@nestjs\/jwt$/, path: /^JwtService\(\)\.decode$/, gives: "claims-unverified", at: "claims" },
  {
    module: /^hono\/(?:utils\/)?(?:jwt|jwk)$/,
    path: /^(?:Jwt\.)?(?:verify|verifyWithJwks)$/,
    gives: "identity",
    at: "claims",
  },
  { module: /^hono\/(?:utils\/)?jwt$/, path: /^(?:Jwt\.)?decode$/, gives: "claims-unverified", at: "claims" },
  { module: /^hono\/(?:utils\/)?jwt$/, path: /^(?:Jwt\.)?decodeHeader$/, gives: "input", at: "token.header" },
  { module: /^fastify$/, path: /\.jwt(?:\.\w+)?\.verify$|\.\w*jwtVerify$/i, gives: "identity", at: "claims" },
  { module: /^fastify$/, path: /\.jwt(?:\.\w+)?\.decode$|\.\w*jwtDecode$/i, gives: "claims-unverified", at: "claims" },
  {
    module: /^aws-jwt-verify/,
    path: /JwtVerifier\.create\(\)\.verify(?:Sync)?$/,
    gives: "identity",
    at: "claims",
  },
  { module: /^aws-jwt-verify\/jwt$/, path: /^decomposeUnverifiedJwt$/, gives: "claims-unverified", at: "" },
  // identity providers
  { module: /^google-auth-library$/, path: /\.(?:verifyIdToken|getTokenInfo)$/, gives: "identity", at: "claims" },
  { module: FIREBASE, path: /\.(?:verifyIdToken|verifySessionCookie)$/, gives: "identity", at: "claims" },
  { module: CLERK, path: /decodeJwt$/, gives: "claims-unverified", at: "claims" },
  {
    module: CLERK,
    path: /^(?:currentUser|verifyToken|auth\.protect|auth\(\)\.protect)$|\.authenticateRequest(?:\(\)\.toAuth)?$|^authenticateRequest$/,
    gives: "identity",
    at: "auth",
  },
  // an object for everybody, and before it is awaited a promise: only its members tell
  { module: CLERK, path: /^(?:auth|getAuth)$/, gives: "identity", at: "" },
  { module: SUPABASE, path: /\.auth\.(?:getUser|getClaims)$/, gives: "identity", at: "" },
  // the session of the server-side client is read from a cookie and not checked (note in its own types)
  { module: SUPABASE, path: /\.auth\.getSession$/, gives: "claims-unverified", at: "" },
  { module: /^@workos-inc\/authkit/, path: /^getTokenClaims$/, gives: "claims-unverified", at: "claims" },
  { module: /^@workos-inc\/authkit/, path: /^(?:withAuth|getUser|getSession)$/, gives: "identity", at: "session" },
  // an object for everybody, with a key in it or none
  { module: /^@workos-inc\/authkit/, path: /^validateApiKey$/, gives: "identity", at: "" },
  { module: WORKOS, path: /\.apiKeys\.createValidation$/, gives: "identity", at: "" },
  { module: WORKOS, path: /\.getSessionFromCookie$/, gives: "claims-unverified", at: "session" },
  {
    module: WORKOS,
    path: /(?:\.authenticate|authenticateWithSessionCookie|\.refresh)$/,
    gives: "identity",
    at: "session",
  },
  {
    module: /^@(?:kinde-oss|logto|auth0)\//,
    path: /\.?(?:getUser|getSession|isAuthenticated|getLogtoContext)$/,
    gives: "identity",
    at: "session",
  },
  {
    module: /^stytch$/,
    path: /Client\(\)\.(?:sessions\.authenticate(?:Jwt|JwtLocal)?|m2m\.authenticateToken)$/,
    gives: "identity",
    at: "session",
  },
  { module: ORY, path: /\.(?:toSession|introspectOAuth2Token)$/, gives: "identity", at: "session" },
  { module: /^openid-client$/, path: /^authorizationCodeGrant(?:\(\)\.claims)?$/, gives: "identity", at: "" },
  // sessions
  { module: AUTH_JS_JWT, path: /^decode$/, gives: "identity", at: "session" },
  {
    module: AUTH_JS,
    path: /^(?:getServerSession|unstable_getServerSession|getToken|getSession)$/,
    gives: "identity",
    at: "session",
  },
  { module: /^better-auth/, path: /^getSessionFromCtx$/, gives: "identity", at: "session" },
  { module: /^better-auth/, path: /\.api\.(?:getSession|verifyApiKey)$/, gives: "identity", at: "session" },
  { module: /^better-auth/, path: /^getCookieCache$/, gives: "identity", at: "session" },
  { module: /^better-auth/, path: /^getSessionCookie$/, gives: "credential", at: "cookies.session" },
  {
    module: /^lucia$/,
    path: /\.(?:validateSession|validateRequest|validateSessionToken)$/,
    gives: "identity",
    at: "session",
  },
  { module: /^lucia$/, path: /\.readSessionCookie$/, gives: "credential", at: "cookies.session" },
  { module: /^iron-session/, path: /^unsealData$/, gives: "identity", at: "session" },
];

interface TokenCheck {
  readonly module: RegExp;
  readonly path: RegExp;
  readonly check: PackageCheck;
}

const RETURNS: PackageCheck = { on: "return", level: "identity", named: false };
const SAYS_YES: PackageCheck = { on: "truthy", level: "identity", named: false };

/** What it proves that such a call came back, or came back truthy. */
export const TOKEN_CHECKS: readonly TokenCheck[] = [
  { module: /^jsonwebtoken$/, path: /^verify$/, check: RETURNS },
  {
    module: /^jose$/,
    path: /^(?:jwtVerify|jwtDecrypt|compactVerify|generalVerify|flattenedVerify)$/,
    check: RETURNS,
  },
  { module: /^@nestjs\/jwt$/, path: /\.(?:verify|verifyAsync)$/, check: RETURNS },
  { module: /^hono\/(?:utils\/)?(?:jwt|jwk)$/, path: /^(?:Jwt\.)?verify/, check: RETURNS },
  { module: /^fast-jwt$/, path: /^createVerifier\(\)$/, check: RETURNS },
  { module: /^njwt$/, path: /^verify$|^createVerifier\(\).*\.verify$/, check: RETURNS },
  { module: /^fastify$/, path: /\.jwt(?:\.\w+)?\.verify$|\.\w*jwtVerify$/i, check: RETURNS },
  { module: /^aws-jwt-verify/, path: /JwtVerifier\.create\(\)\.verify(?:Sync)?$/, check: RETURNS },
  {
    module: /^(?:firebase-admin|firebase-admin\/auth|google-auth-library)$/,
    path: /verify(?:IdToken|SessionCookie)$/,
    check: RETURNS,
  },
  { module: /^stytch$/, path: /\.authenticate(?:Jwt|JwtLocal|Token)?$/, check: RETURNS },
  { module: ORY, path: /\.toSession$/, check: RETURNS },
  { module: CLERK, path: /^(?:auth\.protect|auth\(\)\.protect|verifyToken)$/, check: RETURNS },
  { module: /^jws$/, path: /^verify$/, check: SAYS_YES },
  { module: /^@elysiajs\/jwt$/, path: /^jwt\(\)\.verify$/, check: SAYS_YES },
];
