/**
 * What calls into well-known packages give and prove. Facts from the packages' shipped sources and documentation;
 * a call that is not listed stays one more step on the package's path.
 */

import { Op } from "../../model/lowered.js";
import { isAwaited } from "../../program/facts/consumption.js";
import type { PackageCheck } from "../../program/facts/fact-reader.js";
import { dependsOnCaller } from "../../program/values/computed-origins.js";
import { fedTo } from "../../program/values/fed-objects.js";
import {
  constant,
  isRegrouped,
  type Origin,
  type OriginQueries,
  type PackageOrigin,
  type Site,
  type SourceName,
  source,
  unknown,
  withSchema,
} from "../../program/values/origin.js";
import { distinct } from "../../program/values/origin-keys.js";
import { valuesInText } from "../../program/values/text-parts.js";
import { CONTAINERS, fromContainer } from "./containers.js";
import { isKeyOfMachines } from "./keys-of-machines.js";
import { PATH_READERS, readByPath } from "./object-paths.js";
import { decipheredValue, openedValue } from "./sealed-values.js";
import { TOKEN_CALLS, TOKEN_CHECKS } from "./token-packages.js";

type FunctionOrigin = Extract<Origin, { kind: "function" }>;
type Result = (callee: PackageOrigin, site: Site, queries: OriginQueries) => readonly Origin[] | undefined;

interface CallRule {
  readonly module: RegExp;
  readonly path: RegExp;
  readonly gives: Result;
}

const from =
  (name: SourceName, path: string): Result =>
  (_callee, site) => [source(name, path, { site })];

/** What machines of the service ask each other for is asked, and shows nobody. */
const ofToken =
  (name: SourceName, path: string): Result =>
  (_callee, site, queries) =>
    name === "identity" && isKeyOfMachines(site, queries)
      ? [{ ...source("input", "token", { site }), checkedBy: "the service's own secret" }]
      : [source(name, path, { site })];

/** Where nobody waits for it, a promise: always there, whoever calls. */
const awaited =
  (name: SourceName, path: string): Result =>
  (_callee, site) => [
    isAwaited(site.fn, site.v) ? source(name, path, { site }) : source("neutral", "promise", { site }),
  ];

const argument =
  (index: number): Result =>
  (_callee, site, queries) =>
    argumentAt(site, index, queries);

/** A wrapper that hands its function on: judged by the function, not by the wrapper. */
const wrapped: Result = (_callee, site, queries) => {
  const first = argumentAt(site, 0, queries);
  return first.some((o) => o.kind === "function") ? first : undefined;
};

/** Packages that run a function of the caller's and give back what it gives: tracers, locks, queues, retries. */
const RUNS: readonly { readonly module: RegExp; readonly path: RegExp }[] = [
  { module: /^dd-trace$/, path: /^trace$/ },
  { module: /^@opentelemetry\/api$/, path: /\.(?:startActiveSpan|with)$/ },
  {
    module: /^@sentry\//,
    path: /^(?:startSpan|startSpanManual|startInactiveSpan|withScope|withIsolationScope|withMonitor|trace)$/,
  },
  { module: /^newrelic$/, path: /^(?:startSegment|startBackgroundTransaction|startWebTransaction)$/ },
  { module: /^(?:node:)?async_hooks$/, path: /^AsyncLocalStorage\(\)\.(?:run|exit)$/ },
  {
    module: /^(?:p-retry|async-retry|@octokit\/plugin-retry|exponential-backoff|cockatiel)$/,
    path: /^(?:|backOff|default)$|\.execute$/,
  },
  { module: /^p-limit$/, path: /^\(\)$/ },
  {
    module: /^(?:p-queue|async-mutex|async-lock|semaphore-async-await|redlock)$/,
    path: /\.(?:add|runExclusive|acquire|using)$/,
  },
];

/** The function that such a call runs, undefined when it is no such call. */
export function functionRun(callee: PackageOrigin, site: Site, queries: OriginQueries): FunctionOrigin | undefined {
  if (!RUNS.some(({ module, path }) => module.test(callee.module) && path.test(callee.path))) return undefined;
  const given = site.fn.op(site.v) === Op.Call ? allArguments(site, queries).filter((o) => o.kind === "function") : [];
  return given.length === 1 ? given[0] : undefined;
}

const fromArguments: Result = (callee, site, queries) => {
  const of: Origin[] = [];
  for (let step: PackageOrigin | null = callee; step !== null; step = step.previous) {
    if (step.site !== null) of.push(...allArguments(step.site, queries), ...fedTo(step.site, queries));
  }
  of.push(...allArguments(site, queries));
  return [{ kind: "derived", of: distinct(of.flatMap((o) => madeOf(o, queries))), how: "computed", site }];
};

/** `${token}${pepper}` is made of both. */
function madeOf(origin: Origin, queries: OriginQueries): readonly Origin[] {
  if (origin.kind !== "literal" || origin.form !== "template") return [origin];
  const { fn, v } = origin.site;
  return fn.templateValues(v).length === 0 ? [origin] : valuesInText(origin.site, queries);
}

const safeParsed: Result = (callee, site, queries) => {
  const schemaFirst = /^safeParse(?:Async)?$/.test(callee.path);
  const value = argumentAt(site, schemaFirst ? 1 : 0, queries);
  if (value.some(isAnswerOfCaller)) return undefined;
  const schema = schemaFirst ? schemaGiven(callee, site, queries) : callee;
  return [{ kind: "derived", of: passed(value, schema), how: "safeParse", site }];
};

const parsed: Result = (callee, site, queries) => {
  const value = argumentAt(site, 0, queries);
  return value.some(isAnswerOfCaller) ? undefined : passed(value, callee);
};

/** `v.parse(schema, value)` */
const parsedByFirst: Result = (callee, site, queries) => {
  const value = argumentAt(site, 1, queries);
  return value.some(isAnswerOfCaller) ? undefined : passed(value, schemaGiven(callee, site, queries));
};

/** The schema that a function of its own is told; the function itself where that cannot be read. */
function schemaGiven(callee: PackageOrigin, site: Site, queries: OriginQueries): PackageOrigin {
  const [only, ...others] = argumentAt(site, 0, queries);
  return only?.kind === "package" && others.length === 0 ? only : callee;
}

/** `await request.json()`: what that is, and what of it a schema lets through, is known where the handler is called. */
function isAnswerOfCaller(origin: Origin): boolean {
  return origin.kind === "apply" || (isRegrouped(origin) && origin.of.some(isAnswerOfCaller));
}

/** The value stays what it was; that it has a schema behind it is kept with it. */
function passed(origins: readonly Origin[], callee: PackageOrigin): readonly Origin[] {
  return origins.map((origin) => withSchema(origin, callee));
}

/** `parseQuery(request, schema)`, `parseForm(…)`, `parseParams(params, …)`, and their forms that do not throw. */
const requestPart: Result = (callee, site, queries) => {
  const part = callee.path.startsWith("parseQuery") ? "query" : "body";
  const first = argumentAt(site, 0, queries);
  // whether it is a request is known where the handler is called
  if (first.some(dependsOnCaller)) return undefined;
  const given = first.map((origin) =>
    origin.kind === "source" && origin.source === "request" ? source("input", part, { site }) : origin,
  );
  const value = passed(given, callee);
  return callee.path.endsWith("Safe") ? [{ kind: "derived", of: value, how: "safeParse", site }] : value;
};

const configured: Result = (_callee, site, queries) => {
  const [first] = argumentAt(site, 0, queries);
  const name = first?.kind === "constant" ? String(first.value) : "";
  return [source("config", name, { site })];
};

/** `decode(token, key, noVerify, algorithm)`: verifies unless told not to. */
const jwtSimple: Result = (_callee, site, queries) => {
  const [skip] = argumentAt(site, 2, queries);
  const verified = skip === undefined || skip.kind !== "constant" || !skip.value;
  return [source(verified ? "identity" : "claims-unverified", "claims", { site })];
};

/** `getToken({ req, raw: true })` is the text of the cookie, which nobody opened. */
const tokenOfCookie: Result = (_callee, site, queries) => {
  const raw = argumentAt(site, 0, queries).flatMap((o) => [...queries.project(o, ["raw"])]);
  const unread = raw.some((o) => o.kind === "constant" && o.value === true);
  return [unread ? source("credential", "cookies.session", { site }) : source("identity", "session", { site })];
};

const SCHEMA =
  /^(?:drizzle-zod|@hono\/zod-openapi|zod-form-data|zod|zod\/.*|yup|joi|@hapi\/joi|superstruct|arktype|@sinclair\/typebox.*|runtypes|@effect\/schema)$/;
const EFFECT_MAKE = /^(?:Schema\.)?(?:String|Number|UUID|NonEmptyString|Struct\(\))(?:\.\w+\(\))*\.make$/;
const ADONIS_REQUEST = /^getAuthForRequest\(\)(?:\.use\(\))?\.authenticate$/;
const AUTH_JS = /^(?:next-auth|@auth\/.*|next-auth\/.*)$/;
const CLERK = /^@clerk\//;

/** A key in the form that a database wants it in. */
const wrappedKey: Result = (_callee, site, queries) => {
  const given = argumentAt(site, 0, queries);
  return given.length > 0 && site.fn.args(site.v).length > 0 ? given : undefined;
};

/** `new NatsRecordBuilder(payload).setHeaders(headers).build()`: the payload with what goes along with it. */
const recorded: Result = (callee, _site, queries) => {
  for (let step: PackageOrigin | null = callee; step !== null; step = step.previous) {
    if (step.site !== null && /^\w+RecordBuilder\(\)$/.test(step.path)) return argumentAt(step.site, 0, queries);
  }
  return undefined;
};

const RULES: readonly CallRule[] = [
  { ...PATH_READERS, gives: readByPath },
  { ...CONTAINERS, gives: fromContainer },
  { module: /^@kinde-oss\//, path: /(?:^|\.)isAuthenticated$/, gives: awaited("identity", "session") },
  { module: /^next-auth\/jwt$|^@auth\/core\/jwt$/, path: /^getToken$/, gives: tokenOfCookie },
  ...TOKEN_CALLS.map(({ module, path, gives, at }) => ({ module, path, gives: ofToken(gives, at) })),
  { module: /^(?:mongodb|mongoose|bson)$/, path: /(?:^|\.)ObjectId(?:\.createFromHexString)?$/, gives: wrappedKey },
  {
    module: AUTH_JS,
    path: /^\(\)\.auth$/,
    gives: (c, s, q) => wrapped(c, s, q) ?? [source("identity", "session", { site: s })],
  },
  { module: /^jwt-simple$/, path: /^decode$/, gives: jwtSimple },
  { module: /^hono\/cookie$/, path: /^get(?:Signed)?Cookie$/, gives: from("credential", "cookies") },
  {
    module: /^iron-session/,
    path: /^(?:getIronSession|getServerActionIronSession)$/,
    gives: (_c, s) => [source("request", "session", { site: s, dialect: "session" })],
  },
  { module: /^next\/headers$/, path: /^cookies$/, gives: from("credential", "cookies") },
  { module: /^next\/headers$/, path: /^headers$/, gives: from("input", "headers") },
  {
    module: /^(?:cookie|cookies-next|nookies)$/,
    path: /^(?:parse|getCookie|parseCookies|get)$/,
    gives: from("credential", "cookies"),
  },
  { module: /^basic-auth$/, path: /^(?:\(\)|parse)?$/, gives: from("credential", "basic") },
  { module: SCHEMA, path: /(?:^|\.)(?:safeParse|safeParseAsync|spa|validate)$/, gives: safeParsed },
  {
    module: SCHEMA,
    path: /(?:^|\.)(?:parse|parseAsync|validateSync|validateAsync|cast|attempt|create|mask|Decode)$/,
    gives: parsed,
  },
  // `Schema.String.pipe(Schema.brand("UserId")).make(id)`: the value in the type that the schema names
  { module: /^(?:effect(?:\/Schema)?|@effect\/schema(?:\/Schema)?)$/, path: EFFECT_MAKE, gives: parsed },
  { module: /^valibot$/, path: /^safeParse(?:Async)?$/, gives: safeParsed },
  { module: /^valibot$/, path: /^parse(?:Async)?$/, gives: parsedByFirst },
  // forms: what is read out of a submitted `FormData`
  { module: /^@conform-to\//, path: /^parse(?:With\w+)?$/, gives: safeParsed },
  { module: /^(?:remix-validated-form|@remix-validated-form\/.*|@rvf\/.*)$/, path: /\.validate$/, gives: safeParsed },
  { module: /^zodix$/, path: /^parse(?:Query|Form|Params)(?:Safe)?$/, gives: requestPart },
  { module: /^(?:class-transformer)$/, path: /^(?:plainToInstance|plainToClass)$/, gives: argument(1) },
  { module: /^rxjs$/, path: /^(?:firstValueFrom|lastValueFrom|from|of)$/, gives: argument(0) },
  { module: /^@nestjs\/microservices$/, path: /^\w+RecordBuilder\(\)(?:\.set\w+\(\))*\.build$/, gives: recorded },
  // a class with more members is the class
  { module: /^objection$/, path: /^(?:mixin|compose\(\))$/, gives: argument(0) },
  { module: /^react$/, path: /^cache$/, gives: wrapped },
  { module: /^next\/cache$/, path: /^unstable_cache$/, gives: wrapped },
  {
    module:
      /^(?:express-async-handler|async-handler|express-async-wrap|@sentry\/.*|lodash|lodash\/.*|p-limit|hono\/factory|h3|@trpc\/server\/.*)$/,
    path: /(?:^|\.)(?:|wrap|wrapApiHandlerWithSentry|withSentry|wrapRouteHandlerWithSentry|memoize|once|createMiddleware|defineEventHandler)$/,
    gives: wrapped,
  },
  { module: /^@t3-oss\/env-/, path: /^createEnv$/, gives: from("config", "env") },
  { module: /^(?:@nestjs\/config)$/, path: /^ConfigService\(\)\.(?:get|getOrThrow)$/, gives: configured },
  {
    module: /^(?:@ioc:Adonis\/Core\/Env|@adonisjs\/(?:core\/)?env)$/,
    path: /^(?:Env\.create\(\)\.)?get$/,
    gives: configured,
  },
  // whoever a request of another kind (a socket's) belongs to
  { module: /^@ioc:Adonis\/Addons\/Auth$/, path: ADONIS_REQUEST, gives: awaited("identity", "user") },
  { module: /^config$/, path: /^get$/, gives: configured },
  { module: /^(?:envalid|env-var)$/, path: /^(?:cleanEnv|get)$/, gives: configured },
  {
    module: /^(?:node:crypto|crypto)$/,
    path: /^(?:randomBytes|randomUUID|randomInt)$/,
    gives: from("neutral", "random"),
  },
  { module: /^(?:node:)?crypto$/, path: /^createDecipheriv\(\)\.(?:update|final)$/, gives: decipheredValue },
  { module: /^crypto-js(?:\/aes)?$/, path: /^(?:(?:AES\.)?decrypt)$/, gives: openedValue },
  { module: /^(?:@hapi\/iron|iron-webcrypto)$/, path: /^unseal$/, gives: openedValue },
  {
    module: /^(?:node:crypto|crypto|)$/,
    path: /(?:\.digest|Cipheriv\(\)\.(?:update|final)|pbkdf2Sync|scryptSync|crypto\.subtle\.\w+)$/,
    gives: fromArguments,
  },
  {
    module: /^(?:bcrypt|bcryptjs|argon2|@node-rs\/.*|nanoid|uuid)$/,
    path: /^(?:hash|hashSync|nanoid|v4|v7)$/,
    gives: fromArguments,
  },
];

/** Result of a package call that is known, undefined else. */
export function knownPackageCall(
  callee: PackageOrigin,
  site: Site,
  queries: OriginQueries,
): readonly Origin[] | undefined {
  for (const rule of rulesFor(callee.module)) {
    if (rule.path.test(callee.path)) return rule.gives(callee, site, queries);
  }
  const run = functionRun(callee, site, queries);
  return run === undefined ? undefined : queries.apply(run, site);
}

const byModule = new Map<string, readonly CallRule[]>();

function rulesFor(module: string): readonly CallRule[] {
  let known = byModule.get(module);
  if (known === undefined) {
    known = RULES.filter((rule) => rule.module.test(module));
    byModule.set(module, known);
  }
  return known;
}

function argumentAt(site: Site, index: number, queries: OriginQueries): readonly Origin[] {
  const args = site.fn.args(site.v);
  return index < args.length
    ? queries.evaluate({ fn: site.fn, v: args[index], frame: site.frame })
    : [constant(undefined)];
}

function allArguments(site: Site, queries: OriginQueries): readonly Origin[] {
  const args = site.fn.args(site.v);
  if (args.length > 12) return [unknown("many arguments")];
  return Array.from(args).flatMap((v) => [...queries.evaluate({ fn: site.fn, v, frame: site.frame })]);
}

interface CheckRule {
  readonly module: RegExp;
  readonly path: RegExp;
  readonly check: PackageCheck;
}

const returning = (level: PackageCheck["level"]): PackageCheck => ({ on: "return", level, named: false });
const truthy = (level: PackageCheck["level"]): PackageCheck => ({ on: "truthy", level, named: false });

const CHECKS: readonly CheckRule[] = [
  ...TOKEN_CHECKS,
  { module: /^(?:|#imports|#auth-utils|nuxt-auth-utils)$/, path: /^requireUserSession$/, check: returning("identity") },
  { module: /^(?:|#imports|h3|h3-nightly|nitro|nitro\/h3)$/, path: /^requireBasicAuth$/, check: returning("identity") },
  { module: /^@ioc:Adonis\/Addons\/Auth$/, path: ADONIS_REQUEST, check: returning("identity") },
  { module: /^stripe$/, path: /webhooks\.constructEvent(?:Async)?$/, check: returning("signature") },
  { module: /^(?:svix|standardwebhooks)$/, path: /^Webhook\(\)\.verify$/, check: returning("signature") },
  { module: CLERK, path: /^verifyWebhook$/, check: returning("signature") },
  { module: /^@upstash\/qstash/, path: /^Receiver\(\)\.verify$/, check: returning("signature") },
  // what the wrapper gives runs its handler for signed messages alone
  { module: /^@upstash\/qstash/, path: /^verifySignature(?:AppRouter|Edge)?\(\)$/, check: returning("signature") },
  { module: /^@octokit\/webhooks/, path: /\.verifyAndReceive$/, check: returning("signature") },
  { module: /^@octokit\/webhooks/, path: /(?:\.|^)verify$/, check: truthy("signature") },
  {
    module: /^@apple\/app-store-server-library$/,
    path: /^SignedDataVerifier\(\)\.verifyAndDecode\w+$/,
    check: returning("signature"),
  },
  { module: /^twilio$/, path: /validateRequest(?:WithBody)?$/, check: truthy("signature") },
  {
    module: /^@workos-inc\/node$/,
    path: /(?:webhooks\.constructEvent|actions\.constructAction)$/,
    check: returning("signature"),
  },
  { module: /^(?:node:crypto|crypto|tsscmp|safe-compare)$/, path: /^(?:timingSafeEqual|)$/, check: truthy("secret") },
  // public keys: `createVerify("sha1")…verify(key, signature)`, `verify(null, data, key, signature)`
  { module: /^(?:node:)?crypto$/, path: /^(?:createVerify\(\)\.)?verify$/, check: truthy("signature") },
  { module: /^(?:(?:node:)?crypto|)$/, path: /(?:^|\.)subtle\.verify$/, check: truthy("signature") },
  { module: /^tweetnacl$/, path: /(?:^|\.)sign\.detached\.verify$/, check: truthy("signature") },
  { module: /^discord-interactions$/, path: /^verifyKey$/, check: truthy("signature") },
  { module: /^@noble\/(?:ed25519|curves)/, path: /(?:^|\.)verify(?:Async)?$/, check: truthy("signature") },
  {
    module: /^(?:bcrypt|bcryptjs|argon2|@node-rs\/.*)$/,
    path: /^(?:compare|compareSync|verify)$/,
    check: truthy("check"),
  },
];

/** What packages of services that send webhooks call it to verify a message and hand out what it says. */
const OPENS_WEBHOOK =
  /(?:^|\.)(?:construct(?:Webhook)?Event(?:Async)?|(?:unwrap|verify|validate)(?:And(?:Parse|Unwrap|Construct))?Webhook(?:Event|Payload|Message|Signature)?)$/;

/** What it proves that a package call came back, or came back truthy. */
export function packageCheck(
  callee: PackageOrigin,
  site: Site,
  queries: OriginQueries | null,
): PackageCheck | undefined {
  const found = CHECKS.find((rule) => rule.module.test(callee.module) && rule.path.test(callee.path))?.check;
  if (found !== undefined)
    return found.level === "identity" && isKeyOfMachines(site, queries) ? { ...found, level: "secret" } : found;
  const opens = callee.module !== "" && OPENS_WEBHOOK.test(callee.path);
  return opens ? { on: "return", level: "signature", named: true } : undefined;
}

/** Package functions that throw to leave (Next.js, SvelteKit) or end the process. */
export function neverReturns(callee: PackageOrigin): boolean {
  if (callee.module === "next/navigation") {
    return /^(?:redirect|permanentRedirect|notFound|unauthorized|forbidden)$/.test(callee.path);
  }
  if (callee.module === "@sveltejs/kit") return /^(?:redirect|error)$/.test(callee.path);
  return (
    (callee.module === "" || callee.module === "node:process") && /^(?:process\.)?(?:exit|abort)$/.test(callee.path)
  );
}
