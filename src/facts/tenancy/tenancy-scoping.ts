/** Decides for each entity how its rows are tied to a tenant or owner: own column, chain of parents, grants, or not at all. */
import type { DataColumn, GrantLink, ParentLink, ScopeColumn, Scoping } from "../../model/data-model.js";
import { isNoteOfCreator, isOnlyPointer, type Mentions } from "./idle-levels.js";
import { type Entity, NO_KEY_TYPE } from "./tenancy-graph.js";
import {
  GRANT_WORDS,
  isActorColumn,
  isElsewhereColumn,
  MEMBER_WORDS,
  normalizeKey,
  OTHER_JOIN_WORDS,
  wordsOf,
} from "./tenancy-names.js";
import { isPair, namesRights, type Roles } from "./tenancy-roles.js";

const DEEPEST_CHAIN = 4;

export interface KeyNames {
  readonly tenant: Set<string>;
  readonly owner: ReadonlySet<string>;
  /** tenant words that no model bears, although there are tenants: they count where a table has no better key */
  readonly fallback: ReadonlySet<string>;
}

type Linked = Exclude<Scoping, { kind: "root" } | { kind: "global" }>;

/** Scopes all entities of a graph. */
export class Scoper {
  private readonly scopings = new Map<Entity, Scoping>();
  private readonly globals: ReadonlySet<string>;

  constructor(
    private readonly entities: readonly Entity[],
    private readonly roles: Roles,
    private readonly keys: KeyNames,
    declaredGlobal: readonly string[],
    private readonly mentions: Mentions | null,
  ) {
    this.globals = new Set(declaredGlobal.map((name) => name.toLowerCase()));
  }

  run(): ReadonlyMap<Entity, Scoping> {
    for (const entity of this.entities) {
      const scoping = this.own(entity);
      if (scoping !== null) this.scopings.set(entity, scoping);
    }
    for (let depth = 0; depth < DEEPEST_CHAIN; depth++) this.chain();
    this.completeParents();
    for (const entity of this.entities) {
      if (!this.scopings.has(entity))
        this.scopings.set(entity, global(entity, "no tenant or owner column and no scoped parent"));
    }
    return this.scopings;
  }

  /** All ways up are known only now: those found on the way were the shortest ones. */
  private completeParents(): void {
    for (const [entity, scoping] of this.scopings) {
      if (scoping.kind === "column" && entity !== this.roles.user && !this.roles.levels.includes(entity)) {
        this.scopings.set(entity, { ...scoping, parents: this.parents(entity, false) });
      } else if (scoping.kind === "parent") {
        const parents = this.parents(entity, true);
        if (parents.length > 0) this.scopings.set(entity, { ...scoping, parents });
      }
    }
  }

  private own(entity: Entity): Scoping | null {
    if (this.isDeclaredGlobal(entity)) return global(entity, "declared as shared");
    const service = this.roles.service.get(entity);
    if (service !== undefined) return global(entity, service);
    if (entity === this.roles.levels[0]) return { kind: "root", model: entity.name };
    const columns = this.columns(entity);
    if (isShared(entity, columns, this.roles))
      return global(entity, "its rows have a key of their own, and need no owner");
    const grants = this.grants(entity);
    if (columns.length > 0) return { kind: "column", model: entity.name, columns, parents: [], grants };
    return grants.length > 0 ? { kind: "grant", model: entity.name, grants } : null;
  }

  private isDeclaredGlobal(entity: Entity): boolean {
    return [...entity.names, entity.table].some((name) => this.globals.has(name.toLowerCase()));
  }

  private columns(entity: Entity): readonly ScopeColumn[] {
    const found = new Map<string, ScopeColumn>();
    for (const column of [...this.identityColumns(entity), ...this.keyColumns(entity), ...this.namedColumns(entity)]) {
      if (!found.has(column.column)) found.set(column.column, column);
    }
    const columns = [...found.values()];
    const enough = entity === this.roles.user || columns.some((column) => column.role === "tenant");
    return enough ? columns : [...columns, ...this.fallbackColumns(entity)];
  }

  /** The user's row belongs to the user, a tenant's row to the tenant. */
  private identityColumns(entity: Entity): readonly ScopeColumn[] {
    const isUser = entity === this.roles.user;
    if (!isUser && !this.roles.levels.includes(entity)) return [];
    return entity.columns
      .filter((column) => column.primary)
      .map(({ name }) => ({
        column: name,
        role: isUser ? "owner" : "tenant",
        references: entity.name,
        why: isUser ? "is the user" : "is a tenant",
      }));
  }

  private keyColumns(entity: Entity): readonly ScopeColumn[] {
    const { levels, user } = this.roles;
    return entity.edges.flatMap(({ column, relation, to, many }): readonly ScopeColumn[] => {
      const why = `references ${to.name}`;
      if (to === entity) return [];
      if (levels.includes(to) && !isElsewhereColumn(column))
        return [{ column, role: "tenant", references: to.name, why }];
      // `assignedTo User? @relation(fields: [userId])`: the relation says what the column is for
      const owns = to === user && !many && !isActorColumn(column) && !isActorColumn(relation);
      return owns ? [{ column, role: "owner", references: to.name, why }] : [];
    });
  }

  private namedColumns(entity: Entity): readonly ScopeColumn[] {
    return this.freeColumns(entity).flatMap(({ name, references }): readonly ScopeColumn[] => {
      const key = normalizeKey(name);
      if (this.keys.tenant.has(key))
        return [{ column: name, role: "tenant", references, why: "named like a tenant key" }];
      if (this.mentions !== null && isNoteOfCreator(entity, key, this.mentions)) return [];
      return this.keys.owner.has(key)
        ? [{ column: name, role: "owner", references, why: "named like an owner key" }]
        : [];
    });
  }

  private fallbackColumns(entity: Entity): readonly ScopeColumn[] {
    const columns = this.freeColumns(entity).filter((column) => this.keys.fallback.has(normalizeKey(column.name)));
    for (const column of columns) this.keys.tenant.add(normalizeKey(column.name));
    return columns.map(({ name }) => ({
      column: name,
      role: "tenant",
      references: "",
      why: "named like a tenant key",
    }));
  }

  /** A key that points elsewhere is not what its name says. */
  private freeColumns(entity: Entity): readonly DataColumn[] {
    const keys = new Set(entity.edges.map((edge) => edge.column));
    return entity.columns.filter(
      (column) =>
        !keys.has(column.name) &&
        !(column.primary && column.unique) &&
        !NO_KEY_TYPE.test(column.type) &&
        !isOfProvider(normalizeKey(column.name), entity),
    );
  }

  private grants(entity: Entity): readonly GrantLink[] {
    const { levels, principals, memberships } = this.roles;
    if (levels.includes(entity) || principals.has(entity) || memberships.includes(entity)) return [];
    const links: GrantLink[] = [];
    for (const join of entity.referrers) {
      const to = join.edges.find((edge) => edge.to === entity && !edge.many);
      const grantee = join.edges.find(
        (edge) => this.roles.principals.has(edge.to) && !edge.many && !isActorColumn(edge.column),
      );
      if (to === undefined || grantee === undefined || !isGrant(join, entity, grantee.to)) continue;
      links.push({ model: join.name, column: to.column, grantee: grantee.column, granteeModel: grantee.to.name });
    }
    return links;
  }

  /** One step of the chain of parents: what hangs on something scoped is scoped through it. */
  private chain(): void {
    const found: [Entity, Scoping][] = [];
    for (const entity of this.entities) {
      if (this.scopings.has(entity)) continue;
      const parents = this.parents(entity, true);
      if (parents.length > 0) found.push([entity, { kind: "parent", model: entity.name, parents }]);
    }
    for (const [entity, scoping] of found) this.scopings.set(entity, scoping);
  }

  /** Required keys say most, then parents that hold the key, then optional keys; `chain` asks for the only way up. */
  private parents(entity: Entity, chain: boolean): readonly ParentLink[] {
    const keys = entity.edges.filter(
      ({ to, many }) =>
        !many && to !== entity && to !== this.roles.user && this.isLinked(to) && !this.hangsOn(to, entity),
    );
    const plain = keys.filter(({ column }) => !isElsewhereColumn(column) && !isActorColumn(column));
    const edges = plain.length > 0 || !chain ? plain : keys;
    const required = edges.filter((edge) => !edge.optional);
    const holders = required.length === 0 && chain ? this.holders(entity) : [];
    if (holders.length > 0) return holders;
    const { mentions } = this;
    const optional =
      mentions === null || !chain ? edges : edges.filter((edge) => !isOnlyPointer(entity, edge, mentions));
    return (required.length > 0 ? required : optional).map(({ column, relation, to }) => ({
      column,
      relation,
      model: to.name,
    }));
  }

  /** True when the supposed parent is itself only scoped through this entity. */
  private hangsOn(parent: Entity, entity: Entity): boolean {
    const scoping = this.scopings.get(parent);
    return scoping?.kind === "parent" && scoping.parents.some((link) => link.model === entity.name);
  }

  /** Parents that hold the key themselves, one-to-one: a document's content, an invoice's address. */
  private holders(entity: Entity): readonly ParentLink[] {
    const links: ParentLink[] = [];
    for (const holder of entity.referrers) {
      if (holder === this.roles.user || !(this.isLinked(holder) || this.roles.levels.includes(holder))) continue;
      const key = holder.edges.find((edge) => edge.to === entity && !edge.many);
      const unique = holder.columns.some((column) => column.name === key?.column && column.unique);
      const back = entity.relations.find((relation) => relation.model === holder.name && relation.columns.length === 0);
      if (key !== undefined && (unique || back?.many === false) && !this.isSharedBeside(entity, holder))
        links.push({ column: "", relation: back?.name ?? "", model: holder.name });
    }
    return links;
  }

  /** Rows of different owners, in several tables, point at it: one of them holds it no more than the others do. */
  private isSharedBeside(entity: Entity, holder: Entity): boolean {
    const isOwned = (one: Entity): boolean => {
      const scoping = this.scopings.get(one);
      return scoping?.kind === "column" && scoping.columns.every(({ role }) => role === "owner");
    };
    const others = [...entity.referrers].filter((one) => one !== holder && isOwned(one));
    return isOwned(holder) && others.length > 1;
  }

  private isLinked(entity: Entity): boolean {
    const scoping = this.scopings.get(entity);
    const linked: readonly Linked["kind"][] = ["column", "parent", "grant"];
    return scoping !== undefined && !this.roles.levels.includes(entity) && linked.some((kind) => kind === scoping.kind);
  }
}

function global(entity: Entity, why: string): Scoping {
  return { kind: "global", model: entity.name, why };
}

function isGrant(join: Entity, entity: Entity, principal: Entity): boolean {
  if (namesRights(entity)) return false;
  const words = wordsOf(join.name);
  if (words.some((word) => OTHER_JOIN_WORDS.has(word))) return false;
  if (words.some((word) => GRANT_WORDS.has(word) || MEMBER_WORDS.has(word))) return true;
  return (
    isPair(join, entity, principal) && join.columns.some((column) => /permission|role|access|level/i.test(column.name))
  );
}

/** `tenantId` beside `clientId` and `clientSecret` is where the service signs in, and nobody's row. */
function isOfProvider(key: string, entity: Entity): boolean {
  if (!key.startsWith("tenant")) return false;
  const names = new Set(entity.columns.map((column) => normalizeKey(column.name)));
  return names.has("clientid") && names.has("clientsecret");
}

/** Exchange rates, symbols: known to all by a key of several columns, though some user may have added one. */
function isShared(entity: Entity, columns: readonly ScopeColumn[], roles: Roles): boolean {
  const owners = new Set(columns.map((column) => column.column));
  const optional = entity.columns.filter((column) => owners.has(column.name)).every((column) => column.optional);
  if (columns.length === 0 || !optional || !columns.every((column) => column.role === "owner")) return false;
  // a version is numbered within the document that it is of: that is no key of its own
  const within = entity.edges.filter((edge) => !edge.many && isSomebodys(edge.to, roles)).map((edge) => edge.column);
  return entity.uniques.some((key) => key.length > 1 && !key.some((name) => owners.has(name) || within.includes(name)));
}

/** True where required keys lead up to a user or a tenant. */
function isSomebodys(entity: Entity, roles: Roles, depth = 0): boolean {
  if (entity === roles.user || roles.levels.includes(entity)) return true;
  if (depth >= DEEPEST_CHAIN) return false;
  return entity.edges.some(
    (edge) => !edge.many && !edge.optional && !isActorColumn(edge.column) && isSomebodys(edge.to, roles, depth + 1),
  );
}
