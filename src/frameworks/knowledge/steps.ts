/** Ready-made middleware and guards of packages: what each does for the handlers behind it. */
import type { Confidence, Grant } from "../../model/facts.js";
import type { Origin, OriginQueries, PackageOrigin } from "../../program/values/origin.js";

export interface KnownStep {
  readonly grants: Grant;
  readonly confidence: Confidence;
  /** its options say that it lets everyone on */
  readonly optional?: boolean;
  /** it asks for what the service itself was told to accept: whoever has that is no tenant's */
  readonly ownSecret?: true;
  /** where on the request it leaves the caller, when it was told a place of its own */
  readonly keptAt?: string;
}

interface StepRule {
  readonly module: RegExp;
  readonly path: RegExp;
  readonly grants: Grant;
  /** option that makes it let everyone through */
  readonly openWhen?: { readonly name: string; readonly value: boolean };
  /** option that, given, decides instead of it */
  readonly openGiven?: string;
  /** a text among its arguments that lets everybody on: a strategy for those whom no other knows */
  readonly openWith?: string;
  /** given what to ask for, it decides */
  readonly decidesWhenGiven?: true;
  /** option, as a path, under which it turns strangers away */
  readonly closedWhen?: string;
  /** options by which the service says what it accepts */
  readonly accepts?: readonly string[];
  /** it is a way to say that authentication is optional */
  readonly optional?: true;
  /** option that names the place where it leaves the caller, and what that is below */
  readonly keeps?: { readonly option: string; readonly below: string };
}

const RULES: readonly StepRule[] = [
  {
    module: /^(?:passport|koa-passport)$/,
    path: /\.?authenticate\(\)$/,
    grants: "authentication",
    openWith: "anonymous",
  },
  { module: /^(?:passport|koa-passport)$/, path: /\.?(?:initialize|session|authorize)\(\)$/, grants: "attach" },
  {
    module: /^express-jwt$/,
    path: /^(?:expressjwt|jwt|)\(\)$/,
    grants: "authentication",
    openWhen: { name: "credentialsRequired", value: false },
    keeps: { option: "requestProperty", below: "" },
  },
  {
    module: /^koa-jwt$/,
    path: /^(?:\w+)?\(\)$/,
    grants: "authentication",
    openWhen: { name: "passthrough", value: true },
    keeps: { option: "key", below: "state." },
  },
  { module: /^koa-basic-auth$/, path: /^\(\)$/, grants: "authentication" },
  {
    module: /^express-oauth2-jwt-bearer$/,
    path: /^auth\(\)$/,
    grants: "authentication",
    openWhen: { name: "authRequired", value: false },
  },
  {
    module: /^express-oauth2-jwt-bearer$/,
    path: /^(?:requiredScopes|scopeIncludesAny|claimEquals|claimIncludes|claimCheck)\(\)$/,
    grants: "decision",
  },
  { module: /^express-openid-connect$/, path: /^requiresAuth\(\)$/, grants: "authentication" },
  {
    module: /^express-openid-connect$/,
    path: /^auth\(\)$/,
    grants: "authentication",
    openWhen: { name: "authRequired", value: false },
  },
  { module: /^express-openid-connect$/, path: /^claim/, grants: "decision" },
  { module: /^@clerk\//, path: /^(?:requireAuth|ClerkExpressRequireAuth|withAuth)\(\)$/, grants: "authentication" },
  // the paths that it leaves open are read where it stands
  { module: /^@clerk\/nextjs/, path: /^authMiddleware\(\)$/, grants: "authentication", openGiven: "afterAuth" },
  { module: /^@clerk\//, path: /^(?:clerkMiddleware|ClerkExpressWithAuth)\(\)$/, grants: "attach" },
  { module: /^@auth0\/nextjs-auth0/, path: /(?:^|\.)with(?:Api|Page)AuthRequired\(\)/, grants: "authentication" },
  { module: /^next-auth\/middleware$/, path: /^(?:withAuth\(\)|withAuth|default|\(\)|)$/, grants: "authentication" },
  { module: /^@logto\//, path: /(?:^|\.)withLogto(?:ApiRoute)?\(\)$/, grants: "attach" },
  {
    module: /^@workos-inc\/authkit-nextjs$/,
    path: /^authkit(?:Proxy|Middleware)\(\)$/,
    grants: "attach",
    closedWhen: "middlewareAuth.enabled",
  },
  { module: /^keycloak-connect$/, path: /\.protect\(\)$/, grants: "authentication", decidesWhenGiven: true },
  { module: /^keycloak-connect$/, path: /\.enforcer\(\)$/, grants: "decision" },
  { module: /^keycloak-connect$/, path: /\.(?:middleware|checkSso)\(\)$/, grants: "attach" },
  { module: /^@aserto\//, path: /^(?:Middleware\(\)\.(?:Authz|Check)|jwtAuthz)\(\)$/, grants: "decision" },
  { module: /^nest-(?:authz|casl|access-control)$/, path: /\.unmarked$/, grants: "neutral" },
  { module: /^nest-(?:authz|casl|access-control)$/, path: /^(?:AuthZ|Access|AC)Guard$/, grants: "decision" },
  { module: /^express-basic-auth$/, path: /^\(\)$/, grants: "authentication", accepts: ["users"] },
  { module: /^connect-ensure-login$/, path: /^ensureLoggedIn\(\)$/, grants: "authentication" },
  { module: /^@nestjs\/passport$/, path: /^AuthGuard\(\)(?:\(\))?\.handleRequest$/, grants: "attach", optional: true },
  { module: /^@nestjs\/passport$/, path: /^AuthGuard\(\)/, grants: "authentication" },
  {
    module: /^hono\/(?:utils\/)?(?:jwt|jwk)$/,
    path: /^(?:jwt|jwk)\(\)$/,
    grants: "authentication",
    openWhen: { name: "allow_anon", value: true },
  },
  {
    module: /^hono\/(?:bearer-auth|basic-auth)$/,
    path: /Auth\(\)$/,
    grants: "authentication",
    accepts: ["token", "password"],
  },
  { module: /^@hono\/auth-js$/, path: /^verifyAuth\(\)$/, grants: "authentication" },
  { module: /^@hono\/firebase-auth$/, path: /^verifyFirebaseAuth\(\)$/, grants: "authentication" },
  { module: /^@hono\/oidc-auth$/, path: /^oidcAuthMiddleware\(\)$/, grants: "authentication" },
  { module: /^@hono\/cloudflare-access$/, path: /^cloudflareAccess\(\)$/, grants: "authentication" },
  { module: /^@hono\/clerk-auth$/, path: /^clerkMiddleware\(\)$/, grants: "attach" },
  { module: /^@hono\/stytch-auth$/, path: /\.authenticate\w+\(\)$/, grants: "authentication" },
  { module: /^@hono\/casbin$/, path: /^casbin\(\)$/, grants: "decision" },
  { module: /^(?:express-session|cookie-session)$/, path: /^\(\)$/, grants: "neutral" },
  { module: /^@?tsoa(?:-next)?(?:\/runtime)?$/, path: /^Security\(\)$/, grants: "authentication" },
  { module: /^routing-controllers$/, path: /^(?:Authorized|CurrentUser)\(\)$/, grants: "authentication" },
  { module: /^(?:@loopback\/|loopback4-)authentication$/, path: /^authenticate\b/, grants: "authentication" },
  { module: /^(?:@loopback\/|loopback4-)authorization$/, path: /^authorize\b/, grants: "decision" },
  { module: /^encore\.dev\//, path: /\(\)\.auth$/, grants: "authentication" },
  { module: /^type-graphql$/, path: /^Authorized\(\)$/, grants: "authentication" },
  { module: /^@envelop\//, path: /\.(?:resolve-only|protect-granular)$/, grants: "attach" },
  { module: /^@envelop\/(?:generic-auth|auth0)$|^@graphql-yoga\/plugin-jwt$/, path: /./, grants: "authentication" },
  { module: /^graphql-shield$/, path: /^deny$/, grants: "decision" },
  { module: /^@modelcontextprotocol\//, path: /^(?:hostHeader|localhostHost)Validation\(\)$/, grants: "neutral" },
  { module: /^@modelcontextprotocol\//, path: /^requireBearerAuth\(\)$/, grants: "authentication" },
  { module: /^(?:mcp-handler|@vercel\/mcp-adapter)$/, path: /^withMcpAuth\.required$/, grants: "authentication" },
  { module: /^(?:mcp-handler|@vercel\/mcp-adapter)$/, path: /^withMcpAuth\.optional$/, grants: "attach" },
  {
    module: /^(?:better-auth|@better-auth\/core)/,
    path: /^(?:session|sensitiveSession|freshSession|requestOnlySession)Middleware$/,
    grants: "authentication",
  },
  { module: /^@feathersjs\/authentication/, path: /^(?:hooks\.)?authenticate\(\)$/, grants: "authentication" },
  { module: /^feathers-casl/, path: /^authorize\(\)$/, grants: "decision" },
  { module: /^feathers-permissions/, path: /^(?:checkPermissions)?\(\)$/, grants: "decision" },
  { module: /^@strapi\/strapi$/, path: /^permissions$/, grants: "authentication" },
  { module: /^payload$/, path: /^defaultAccess$/, grants: "authentication" },
  { module: /^aws-lambda$/, path: /^authorizer$/, grants: "authentication" },
  { module: /^aws-lambda$/, path: /^api-key$/, grants: "presence" },
  { module: /^@azure\/functions$/, path: /^authLevel$/, grants: "signature" },
  { module: /^firebase-functions/, path: /(?:^|\.)isSignedIn\(\)$/, grants: "authentication" },
  { module: /^firebase-functions/, path: /(?:^|\.)hasClaim\(\)$/, grants: "decision" },
  {
    module: /^@upstash\/(?:qstash|workflow)/,
    path: /^(?:verifySignature\w*|serve)\(\)/,
    grants: "signature",
  },
  {
    module: /^twilio$/,
    path: /(?:^|\.)webhook\(\)$/,
    grants: "signature",
    openWhen: { name: "validate", value: false },
  },
  {
    module: /^@medusajs\//,
    path: /^authenticate\(\)$/,
    grants: "authentication",
    openWhen: { name: "allowUnauthenticated", value: true },
  },
  { module: /^h3(?:-nightly)?$|^nitro(?:\/h3)?$/, path: /^basicAuth\(\)$/, grants: "authentication" },
  { module: /^@hapi\/hapi$/, path: /^auth\.required$/, grants: "authentication" },
  { module: /^@hapi\/hapi$/, path: /^auth\.scope$/, grants: "decision" },
  { module: /^@hapi\/hapi$/, path: /^auth\.try$/, grants: "attach", optional: true },
  { module: /^@fastify\/(?:auth|bearer-auth|basic-auth)$/, path: /.*/, grants: "authentication" },
  { module: /^@fastify\/passport$/, path: /\.?authenticate\(\)$/, grants: "authentication" },
  { module: /^@fastify\/passport$/, path: /\.?(?:initialize|secureSession|authorize)\(\)$/, grants: "attach" },
];

const NEUTRAL_MODULE =
  /^(?:express|cors|helmet|morgan|compression|body-parser|cookie-parser|multer|serve-static|serve-favicon|method-override|response-time|express-rate-limit|rate-limiter-flexible|express-slow-down|connect-timeout|express-fileupload|hpp|csurf|csrf-csrf|lusca|pino-http|winston|express-winston|i18next.*|express-validator|celebrate|zod-express-middleware|http-proxy-middleware|swagger-ui-express|express-openapi-validator|@sentry\/.*|@opentelemetry\/.*|dd-trace|newrelic|apicache|express-session|connect-.*|koa-.*|@koa\/.*|@fastify\/.*|@nestjs\/(?:throttler|cache-manager|platform-express|swagger|terminus)|hono\/(?:cors|logger|secure-headers|compress|etag|timing|request-id|pretty-json|csrf|body-limit|timeout)|@hono\/.*|next-connect|nextjs-cors)$/;

/** @returns null for a package that is not known */
export function knownStep(origin: Origin, queries: OriginQueries): KnownStep | null {
  if (origin.kind !== "package") return null;
  const rule = RULES.find((one) => one.module.test(origin.module) && one.path.test(origin.path));
  if (rule !== undefined) return madeBy(rule, origin, queries);
  return NEUTRAL_MODULE.test(origin.module) ? { grants: "neutral", confidence: "proven" } : null;
}

/** What the package's step does with the options that it was made with. */
function madeBy(rule: StepRule, origin: PackageOrigin, queries: OriginQueries): KnownStep {
  if (rule.closedWhen !== undefined && optionIs(origin, { name: rule.closedWhen, value: true }, queries))
    return { grants: "authentication", confidence: "proven" };
  const open =
    (rule.openWhen !== undefined && optionIs(origin, rule.openWhen, queries)) ||
    (rule.openGiven !== undefined && isGiven(origin, rule.openGiven, queries)) ||
    (rule.openWith !== undefined && names(origin, rule.openWith, queries));
  const decides =
    rule.decidesWhenGiven === true && origin.site !== null && origin.site.fn.args(origin.site.v).length > 0;
  const told = !open && (rule.accepts ?? []).some((name) => isGiven(origin, name, queries));
  const keptAt = rule.keeps === undefined ? "" : placeFor(origin, rule.keeps, queries);
  return {
    grants: open ? "attach" : decides ? "decision" : rule.grants,
    confidence: "proven",
    ...(open || rule.optional === true ? { optional: true } : {}),
    ...(told ? { ownSecret: true } : {}),
    ...(keptAt === "" ? {} : { keptAt }),
  };
}

function placeFor(origin: PackageOrigin, keeps: NonNullable<StepRule["keeps"]>, queries: OriginQueries): string {
  const [name] = valuesOf(origin, keeps.option, queries);
  return name?.kind === "constant" && typeof name.value === "string" ? `${keeps.below}${name.value}` : "";
}

/** A text among the arguments, or in a list among them. */
function names({ site }: PackageOrigin, text: string, queries: OriginQueries): boolean {
  if (site === null) return false;
  const given = Array.from(site.fn.args(site.v)).flatMap((v) =>
    queries.evaluate({ fn: site.fn, v, frame: site.frame }),
  );
  const items = given.flatMap((o) => (o.kind === "literal" && o.form === "array" ? queries.project(o, ["[]"]) : [o]));
  return items.some((o) => o.kind === "constant" && o.value === text);
}

function isGiven(origin: PackageOrigin, name: string, queries: OriginQueries): boolean {
  return valuesOf(origin, name, queries).some(
    (o) => o.kind !== "constant" || (o.value !== undefined && o.value !== null),
  );
}

function optionIs(
  origin: PackageOrigin,
  option: { readonly name: string; readonly value: boolean },
  queries: OriginQueries,
): boolean {
  return valuesOf(origin, option.name, queries).some((o) => o.kind === "constant" && o.value === option.value);
}

/** What an option may be, a path of names, whichever argument holds it. */
function valuesOf({ site }: PackageOrigin, option: string, queries: OriginQueries): readonly Origin[] {
  if (site === null) return [];
  return Array.from(site.fn.args(site.v)).flatMap((v) =>
    queries.evaluate({ fn: site.fn, v, frame: site.frame }).flatMap((o) => [...queries.project(o, option.split("."))]),
  );
}

const AUTHENTICATION_NAME =
  /^(?:is|require|ensure|check|verify|validate|with|use|must|only|protect|authenticate|auth)?_?(?:be|has|have)?_?(?:auth|authenticat|authori[sz]|logged_?in|signed_?in|login|session|jwt|token|bearer|protect|api_?key|user)/i;
const DECISION_NAME = /permission|role|admin|authori[sz]e|access|owner|scope|can[A-Z_]|ability|acl|rbac|policy/i;
const NEUTRAL_NAME =
  /log|cors|json|parse|upload|multer|rate|limit|throttle|cache|compress|helmet|valid|sanitize|metric|trace|telemetry|sentry|timeout|static|locale|i18n|error|not_?found|cookie|session|csrf|proxy|serve|favicon|swagger|docs|header|body|query|context|request_?id|analytics|health/i;

/** What only a name can tell; null when it tells nothing. */
export function namedStep(name: string): KnownStep | null {
  const last = name.split(".").at(-1) ?? name;
  if (/^(?:optional|maybe|try|attach|load|set|populate|extract)/i.test(last))
    return { grants: "attach", confidence: "named" };
  if (DECISION_NAME.test(last)) return { grants: "decision", confidence: "named" };
  if (AUTHENTICATION_NAME.test(last) && !/^(?:session|user|token)/i.test(last))
    return { grants: "authentication", confidence: "named" };
  return NEUTRAL_NAME.test(last) ? { grants: "neutral", confidence: "named" } : null;
}
