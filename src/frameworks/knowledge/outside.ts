/** Services outside of the database: which packages are clients of them, and which calls change something there. */
import type { LinkQueries, Origin, PackageOrigin, Site } from "../../program/values/origin.js";

/** Clients of nothing outside: checks, texts, dates, logs, frameworks, and what is sent away rather than asked. */
const INSIDE =
  /^(?:|node:.*|zod.*|yup|joi|@hapi\/.*|valibot|ajv.*|superstruct|lodash.*|ramda|remeda|dayjs.*|moment.*|luxon|date-fns.*|pino.*|winston.*|consola|bunyan|path|url|util|crypto|fs.*|events|stream|qs|uuid|nanoid|cuid.*|ulid|jose|jsonwebtoken|bcrypt.*|argon2|express.*|hono.*|koa.*|@koa\/.*|fastify.*|@fastify\/.*|next.*|react.*|@remix-run\/.*|@sveltejs\/.*|h3|nitropack|@trpc\/.*|@orpc\/.*|@nestjs\/.*|graphql.*|@apollo\/.*|class-.*|reflect-metadata|rxjs.*|i18n.*|@sentry\/.*|@opentelemetry\/.*|posthog.*|.*analytics.*|p-\w+|async_hooks|cls-hooked|dd-trace|newrelic|elastic-apm-node|bottleneck|lru-cache|node-cache|.*cache.*|socket\.io.*|ws|nodemailer|resend|@sendgrid\/.*|postmark|semver|cookie.*|.*rate-?limit.*|dataloader|@casl\/.*|@tanstack\/.*|@prisma\/.*|drizzle-orm.*|kysely|knex|objection|@mikro-orm\/.*|typeorm|sequelize.*|mongoose|mongodb|pg|mysql2?|postgres|better-sqlite3|redis|ioredis|@upstash\/(?:redis|ratelimit)|bullmq|bull|effect|@effect\/.*|inversify|tsyringe|typedi|awilix)$/;
const SERVICE_KIT = /(?:^|[/-])(?:sdk|client|api)(?:$|[/-])/;
const CHANGES =
  /(?:^|\.)(?:delete|remove|revoke|cancel|update|deactivate|disable|archive|destroy|detach|terminate|suspend|transfer)\w*$/i;
/** what development servers keep between reloads: `globalThis.billingClient` */
const KEPT = /^(?:globalThis|global)\.\w*(?:client|controller|service|sdk|api)\b/i;
const HTTP = /^(?:ky|axios|got|ofetch|superagent|undici)$/;

/** True for packages that are clients of nothing outside. */
export function isInside(module: string): boolean {
  return INSIDE.test(module);
}

/** Something that was made of a package's class, or one of the objects that a service's own kit exports: `runs.retrieve(id)`. */
export function isService({ module, path }: PackageOrigin): boolean {
  return path.includes("()") || (SERVICE_KIT.test(module) && path.includes("."));
}

/** An object that a package made, and that is a client of something outside or does work of its own. */
export function isClient(origin: PackageOrigin): boolean {
  if (origin.module === "") return KEPT.test(origin.path);
  return !isInside(origin.module) && isService(origin);
}

const ASKS =
  /(?:^|\.)(?:retrieve|get|fetch|read|load|find|query|search|list|download|delete|remove|cancel|update|replay|stop|revoke|signed_?url)\w*$|\(\)$/i;
const STORES = /^(?:redis|ioredis|@upstash\/redis|@vercel\/kv)$/;
const READS_KEY = /\.(?:get|mget|hgetall|hget|[zl]range|smembers|zrevrange)$/i;

/** A question to a client of something outside. */
export function asksService(client: PackageOrigin): boolean {
  return !isInside(client.module) && isService(client) && ASKS.test(client.path);
}

/** What is kept under a key that is put together: values, lists and sets of a store. */
export function readsStore({ module, path }: PackageOrigin): boolean {
  return STORES.test(module) && path.includes("()") && READS_KEY.test(path);
}

/** True for calls that change something outside, whatever they are given. */
export function changesOutside(callee: Origin, site: Site, queries: LinkQueries): boolean {
  return callee.kind === "package" && (changesAt(callee) || deletesAt(callee, site, queries));
}

/** By a method of its client. */
export function changesAt(callee: PackageOrigin): boolean {
  if (!CHANGES.test(callee.path)) return false;
  return callee.module === "" ? KEPT.test(callee.path) : !isInside(callee.module) && isService(callee);
}

/** `ky.delete(address)`, `fetch(address, { method: "DELETE" })` */
export function deletesAt({ module, path }: PackageOrigin, { fn, v, frame }: Site, queries: LinkQueries): boolean {
  if (HTTP.test(module) && /(?:^|\.)delete$/.test(path)) return true;
  const fetches = path === "fetch" && (module === "" || /^(?:node-fetch|undici|cross-fetch)$/.test(module));
  const options = fetches ? fn.args(v)[1] : undefined;
  if (options === undefined) return false;
  const methods = queries.evaluate({ fn, v: options, frame }).flatMap((o) => [...queries.project(o, ["method"])]);
  return methods.length === 1 && methods[0].kind === "constant" && methods[0].value === "DELETE";
}
