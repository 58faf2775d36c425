/** People whom the configuration names or lists: what they may do holds over all tenants. */
import { isEnvironment } from "../../frameworks/knowledge/auth-level.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";

/** Packages that hand out the environment after checking it, and what they hand out. */
const CHECKED_ENVIRONMENT: readonly { readonly module: RegExp; readonly path: RegExp }[] = [
  { module: /^@t3-oss\/env/, path: /^createEnv\(\)\./ },
  { module: /^envalid$/, path: /^cleanEnv\(\)\./ },
  { module: /^znv$/, path: /^parseEnv\(\)\./ },
];

const PERSON = /(?:^|[._])(?:(?:uu?)?id|user_?id|e?mail|user_?name|sub|login)$/i;

/** `user.id === Number(process.env.ADMIN_ID || 1)`: what tells callers or their tenants apart is held against the configuration. */
export function isNamedByConfiguration(path: string, against: readonly Origin[]): boolean {
  const speaking = against.filter((o) => o.kind !== "constant");
  return PERSON.test(path) && speaking.length > 0 && speaking.every(isConfiguration);
}

/** Whether a value is read off the environment and nothing else. */
export function isSetting(origins: readonly Origin[]): boolean {
  const speaking = leaves(origins).filter((o) => o.kind !== "constant");
  return speaking.length > 0 && speaking.every(isConfiguration);
}

const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** `user.email === "support@…"`: somebody whom the code names, for better or worse, acts for everybody. */
export function isNamedInCode(path: string, against: readonly Origin[]): boolean {
  const addresses = against.every((o) => o.kind === "constant" && typeof o.value === "string" && ADDRESS.test(o.value));
  return /(?:^|[._])e?mail$/i.test(path) && against.length > 0 && addresses;
}

/** `env.ADMINS.includes(user.email)`: whether a tested value says that who calls is on a list of the configuration. */
export function isOnConfiguredList(
  origin: Origin,
  isCaller: (origin: Origin) => boolean,
  queries: LinkQueries,
): boolean {
  const parts = searched(origin, queries);
  const people = parts.filter((part) => !isConfiguration(part));
  return people.length > 0 && people.length < parts.length && people.every(isCaller);
}

/** A list and what is looked for in it; nothing for other values. */
function searched(origin: Origin, queries: LinkQueries): readonly Origin[] {
  if (origin.kind === "derived") return /^(?:includes|has)$/.test(origin.how) ? leaves(origin.of) : [];
  if (origin.kind !== "package" || origin.site === null || !/\.(?:includes|has)\(\)$/.test(origin.path)) return [];
  const { fn, v, frame } = origin.site;
  return [origin, ...Array.from(fn.args(v)).flatMap((arg) => leaves(queries.evaluate({ fn, v: arg, frame })))];
}

function isConfiguration(origin: Origin): boolean {
  if (isEnvironment(origin)) return true;
  if (origin.kind !== "package") return false;
  return CHECKED_ENVIRONMENT.some(({ module, path }) => module.test(origin.module) && path.test(origin.path));
}
