/** What names say about tenancy when relations are silent: keys in any spelling, tenant words, roles of a user column. */
import { singular } from "../../frameworks/schema/match-model.js";

const normalized = new Map<string, string>();

/**
 * One spelling per key: lower case, letters and digits only, `Uid`, `UUID` and `_id` as `id`; `createdById` as `createdby`.
 * `teamID`, `team_id`, `teamUid` and `team_uuid` are one key.
 */
export function normalizeKey(name: string): string {
  const known = normalized.get(name);
  if (known !== undefined) return known;
  const bare = name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  const base = bare.replace(/(?:uuid|uid|guid|id)s?$/, "");
  const key = base === bare || base === "" ? bare : base.endsWith("by") ? base : `${base}id`;
  if (normalized.size > 50_000) normalized.clear();
  normalized.set(name, key);
  return key;
}

/** Words of a name in any spelling: `RuntimeEnvironment`, `runtime_environments`, `runtimeEnvironmentsTable` → runtime, environment. */
export function wordsOf(name: string): readonly string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "")
    .map(singular)
    .filter((word, at, words) => word !== "table" || at === 0 || at < words.length - 1);
}

const ORGANIZATIONS = ["org", "organization", "organisation"];
/** Words that name a tenant wherever they stand. */
const TENANT_WORDS = new Set([...ORGANIZATIONS, "tenant", "workspace", "team", "company"]);
/** Words that name a tenant below another one. */
const SUB_TENANT_WORDS = new Set([...TENANT_WORDS, "project", "environment", "space"]);
/** Words that name a tenant only when most tables point there. */
const POSSIBLE_TENANT_WORDS = new Set([
  ...SUB_TENANT_WORDS,
  "account",
  "customer",
  "store",
  "shop",
  "channel",
  "site",
  "group",
  "client",
  "school",
  "clinic",
]);

export type TenantWord = "strong" | "sub" | "possible" | "none";

/** How much the name of a model speaks for a tenant. */
export function tenantWord(name: string): TenantWord {
  const last = withoutSuffix(wordsOf(name)).at(-1) ?? "";
  if (TENANT_WORDS.has(last)) return "strong";
  if (SUB_TENANT_WORDS.has(last)) return "sub";
  return POSSIBLE_TENANT_WORDS.has(last) ? "possible" : "none";
}

/** True when the whole name is one tenant word. */
export function isPlainTenantName(name: string): boolean {
  const words = withoutSuffix(wordsOf(name));
  return words.length === 1 && SUB_TENANT_WORDS.has(words[0] ?? "");
}

/** True for names that tenants bear as well as those with whom they do business. */
export function isNamedForBusiness(name: string): boolean {
  return [...ORGANIZATIONS, "company"].includes(withoutSuffix(wordsOf(name)).at(-1) ?? "");
}

function withoutSuffix(words: readonly string[]): readonly string[] {
  return words.length > 1 && ["entity", "model", "schema", "table"].includes(words.at(-1) ?? "")
    ? words.slice(0, -1)
    : words;
}

/** Key names of a tenant called so, its usual synonyms included. */
export function keysOfTenant(name: string): readonly string[] {
  const base = withoutSuffix(wordsOf(name)).join("");
  const bases = ORGANIZATIONS.includes(base) ? ORGANIZATIONS : [base];
  return bases.map((word) => `${word}id`);
}

/** Keys that name a tenant even where no such model is declared. */
export const GENERIC_TENANT_KEYS: readonly string[] = [...TENANT_WORDS].map((word) => `${word}id`);

/** Keys that may name a tenant where nothing at all is declared and only the accesses speak. */
export const POSSIBLE_TENANT_KEYS: readonly string[] = [...SUB_TENANT_WORDS, "account"].map((word) => `${word}id`);

/** Keys that name an owner even where no relation says so. */
export const GENERIC_OWNER_KEYS: readonly string[] = [
  "userid",
  "ownerid",
  "authorid",
  "creatorid",
  "createdby",
  "ownedby",
  "owneruserid",
  "authoruserid",
  "creatoruserid",
  "createdbyuserid",
  "profileid",
];

const FOREIGN_WORDS = new Set(
  "external bot remote slack discord github gitlab google azure microsoft stripe linear vercel shopify telegram twitter provider client third".split(
    " ",
  ),
);

/** A word that puts the key it stands before into somebody else's system. */
export function isForeignWord(word: string): boolean {
  return FOREIGN_WORDS.has(word);
}

/** A column that points to a user who does not own the row: who changed, approved, got it assigned. */
export function isActorColumn(name: string): boolean {
  const words = wordsOf(name);
  return words.some((word) => ACTOR_WORDS.has(word));
}

const ACTOR_WORDS = new Set(
  "added updated modified deleted removed approved rejected reviewed reviewer approver assigned assignee archived last invited inviter banned resolved closed edited editor locked verified published acknowledged revoked cancelled canceled completed moderated suspended disabled transferred impersonated impersonator target previous".split(
    " ",
  ),
);

/** A column that points to a tenant other than the row's own: where it came from or went to. */
export function isElsewhereColumn(name: string): boolean {
  const [first = "", ...rest] = wordsOf(name);
  const from =
    "home source target from to old new previous default selected current last active original forked destination";
  return rest.length > 0 && from.split(" ").includes(first);
}

export const MEMBER_WORDS: ReadonlySet<string> = new Set([
  "member",
  "membership",
  "collaborator",
  "seat",
  "staff",
  "participant",
]);
export const GRANT_WORDS: ReadonlySet<string> = new Set([
  "permission",
  "grant",
  "access",
  "share",
  "acl",
  "role",
  "collaborator",
  "shared",
]);
/** Joins of a user and something that say nothing about what the user may do. */
export const OTHER_JOIN_WORDS: ReadonlySet<string> = new Set(
  "favorite favourite star like vote view preference setting notification subscription bookmark log history event invite invitation request read reaction follow watch pin recent draft".split(
    " ",
  ),
);
