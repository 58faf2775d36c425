/** Which entities are the user, the tenants, the memberships and the tables of an auth library. */
import type { DataColumn } from "../../model/data-model.js";
import { CREATOR_KEYS } from "./idle-levels.js";
import { type Edge, type Entity, edgesTo } from "./tenancy-graph.js";
import {
  GRANT_WORDS,
  isActorColumn,
  isElsewhereColumn,
  isNamedForBusiness,
  keysOfTenant,
  MEMBER_WORDS,
  normalizeKey,
  OTHER_JOIN_WORDS,
  tenantWord,
  wordsOf,
} from "./tenancy-names.js";

export interface Roles {
  readonly user: Entity | null;
  /** root first */
  readonly levels: readonly Entity[];
  readonly memberships: readonly Entity[];
  /** users, and groups of users that are no tenants */
  readonly principals: ReadonlySet<Entity>;
  /** entity → why it is no business data */
  readonly service: ReadonlyMap<Entity, string>;
}

const USER_NAMES = new Map([
  ["user", 10],
  ["account", 6],
  ["member", 5],
  ["profile", 5],
  ["person", 3],
  ["employee", 3],
  ["identity", 2],
  ["admin", 2],
  ["customer", 2],
]);
const NOT_THE_USER = new Set(
  "external end anonymous virtual guest deleted blocked invited feature test legacy".split(" "),
);

/** What the code makes of the schema. */
export interface Usage {
  /** the code never touches that level of tenancy */
  isIdle(level: Entity): boolean;
  /** columns, normalised, that accesses ask to have a value of the caller's */
  readonly ofCaller: ReadonlySet<string>;
}

const NO_USAGE: Usage = { isIdle: () => false, ofCaller: new Set() };

/** Assigns roles; every step looks at relations and shape as well as at names. */
export function findRoles(entities: readonly Entity[], usage: Usage = NO_USAGE): Roles {
  const service = new Map<Entity, string>();
  for (const entity of entities) {
    const why = serviceTable(entity);
    if (why !== "") service.set(entity, why);
  }
  const business = entities.filter((entity) => !service.has(entity));
  const user = findUser(business);
  const levels = findLevels(business, user, usage).filter((level) => !usage.isIdle(level));
  const memberships = levels.flatMap((level) => membershipsOf(level, user, business));
  const groups = user === null ? [] : business.filter((entity) => isGroup(entity, user, levels));
  const principals = new Set([...(user === null ? [] : [user]), ...groups]);
  return { user, levels, memberships: [...new Set(memberships)], principals, service };
}

/** Users in their number, and nothing else: what has members and is called a group, or is given something. */
function isGroup(entity: Entity, user: Entity, levels: readonly Entity[]): boolean {
  if (entity === user || levels.includes(entity)) return false;
  const isOfMembers = (join: Entity): boolean =>
    isMembership(join, entity, user) && join.edges.every((edge) => edge.to === entity || edge.to === user);
  const others = [...entity.referrers].filter((join) => !isOfMembers(join));
  if (others.length === entity.referrers.size) return false;
  return GROUPS.has(wordsOf(entity.name).at(-1) ?? "") || others.some((join) => isGivenTo(join, entity, user));
}

const GROUPS: ReadonlySet<string> = new Set(["group", "usergroup", "circle", "department", "squad", "crew", "cohort"]);

/** `BoardGroupPermission`, `GroupPermission`: who has taken part in a chat has nothing by that but the chat. */
function isGivenTo(join: Entity, entity: Entity, user: Entity): boolean {
  if (!wordsOf(join.name).some((word) => GRANT_WORDS.has(word) || MEMBER_WORDS.has(word))) return false;
  const others = join.edges.filter((edge) => !edge.many && edge.to !== entity && !isNoteOfMaker(edge));
  return others.every((edge) => edge.to !== user) || others.some((edge) => edge.to !== user);
}

function has(entity: Entity, pattern: RegExp): boolean {
  return entity.columns.some((column) => pattern.test(column.name) || pattern.test(column.dbName));
}

function serviceTable(entity: Entity): string {
  const name = wordsOf(entity.name)
    .filter((word) => word !== "auth" && word !== "entity")
    .join("");
  if (/^(?:prisma|knex|schema|drizzle|typeorm|sequelize)?migration(?:lock)?$|^flywayschemahistory$/.test(name))
    return "table of a migration tool";
  if (has(entity, /^api_?key$/i)) return "";
  // a table that belongs to something else than a user is the project's own, whatever its name
  const foreign = entity.edges.filter(
    (edge) => !edge.many && !isElsewhereColumn(edge.column) && !isActorColumn(edge.column),
  );
  if (new Set(foreign.map((edge) => edge.to)).size > 1) return "";
  if (
    /^(?:user)?session$/.test(name) &&
    has(entity, /^(?:session_?token|token|expires(?:_?at)?|sid|sess|user_?agent)$/i)
  )
    return "sessions of the auth library";
  if (/^(?:oauth|user|provider|linked|social)?(?:account|identity)$/.test(name) && has(entity, /^provider/i))
    return "sign-in accounts of the auth library";
  if (
    /^(?:email)?verification(?:token|code|request)?$|^(?:password)?reset(?:password)?(?:token|code)?$/.test(name) &&
    has(entity, /token|code|value|hash/i)
  )
    return "one-time codes of the auth library";
  return /^(?:jwk|ratelimit|emailverificationtoken|passwordresettoken)$/.test(name) ? "table of the auth library" : "";
}

function findUser(entities: readonly Entity[]): Entity | null {
  let best: Entity | null = null;
  let most = 5;
  for (const entity of entities) {
    const score = userScore(entity);
    if (score > most) {
      best = entity;
      most = score;
    }
  }
  return best;
}

function userScore(entity: Entity): number {
  const words = wordsOf(entity.name).filter((word) => word !== "entity" && word !== "model");
  const last = USER_NAMES.get(words.at(-1) ?? "") ?? 0;
  if (last === 0 || words.some((word) => NOT_THE_USER.has(word))) return 0;
  // `TeamUser` joins users, `ProjectMember` too; `app_user` and `auth_user` are users
  const qualified = words.length > 1 && !["app", "auth", "system", "site", "platform"].includes(words[0] ?? "");
  const shape = (has(entity, /e_?mail/i) ? 3 : 0) + (has(entity, /password|pass_?hash/i) ? 2 : 0);
  return last - (qualified ? 5 : 0) + shape + Math.min(entity.referrers.size, 10) / 2;
}

/** Joins users and one other entity, in the sense of belonging to it. */
export function isMembership(join: Entity, of: Entity, user: Entity): boolean {
  if (join === of || join === user || edgesTo(join, of).length === 0) return false;
  // a member whom a user has entered is a contact, and not that user
  if (edgesTo(join, user).every(isNoteOfMaker)) return false;
  if (namesRights(of)) return false;
  const words = wordsOf(join.name);
  if (words.some((word) => OTHER_JOIN_WORDS.has(word))) return false;
  if (words.some((word) => MEMBER_WORDS.has(word))) return true;
  if (words.some((word) => word === "permission" || word === "grant")) return false;
  const named = (entity: Entity): boolean => wordsOf(entity.name).some((word) => words.includes(word));
  const payload = join.columns.filter((column) => isPayload(column, join)).length;
  if (named(of) && (named(user) || words.includes("user")) && payload <= 4) return true;
  return isPair(join, of, user) && (words.includes("role") || has(join, /^(?:role|role_?id)$/i)) && payload <= 4;
}

/** Roles and permissions are given to people, who do not belong to them, nor see by that which rows there are. */
export function namesRights(entity: Entity): boolean {
  return RIGHTS.has(wordsOf(entity.name).at(-1) ?? "");
}

const RIGHTS: ReadonlySet<string> = new Set(["role", "permission", "privilege", "scope", "authority", "capability"]);

function isNoteOfMaker({ column }: Edge): boolean {
  return CREATOR_KEYS.has(normalizeKey(column)) || isActorColumn(column);
}

/** Unique on the pair: each user at most once per row of the other. */
export function isPair(join: Entity, of: Entity, user: Entity): boolean {
  const columns = (to: Entity): readonly string[] => edgesTo(join, to).map((edge) => edge.column);
  return join.uniques.some(
    (group) =>
      group.length <= 3 && group.some((c) => columns(of).includes(c)) && group.some((c) => columns(user).includes(c)),
  );
}

/** Columns that carry content of their own, beside keys, roles, states and times. */
function isPayload(column: DataColumn, entity: Entity): boolean {
  if (column.primary || entity.edges.some((edge) => edge.column === column.name)) return false;
  return !/^(?:id|role|status|state|created|updated|deleted|joined|added|is_|is[A-Z]|at$)|(?:_at|At|_on|On|role|Role)$/.test(
    column.name,
  );
}

export function membershipsOf(level: Entity, user: Entity | null, entities: readonly Entity[]): readonly Entity[] {
  if (user === null) return [];
  const joins = entities.filter((entity) => isMembership(entity, level, user));
  // a user that belongs to one tenant only carries its key
  const keys = [level.name, nameBeside(level, user)].flatMap(keysOfTenant);
  const belongs = (edge: Edge): boolean => edge.to === level && keys.includes(normalizeKey(edge.column));
  return user.edges.some(belongs) ? [...joins, user] : joins;
}

/** `shop_accounts` beside `shop_users`: accounts, which a key names without what all tables begin with. */
function nameBeside(level: Entity, user: Entity): string {
  const words = wordsOf(level.name);
  const others = wordsOf(user.name);
  const from = words.findIndex((word, at) => word !== others[at]);
  return words.slice(from < 0 ? 0 : from).join("_");
}

/** All tenants: the root by weight, then what stands above and below it. */
function findLevels(entities: readonly Entity[], user: Entity | null, usage: Usage): readonly Entity[] {
  const joins = new Set<Entity>();
  const scored = entities
    .filter((entity) => entity !== user)
    .map((entity) => {
      const members = membershipsOf(entity, user, entities);
      for (const join of members) if (join !== user) joins.add(join);
      return { entity, score: rootScore(entity, members, user, entities.length) };
    })
    .filter(({ score }) => score > 0);
  const eligible = scored.filter(({ entity }) => !joins.has(entity)).sort((a, b) => b.score - a.score);
  let root = eligible[0]?.entity ?? tenantByUse(entities, user, usage);
  if (root === undefined) return [];
  for (const seen = new Set<Entity>(); !seen.has(root); ) {
    seen.add(root);
    const above = eligible.find(
      ({ entity }) =>
        !seen.has(entity) &&
        root !== undefined &&
        edgesTo(root, entity).some((edge) => !edge.many && !isElsewhereColumn(edge.column)),
    );
    root = above?.entity ?? root;
  }
  const known = new Set(eligible.map(({ entity }) => entity));
  const joined = membershipsOf(root, user, entities).length > 0;
  return lowerLevels(
    root,
    entities.filter(
      (entity) =>
        !joins.has(entity) && entity !== user && !(joined && entity !== root && isBusiness(entity, user, entities)),
    ),
    known,
  );
}

/** Organizations and companies below a tenant to whom no user belongs: whom the tenant has to do with. */
function isBusiness(entity: Entity, user: Entity | null, entities: readonly Entity[]): boolean {
  return isNamedForBusiness(entity.name) && membershipsOf(entity, user, entities).length === 0;
}

function rootScore(entity: Entity, members: readonly Entity[], user: Entity | null, total: number): number {
  const word = tenantWord(entity.name);
  const weight = [...entity.referrers].filter(
    (referrer) => !members.includes(referrer) && !isBareJoin(referrer),
  ).length;
  const belongs = members.length > 0;
  const dominant = weight >= Math.max(3, total * 0.2) && !isOwned(entity, user);
  const likely =
    (belongs && (word === "strong" || (word !== "none" && weight >= 2) || (dominant && hasJoin(members, user)))) ||
    (word === "strong" && weight >= 2) ||
    // accounts of a ledger and customers of a shop are pointed to by everything as well
    (word !== "none" && weight >= 4 && weight >= total * 0.25 && (word !== "possible" || belongs || user === null));
  if (!likely) return 0;
  return weight + (belongs ? 5 : 0) + (word === "strong" ? 5 : word === "sub" ? 2 : 0);
}

/**
 * Where nothing looks like a tenant, what users are members of is one, be it a space, a board or a household, and what
 * they point to while rows of others are chosen by the same key of the caller's.
 */
function tenantByUse(entities: readonly Entity[], user: Entity | null, { ofCaller }: Usage): Entity | undefined {
  if (user === null) return undefined;
  const found = entities.flatMap((entity) => {
    const members = entity === user ? [] : membershipsOf(entity, user, entities);
    const table =
      hasJoin(members, user) &&
      members.some(
        (join) => isPair(join, entity, user) || isNamedAfter(join, entity) || isMemberOnly(join, entity, user),
      );
    const pointed = user.edges.some(
      (edge) =>
        edge.to === entity && !edge.many && !isActorColumn(edge.column) && ofCaller.has(normalizeKey(edge.column)),
    );
    const weight = [...entity.referrers].filter((one) => one !== user && !members.includes(one)).length;
    return (table || pointed) && weight > 0 && !isOwned(entity, user) ? [{ entity, weight }] : [];
  });
  return found.sort((a, b) => b.weight - a.weight)[0]?.entity;
}

/** `StudioMember` joins users to a `Studio`. */
function isNamedAfter(join: Entity, entity: Entity): boolean {
  const words = wordsOf(join.name);
  return wordsOf(entity.name).every((word) => words.includes(word));
}

/** `Member` joins users to one thing and to nothing else: no other name is needed. */
function isMemberOnly(join: Entity, entity: Entity, user: Entity): boolean {
  return (
    wordsOf(join.name).every((word) => word === "member" || word === "membership") &&
    join.edges.every((edge) => edge.many || edge.to === entity || edge.to === user)
  );
}

/** What one user owns is data that may be shared, not the tenant. */
function isOwned(entity: Entity, user: Entity | null): boolean {
  return user !== null && entity.edges.some((edge) => edge.to === user && !edge.many && !isActorColumn(edge.column));
}

/** Rows that only tie others together, or only grant: they are no tenant's data. */
function isBareJoin(entity: Entity): boolean {
  const keys = new Set(entity.edges.filter((edge) => !edge.many).map((edge) => edge.column));
  const content = entity.columns.filter((column) => !keys.has(column.name) && isPayload(column, entity));
  return content.length === 0 || wordsOf(entity.name).some((word) => word === "permission" || word === "grant");
}

/** A table of members says more than a key on the user, which may point anywhere. */
function hasJoin(members: readonly Entity[], user: Entity | null): boolean {
  return members.some(
    (join) =>
      join !== user &&
      wordsOf(join.name).some((word) => MEMBER_WORDS.has(word) || GRANT_WORDS.has(word) || word === "user"),
  );
}

function lowerLevels(root: Entity, entities: readonly Entity[], eligible: ReadonlySet<Entity>): readonly Entity[] {
  const levels = [root];
  for (let changed = true; changed; ) {
    changed = false;
    for (const entity of entities) {
      if (levels.includes(entity) || !isLowerLevel(entity, levels, eligible)) continue;
      levels.push(entity);
      changed = true;
    }
  }
  return levels;
}

function isLowerLevel(entity: Entity, levels: readonly Entity[], eligible: ReadonlySet<Entity>): boolean {
  const below = entity.edges.some((edge) => !edge.many && levels.includes(edge.to) && !isElsewhereColumn(edge.column));
  if (!below) return false;
  const word = tenantWord(entity.name);
  if (word !== "strong" && word !== "sub") return false;
  const plain = wordsOf(entity.name).length === 1;
  return entity.referrers.size >= (plain || eligible.has(entity) ? 1 : 3);
}
