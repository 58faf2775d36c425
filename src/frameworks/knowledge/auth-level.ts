/** How well what is known at a point shows who is calling. */
import { NONE, Op } from "../../model/lowered.js";
import { SECRET_NAME } from "../../program/facts/element-facts.js";
import { type AuthLevel, type Fact, rank } from "../../program/facts/facts.js";
import { calleeName } from "../../program/facts/refusals.js";
import { truthOfOrigins } from "../../program/facts/truth.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import { Memo } from "../../program/values/framed-memo.js";
import type { LinkQueries, Origin, PackageOrigin, Site } from "../../program/values/origin.js";
import { argumentsAt } from "../../program/walks/walk.js";
import type { DataRecogniser } from "../data/recogniser.js";
import { isVerificationError } from "./callbacks.js";
import { askedWithCredential, holdsCredential, looksUp } from "./credential-search.js";
import { isOwnSession } from "./own-sessions.js";
import { namesIdentity } from "./request.js";

const SESSION_CALL =
  /^(?:get|require|fetch|load|read|find|validate|verify|check|current|resolve|authenticate|use)?_?(?:server|current|auth(?:enticated)?|valid)?_?(?:session|user|auth|viewer|account|identity|principal|claims|token|jwt|credentials|api_?key)(?:_?(?:user|session|data|info|payload|from\w*|by_?token|or_?throw|context))*$/i;

export interface Level {
  readonly level: AuthLevel;
  readonly fact: Fact;
  readonly named: boolean;
}

/** The best-proven level among the facts of one path, null when nothing there speaks of the caller. */
export function authLevel(facts: readonly Fact[], data: DataRecogniser, queries: LinkQueries): Level | null {
  let best: Level | null = null;
  let known = levels.get(data);
  if (known === undefined) {
    known = new Memo();
    levels.set(data, known);
  }
  for (const fact of facts) {
    const found = known.get(fact, () => levelOfFact(fact, data, queries));
    if (found === null) continue;
    const better =
      best === null ||
      rank(found.level) > rank(best.level) ||
      (found.level === best.level && best.named && !found.named);
    if (better) best = { ...found, fact };
  }
  return best;
}

/** Only machines get here: on every way the service's own secret or a signature is asked for, and on none an identity. */
export function isOfMachines(level: Omit<Level, "named"> | null, data: DataRecogniser, queries: LinkQueries): boolean {
  if (level === null || (level.level !== "secret" && level.level !== "signature")) return false;
  const { fact } = level;
  if (fact.kind === "authenticated") return fact.orKnown !== true;
  if (fact.kind !== "either") return true;
  return fact.paths.filter(isPossible).every((path) => isOfMachines(authLevel(path, data, queries), data, queries));
}

/** What single facts say, by the data layers that were asked. */
const levels = new WeakMap<DataRecogniser, Memo<Fact, Graded | null>>();

interface Graded {
  readonly level: AuthLevel;
  readonly named: boolean;
}

function levelOfFact(fact: Fact, data: DataRecogniser, queries: LinkQueries): Graded | null {
  switch (fact.kind) {
    case "present":
      return fact.changed === true ? null : levelOfOrigins(fact.of, data, queries);
    case "absent":
      return fact.of.length > 0 && fact.of.every(isVerificationError) ? { level: "identity", named: false } : null;
    case "authenticated":
      return { level: fact.level, named: false };
    case "either":
      return levelOfEither(fact, data, queries);
    case "passed":
      return levelOfPassed(fact, data, queries);
    case "equal":
      return levelOfEqual(fact, data, queries);
    default:
      return null;
  }
}

function levelOfEither(
  fact: Extract<Fact, { kind: "either" }>,
  data: DataRecogniser,
  queries: LinkQueries,
): Graded | null {
  const levels = fact.paths.filter(isPossible).map((path) => authLevel(path, data, queries));
  let weakest: Graded | null = null;
  for (const level of levels) {
    if (level === null) return null;
    if (weakest === null || rank(level.level) < rank(weakest.level)) weakest = level;
  }
  return weakest;
}

/** What a caller passes may rule a way out: it would need a constant to be what it is not. */
export function isPossible(path: readonly Fact[]): boolean {
  return !path.some(
    (fact) =>
      (fact.kind === "present" && fact.of.length > 0 && truthOfOrigins(fact.of) === false) ||
      (fact.kind === "absent" && fact.of.length > 0 && truthOfOrigins(fact.of) === true) ||
      (fact.kind === "equal" && sameConstant(fact.left, fact.right) === false) ||
      (fact.kind === "unequal" && sameConstant(fact.left, fact.right) === true),
  );
}

/** Whether two values that are written out are the same; undefined where one of them is open. */
function sameConstant(left: readonly Origin[], right: readonly Origin[]): boolean | undefined {
  const [a, b] = [left[0], right[0]];
  if (left.length !== 1 || right.length !== 1 || a?.kind !== "constant" || b?.kind !== "constant") return undefined;
  return a.value === b.value || (a.value == null && b.value == null);
}

function levelOfPassed(
  fact: Extract<Fact, { kind: "passed" }>,
  data: DataRecogniser,
  queries: LinkQueries,
): Graded | null {
  if (fact.level === "check") return knowsConfigured(fact) ? { level: "secret", named: false } : null;
  if (fact.level === "look-up") return holdsCredential(fact.args, queries) ? { level: "identity", named: true } : null;
  if (fact.level !== "decision") return { level: fact.level, named: fact.named };
  const args = fact.args.flat();
  const proven = args.map((o) => levelOfOrigin(o, data, queries, 0)).some((g) => g?.level === "identity");
  return proven || fact.named ? { level: "identity", named: !proven } : null;
}

/** `compare(given, hashSync(process.env.PASSWORD))` of a package: what was sent is the secret that the configuration holds. */
function knowsConfigured({ check, args }: Extract<Fact, { kind: "passed" }>): boolean {
  if (check !== undefined) return false;
  const values = args.map((arg) => leaves(arg));
  const configured = values.find((all) => all.length > 0 && all.some(isEnvironment) && !all.some(isClientValue));
  return configured !== undefined && values.some((all) => all !== configured && all.some(isClientValue));
}

/** A credential that equals a configured secret, or an identity that equals something. */
function levelOfEqual(
  fact: Extract<Fact, { kind: "equal" }>,
  data: DataRecogniser,
  queries: LinkQueries,
): Graded | null {
  if (foldedToNothing(fact.left, fact.right) || foldedToNothing(fact.right, fact.left)) {
    return { level: "secret", named: false };
  }
  const left = leaves(fact.left);
  const right = leaves(fact.right);
  for (const [a, b] of [
    [left, right],
    [right, left],
  ] as const) {
    if (a.some(isSecret) && b.some(isClientValue)) return { level: "secret", named: false };
    // who sends what the row keeps secret is the one whom the row is about
    if (knowsSecretOf(a, b, queries)) return { level: "identity", named: false };
    const identity = levelOfOrigins(a, data, queries);
    // comparing with nothing proves nothing: both may be missing
    if (identity?.level === "identity" && !b.every(isNothing)) return identity;
  }
  return null;
}

/** `difference |= a[i] ^ b[i]` over all of two texts, and nothing is left: they are equal. */
function foldedToNothing(folded: readonly Origin[], other: readonly Origin[]): boolean {
  if (other.length === 0 || !other.every((o) => o.kind === "constant" && o.value === 0)) return false;
  return folded.some((origin) => {
    if (origin.kind !== "derived" || (origin.how !== "|" && origin.how !== "^")) return false;
    const parts = leaves([origin]);
    return parts.some(isSecret) && parts.some(isClientValue);
  });
}

function isNothing(origin: Origin): boolean {
  return origin.kind === "constant" && (origin.value === undefined || origin.value === null);
}

/** Environment values and literals that the client would have to know. */
export function isSecret(origin: Origin): boolean {
  if (origin.kind === "source") return origin.source === "config";
  if (origin.kind === "package") return isEnvironment(origin);
  if (origin.kind === "literal" && origin.form === "template") return true;
  return origin.kind === "constant" && typeof origin.value === "string" && origin.value.length >= 8;
}

/** What the client sends is what a row keeps secret. */
export function knowsSecretOf(row: readonly Origin[], given: readonly Origin[], queries: LinkQueries): boolean {
  return row.some(isSecretOfRow) && given.some((o) => isClientValue(o) || isHashOfCredential(o, queries));
}

function isHashOfCredential(origin: Origin, queries: LinkQueries): boolean {
  return origin.kind === "package" && HASHES.test(origin.module) && holdsCredential([[origin]], queries);
}

const HASHES =
  /^(?:(?:node:)?crypto|bcrypt(?:js)?|argon2|@node-rs\/\w+|@noble\/hashes(?:\/.*)?|hash\.js|crypto-js(?:\/.*)?|js-sha\d+)$/;

function isSecretOfRow(origin: Origin): boolean {
  return origin.kind === "source" && origin.source === "row" && SECRET_NAME.test(origin.path);
}

export function isEnvironment(origin: Origin): boolean {
  if (origin.kind === "source") return origin.source === "config";
  if (origin.kind !== "package") return false;
  if (origin.module === "" || origin.module === "node:process")
    return (
      /^(?:process\.)?env\./.test(origin.path) ||
      origin.path.startsWith("import.meta.env") ||
      origin.path.startsWith("Deno.env")
    );
  return variableAsked(origin) !== null;
}

const ASKS_ENVIRONMENT = /(?:^|\.)(?:get|read|require|must|optional)?_?env(?:var|ironment)?(?:variable)?(?:orthrow)?$/i;

/** `getEnv("NODE_ENV")`, `isTrue(getEnv("E2E_TEST"))` of whatever package: the variable asked for by name, else null. */
export function variableAsked(origin: Extract<Origin, { kind: "package" }>): string | null {
  return origin.site === null || !origin.path.endsWith("()") ? null : variableIn(origin.site.fn, origin.site.v, 0);
}

function variableIn(fn: FunctionView, call: number, depth: number): string | null {
  const [first = NONE, ...others] = fn.op(call) === Op.Call ? fn.args(call) : [];
  if (first === NONE) return null;
  if (depth < 2 && others.length === 0 && fn.op(first) === Op.Call) return variableIn(fn, first, depth + 1);
  const name = fn.op(first) === Op.String ? fn.text(fn.a(first)) : "";
  if (!/^[A-Z][A-Z0-9_]+$/.test(name)) return null;
  return ASKS_ENVIRONMENT.test(calleeName(fn, fn.callee(call))) ? name : null;
}

/** `clientState`: what a subscriber told the sender of notifications to send along */
const SENT_SECRET = new RegExp(`${SECRET_NAME.source}|client_?state$`, "i");

function isClientValue(origin: Origin): origin is Extract<Origin, { kind: "source" }> {
  if (origin.kind !== "source") return false;
  if (origin.source === "credential") return true;
  return origin.source === "input" && (origin.path.startsWith("headers.") || SENT_SECRET.test(origin.path));
}

/** All alternatives must speak for the caller; the weakest counts. Unreadable ones are passed over beside others. */
export function levelOfOrigins(origins: readonly Origin[], data: DataRecogniser, queries: LinkQueries): Graded | null {
  const graded: Graded[] = [];
  for (const origin of origins) {
    if (origin.kind === "unknown" || (origin.kind === "constant" && !origin.value)) continue;
    if (origin.kind === "apply" && isReadBeside(origin.site, origins)) continue;
    if (isAskedOfSecretsBeside(origin, origins)) continue;
    const one = levelOfOrigin(origin, data, queries, 0);
    if (one === null) return null;
    graded.push(one);
  }
  if (graded.length === 0) return null;
  const weakest = graded.reduce((a, b) => (rank(b.level) < rank(a.level) ? b : a));
  return { level: weakest.level, named: graded.some((g) => g.named) };
}

/** The same look-up on a receiver that is known: `(tx ?? db).key.findFirst(…)`. */
function isReadBeside({ fn, v }: Site, origins: readonly Origin[]): boolean {
  return origins.some((o) => o.kind === "source" && o.source === "row" && o.site?.fn === fn && o.site.v === v);
}

/** The same test of a list that is known, where the list is kept in one of several places: `config.keys.includes(key)`. */
function isAskedOfSecretsBeside(origin: Origin, origins: readonly Origin[]): boolean {
  if ((origin.kind !== "apply" && origin.kind !== "package" && origin.kind !== "derived") || origin.site === null)
    return false;
  if (isAmongSecrets(origin)) return false;
  const { fn, v } = origin.site;
  return origins.some((o) => isAmongSecrets(o) && o.kind === "derived" && o.site?.fn === fn && o.site.v === v);
}

/** `keys.has(request.headers["x-key"])` of a list from the environment; a list of origins or hosts is no secret. */
function isAmongSecrets(origin: Origin): boolean {
  if (origin.kind !== "derived" || (origin.how !== "includes" && origin.how !== "has")) return false;
  const parts = leaves(origin.of);
  return (
    parts.some(isEnvironment) &&
    parts.some((o) => isClientValue(o) && (o.source === "credential" || SECRET_NAME.test(o.path)))
  );
}

function levelOfOrigin(origin: Origin, data: DataRecogniser, queries: LinkQueries, depth: number): Graded | null {
  if (depth > 4) return null;
  switch (origin.kind) {
    case "parameter":
      return holdsCertificate(origin.path.join(".")) ? { level: "signature", named: false } : null;
    case "source":
      if (origin.source === "request" && holdsCertificate(origin.path)) return { level: "signature", named: false };
      if (isOwnSession(origin, queries)) return { level: "identity", named: true };
      return levelOfSource(origin, data, queries);
    case "derived": {
      if (isAmongSecrets(origin)) return { level: "secret", named: false };
      const byName = levelOfCallName(origin);
      if (byName !== null) return byName;
      const parts = origin.of.map((o) => levelOfOrigin(o, data, queries, depth + 1)).filter((g) => g !== null);
      return parts.length === 0 ? null : parts.reduce((a, b) => (rank(b.level) > rank(a.level) ? b : a));
    }
    case "fallback": {
      const parts = [...origin.value, ...origin.or];
      return levelOfOrigins(parts, data, queries);
    }
    case "package":
      return levelOfPackage(origin, queries);
    case "apply":
      return looksUp(origin.site) && holdsCredential(argumentsAt(origin.site, queries), queries)
        ? { level: "identity", named: true }
        : null;
    default:
      return null;
  }
}

/** `req.socket.authorized`: the other end of the connection has a certificate that the service accepts. */
function holdsCertificate(path: string): boolean {
  return /(?:^|\.)(?:socket|client|connection)\.authorized$/.test(path);
}

function levelOfSource(
  origin: Extract<Origin, { kind: "source" }>,
  data: DataRecogniser,
  queries: LinkQueries,
): Graded | null {
  switch (origin.source) {
    case "identity":
      // an answer that is there for everybody: only what is in it tells
      if (origin.path === "" && origin.site !== null && answersAll(origin.site, queries)) return null;
      return { level: "identity", named: origin.named };
    case "credential":
    case "claims-unverified":
      return { level: "presence", named: false };
    case "row":
      return data.keyedByCaller(origin, queries) ? { level: "identity", named: false } : null;
    default:
      return null;
  }
}

/** `auth()` of Clerk, `getUser()` of Supabase: an object, and before it is awaited a promise, whoever asks. */
function answersAll({ fn, v, frame }: Site, queries: LinkQueries): boolean {
  return (
    fn.op(v) === Op.Call &&
    queries
      .evaluate({ fn, v: fn.callee(v), frame })
      .some((o) => o.kind === "package" && /^(?:@clerk|@supabase|@workos-inc|@workos)\//.test(o.module))
  );
}

/** The result of a call that cannot be read: what it is called is all there is. */
function levelOfCallName(origin: Extract<Origin, { kind: "derived" }>): Graded | null {
  if (origin.how !== "call" || origin.site === null) return null;
  const { fn, v } = origin.site;
  const name = calleeName(fn, fn.callee(v));
  return SESSION_CALL.test(name) ? { level: "identity", named: true } : null;
}

/** Data stores and services: what they find by a credential stands for its owner. */
const LOOKUP_PACKAGE =
  /^(?:kysely|knex|drizzle-orm|mongoose|mongodb|sequelize|sequelize-typescript|ioredis|redis|@prisma\/.*|typeorm|objection|@mikro-orm\/.*|pg|mysql2?|postgres|better-sqlite3|@supabase\/.*|firebase-admin|@aws-sdk\/.*|@upstash\/redis|convex|lru-cache|node-cache|quick-lru|@isaacs\/ttlcache|keyv|unstorage|cache-manager|memcached|memjs|axios|got|ky|node-fetch|undici|@nestjs\/(?:typeorm|mongoose|cache-manager)|@workos-inc\/.*|@unkey\/.*|(?:@[^/]+\/)?(?:[\w.-]*[.-])?(?:redis|valkey|memcached|cache)(?:[.-][\w.-]*)?$)/;

/** and what the service keeps in memory under a key, or Nitro in its storage */
const LOOKUP_GLOBAL = /^(?:fetch\(\)|kept\(\)|useStorage\(\))/;

function levelOfPackage(origin: Extract<Origin, { kind: "package" }>, queries: LinkQueries): Graded | null {
  if (!origin.path.includes("()")) return null;
  const looksUp = LOOKUP_PACKAGE.test(origin.module) || (origin.module === "" && LOOKUP_GLOBAL.test(origin.path));
  if (looksUp) return askedWithCredential(origin, queries) ? { level: "identity", named: false } : null;
  if (origin.module === "") return null;
  if (!COMPARES.test(`${origin.module} ${origin.path}`) && opensSealed(origin, queries))
    return { level: "identity", named: true };
  const names = origin.path.replaceAll("()", "").split(".");
  return names.some((name) => SESSION_CALL.test(name) && name.length > 3) && namesCaller(names)
    ? { level: "identity", named: true }
    : null;
}

/** what holds two values against each other opens neither; keys and hashes of Node itself have their own meaning */
const COMPARES = /equals?\b|compare|cmp\b|^(?:node:)?crypto /i;

/** `open(token, secret)`: a package that was given what the client sent beside a secret of the configuration. */
function opensSealed(origin: PackageOrigin, queries: LinkQueries): boolean {
  for (let step: PackageOrigin | null = origin; step !== null; step = step.previous) {
    const { site } = step;
    if (site === null || site.fn.op(site.v) !== Op.Call) continue;
    const args = Array.from(site.fn.args(site.v).slice(0, 3), (v) =>
      leaves(queries.evaluate({ fn: site.fn, v, frame: site.frame })),
    );
    if (args.length < 2 || !args[0].some((o) => o.kind === "source" && o.source === "credential")) continue;
    if (args.slice(1).some((arg) => arg.some((o) => isKeptSecret(o, queries, 0)))) return true;
  }
  return false;
}

/** A value of the environment, hashed or not; no literal, which the source tells everybody. */
function isKeptSecret(origin: Origin, queries: LinkQueries, depth: number): boolean {
  if (isEnvironment(origin)) return true;
  if (origin.kind !== "package" || origin.site === null || depth > 2) return false;
  const { fn, v, frame } = origin.site;
  return Array.from(fn.args(v)).some((arg) =>
    leaves(queries.evaluate({ fn, v: arg, frame })).some((o) => isKeptSecret(o, queries, depth + 1)),
  );
}

function namesCaller(names: readonly string[]): boolean {
  return names.some((name) => namesIdentity(name) || /session|auth|verify|user/i.test(name));
}
