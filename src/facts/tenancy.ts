/**
 * Infers who owns what from the declared models: the tenant and its levels, the user, who belongs where, and for each
 * model how its rows are tied to a tenant or owner. Relations speak first, names second, the project's manifest above both.
 */
import type { DataModel, GrantLink, ParentLink, ScopeColumn, Scoping, TenancyModel } from "../model/data-model.js";
import { capabilitiesOf } from "./tenancy-capabilities.js";
import { buildGraph, type Entity } from "./tenancy-graph.js";
import {
  GENERIC_OWNER_KEYS,
  GENERIC_TENANT_KEYS,
  GRANT_WORDS,
  isActorColumn,
  isElsewhereColumn,
  keysOfTenant,
  MEMBER_WORDS,
  normalizeKey,
  OTHER_JOIN_WORDS,
  wordsOf,
} from "./tenancy-names.js";
import { findRoles, isPair, type Roles } from "./tenancy-roles.js";

export { normalizeKey } from "./tenancy-names.js";

/** What the manifest says; it wins over every inference. */
export interface TenancyHints {
  readonly keys: readonly string[];
  readonly ownerKeys: readonly string[];
  readonly global: readonly string[];
}

/** How often the project filters a model by a column: stands in for models that nobody declares. */
export interface ColumnUse {
  readonly model: string;
  readonly column: string;
  readonly count: number;
}

const DEEPEST_CHAIN = 4;

/** Infers the tenancy of a project. */
export function inferTenancy(
  models: readonly DataModel[],
  hints: TenancyHints,
  uses: readonly ColumnUse[] = [],
): TenancyModel {
  const entities = buildGraph(models);
  const roles = findRoles(entities);
  const keys = keyNames(entities, roles, hints);
  const scoped = new Scoper(entities, roles, keys, hints).run();
  const scopings = entities.flatMap((entity) => {
    const scoping = scoped.get(entity);
    return scoping === undefined ? [] : [...entity.names].map((model) => ({ ...scoping, model }));
  });
  const undeclared = scopingsFromUses(
    uses,
    new Set(scopings.map((scoping) => scoping.model.toLowerCase())),
    keys,
    hints,
  );
  return {
    root: roles.levels[0]?.name ?? "",
    levels: roles.levels.map((level) => level.name),
    user: roles.user?.name ?? "",
    memberships: roles.memberships.map((entity) => entity.name),
    scopings: [...scopings, ...undeclared],
    capabilities: capabilitiesOf(entities),
    tenantKeys: [...keys.tenant].sort(),
    ownerKeys: [...keys.owner].sort(),
    inferred: hints.keys.length === 0 && hints.ownerKeys.length === 0,
  };
}

interface KeyNames {
  readonly tenant: ReadonlySet<string>;
  readonly owner: ReadonlySet<string>;
}

function keyNames(entities: readonly Entity[], roles: Roles, hints: TenancyHints): KeyNames {
  const tenant = new Set(hints.keys.map(normalizeKey));
  const owner = new Set(hints.ownerKeys.map(normalizeKey));
  const declared = new Set(entities.flatMap((entity) => keysOfTenant(entity.name)));
  const isLevel = new Set(roles.levels.flatMap((level) => keysOfTenant(level.name)));
  for (const key of isLevel) tenant.add(key);
  // an identity provider may hold the tenants: then no model bears the name
  for (const key of GENERIC_TENANT_KEYS) if (!declared.has(key)) tenant.add(key);
  const userKeys = roles.user === null ? [] : keysOfTenant(roles.user.name);
  for (const key of GENERIC_OWNER_KEYS) if (!declared.has(key) || userKeys.includes(key)) owner.add(key);
  for (const entity of entities) {
    for (const edge of entity.edges) {
      if (edge.many) continue;
      if (roles.levels.includes(edge.to) && !isElsewhereColumn(edge.column)) tenant.add(normalizeKey(edge.column));
      if (edge.to === roles.user && !isActorColumn(edge.column)) owner.add(normalizeKey(edge.column));
    }
  }
  for (const key of tenant) owner.delete(key);
  return { tenant, owner };
}

type Linked = Exclude<Scoping, { kind: "root" } | { kind: "global" }>;

class Scoper {
  private readonly scopings = new Map<Entity, Scoping>();
  private readonly globals: ReadonlySet<string>;

  constructor(
    private readonly entities: readonly Entity[],
    private readonly roles: Roles,
    private readonly keys: KeyNames,
    hints: TenancyHints,
  ) {
    this.globals = new Set(hints.global.map((name) => name.toLowerCase()));
  }

  run(): ReadonlyMap<Entity, Scoping> {
    for (const entity of this.entities) {
      const scoping = this.own(entity);
      if (scoping !== null) this.scopings.set(entity, scoping);
    }
    for (let depth = 0; depth < DEEPEST_CHAIN; depth++) this.chain();
    for (const [entity, scoping] of this.scopings) {
      // parents are only known now
      if (scoping.kind === "column") this.scopings.set(entity, { ...scoping, parents: this.parents(entity, false) });
    }
    for (const entity of this.entities) {
      if (!this.scopings.has(entity))
        this.scopings.set(entity, global(entity, "no tenant or owner column and no scoped parent"));
    }
    return this.scopings;
  }

  private own(entity: Entity): Scoping | null {
    if (this.isDeclaredGlobal(entity)) return global(entity, "declared as shared");
    const service = this.roles.service.get(entity);
    if (service !== undefined) return global(entity, service);
    if (entity === this.roles.levels[0]) return { kind: "root", model: entity.name };
    const columns = this.columns(entity);
    const grants = this.grants(entity);
    if (columns.length > 0) return { kind: "column", model: entity.name, columns, parents: [], grants };
    return grants.length > 0 ? { kind: "grant", model: entity.name, grants } : null;
  }

  private isDeclaredGlobal(entity: Entity): boolean {
    return [...entity.names, entity.table].some((name) => this.globals.has(name.toLowerCase()));
  }

  private columns(entity: Entity): readonly ScopeColumn[] {
    const found = new Map<string, ScopeColumn>();
    const put = (column: string, role: ScopeColumn["role"], references: string, why: string): void => {
      if (!found.has(column)) found.set(column, { column, role, references, why });
    };
    if (this.roles.levels.includes(entity) || entity === this.roles.user) {
      const role = entity === this.roles.user ? "owner" : "tenant";
      for (const column of entity.columns)
        if (column.primary) put(column.name, role, entity.name, role === "owner" ? "is the user" : "is a tenant");
    }
    for (const edge of entity.edges) {
      const { column, to } = edge;
      if (this.roles.levels.includes(to) && !isElsewhereColumn(column))
        put(column, "tenant", to.name, `references ${to.name}`);
      if (to === this.roles.user && !edge.many && !isActorColumn(column))
        put(column, "owner", to.name, `references ${to.name}`);
    }
    for (const column of entity.columns) {
      if (found.has(column.name) || (column.primary && column.unique)) continue;
      // a key that points elsewhere is not what its name says
      if (entity.edges.some((edge) => edge.column === column.name)) continue;
      const key = normalizeKey(column.name);
      if (this.keys.tenant.has(key)) put(column.name, "tenant", column.references, "named like a tenant key");
      else if (this.keys.owner.has(key)) put(column.name, "owner", column.references, "named like an owner key");
    }
    return [...found.values()];
  }

  private grants(entity: Entity): readonly GrantLink[] {
    if (this.roles.levels.includes(entity) || this.roles.principals.has(entity)) return [];
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

  private parents(entity: Entity, reverse: boolean): readonly ParentLink[] {
    const edges = entity.edges.filter(
      (edge) => !edge.many && edge.to !== entity && edge.to !== this.roles.user && this.isLinked(edge.to),
    );
    const required = edges.filter((edge) => !edge.optional);
    const links = (required.length > 0 ? required : edges).map((edge) => ({
      column: edge.column,
      relation: edge.relation,
      model: edge.to.name,
    }));
    return links.length > 0 || !reverse ? links : this.holders(entity);
  }

  /** Parents that hold the key themselves, one-to-one: a document's content, an invoice's address. */
  private holders(entity: Entity): readonly ParentLink[] {
    const links: ParentLink[] = [];
    for (const holder of entity.referrers) {
      if (holder === this.roles.user || !this.isLinked(holder)) continue;
      const key = holder.edges.find((edge) => edge.to === entity && !edge.many);
      const unique = holder.columns.some((column) => column.name === key?.column && column.unique);
      const back = entity.relations.find((relation) => relation.model === holder.name && relation.columns.length === 0);
      if (key !== undefined && (unique || back?.many === false))
        links.push({ column: "", relation: back?.name ?? "", model: holder.name });
    }
    return links;
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
  const words = wordsOf(join.name);
  if (words.some((word) => OTHER_JOIN_WORDS.has(word))) return false;
  if (words.some((word) => GRANT_WORDS.has(word) || MEMBER_WORDS.has(word))) return true;
  return (
    isPair(join, entity, principal) && join.columns.some((column) => /permission|role|access|level/i.test(column.name))
  );
}

function scopingsFromUses(
  uses: readonly ColumnUse[],
  declared: ReadonlySet<string>,
  keys: KeyNames,
  hints: TenancyHints,
): readonly Scoping[] {
  const columns = new Map<string, ScopeColumn[]>();
  const globals = new Set(hints.global.map((name) => name.toLowerCase()));
  for (const { model, column, count } of uses) {
    const name = model.toLowerCase();
    if (declared.has(name) || globals.has(name) || model === "") continue;
    const key = normalizeKey(column);
    const role = keys.tenant.has(key) ? "tenant" : keys.owner.has(key) ? "owner" : null;
    if (role === null) continue;
    const why = `the project filters it by this column in ${count} ${count === 1 ? "access" : "accesses"}`;
    columns.set(model, [...(columns.get(model) ?? []), { column, role, references: "", why }]);
  }
  return [...columns].map(([model, found]) => ({ kind: "column", model, columns: found, parents: [], grants: [] }));
}

interface Lookup {
  readonly scopings: ReadonlyMap<string, Scoping>;
  readonly tenant: ReadonlySet<string>;
  readonly owner: ReadonlySet<string>;
}

const lookups = new WeakMap<TenancyModel, Lookup>();

function lookupOf(tenancy: TenancyModel): Lookup {
  let lookup = lookups.get(tenancy);
  if (lookup === undefined) {
    const scopings = new Map<string, Scoping>();
    for (const scoping of tenancy.scopings) if (!scopings.has(scoping.model)) scopings.set(scoping.model, scoping);
    lookup = { scopings, tenant: new Set(tenancy.tenantKeys), owner: new Set(tenancy.ownerKeys) };
    lookups.set(tenancy, lookup);
  }
  return lookup;
}

/** How rows of a model are scoped, undefined for a model that nobody declares or uses. */
export function scopingOf(tenancy: TenancyModel, model: string): Scoping | undefined {
  return lookupOf(tenancy).scopings.get(model);
}

/** True for a column or parameter name that counts as a tenant key, in any spelling. */
export function isTenantKey(tenancy: TenancyModel, name: string): boolean {
  return lookupOf(tenancy).tenant.has(normalizeKey(name));
}

/** True for a column or parameter name that counts as an owner key, in any spelling. */
export function isOwnerKey(tenancy: TenancyModel, name: string): boolean {
  return lookupOf(tenancy).owner.has(normalizeKey(name));
}
