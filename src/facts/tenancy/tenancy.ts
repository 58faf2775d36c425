/**
 * Infers who owns what from the declared models: the tenant and its levels, the user, who belongs where, and for each
 * model how its rows are tied to a tenant or owner. Relations speak first, names second, the project's manifest above both.
 */
import type { DataModel, ScopeColumn, Scoping, TenancyModel } from "../../model/data-model.js";
import { isIdle, type Mentions } from "./idle-levels.js";
import { capabilitiesOf } from "./tenancy-capabilities.js";
import { buildGraph, type Entity } from "./tenancy-graph.js";
import {
  GENERIC_OWNER_KEYS,
  GENERIC_TENANT_KEYS,
  isActorColumn,
  isElsewhereColumn,
  keysOfTenant,
  normalizeKey,
  POSSIBLE_TENANT_KEYS,
} from "./tenancy-names.js";
import { findRoles, type Roles } from "./tenancy-roles.js";
import { type KeyNames, Scoper } from "./tenancy-scoping.js";

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

/** Infers the tenancy of a project. */
export function inferTenancy(
  models: readonly DataModel[],
  hints: TenancyHints,
  uses: readonly ColumnUse[] = [],
  mentions: Mentions | null = null,
): TenancyModel {
  const entities = buildGraph(models);
  const roles = findRoles(entities, {
    isIdle: (level) => mentions !== null && isIdle(level, entities, mentions),
    ofCaller: mentions?.ofCaller ?? new Set(),
  });
  const keys = keyNames(entities, roles, hints);
  const scoped = new Scoper(entities, roles, keys, hints.global, mentions).run();
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
    userRoles: userRoles(roles),
    memberships: roles.memberships.map((entity) => entity.name),
    scopings: [...scopings, ...undeclared],
    capabilities: capabilitiesOf(entities),
    tenantKeys: [...keys.tenant].sort(),
    ownerKeys: [...keys.owner].sort(),
    inferred: hints.keys.length === 0 && hints.ownerKeys.length === 0,
  };
}

/** Where each user is of one tenant, a role on the user is a role in that tenant. */
function userRoles({ user, levels }: Roles): readonly string[] {
  if (user === null) return [];
  const ofOneTenant = user.edges.some(
    (edge) => !edge.many && levels.includes(edge.to) && !isElsewhereColumn(edge.column) && !isActorColumn(edge.column),
  );
  return ofOneTenant ? [] : user.columns.map((column) => column.name).filter((name) => /role|privilege/i.test(name));
}

function keyNames(entities: readonly Entity[], roles: Roles, hints: TenancyHints): KeyNames {
  const tenant = new Set(hints.keys.map(normalizeKey));
  const owner = new Set(hints.ownerKeys.map(normalizeKey));
  const declared = new Set(entities.flatMap((entity) => keysOfTenant(entity.name)));
  const isLevel = new Set(roles.levels.flatMap((level) => keysOfTenant(level.name)));
  for (const key of isLevel) tenant.add(key);
  // an identity provider may hold the tenants: then no model bears the name
  const generic = GENERIC_TENANT_KEYS.filter((key) => !declared.has(key) && !tenant.has(key));
  if (roles.levels.length === 0) for (const key of generic) tenant.add(key);
  if (entities.length === 0) for (const key of POSSIBLE_TENANT_KEYS) tenant.add(key);
  const userKeys = roles.user === null ? [] : keysOfTenant(roles.user.name);
  for (const key of GENERIC_OWNER_KEYS) if (!declared.has(key) || userKeys.includes(key)) owner.add(key);
  const keys = entities.flatMap((entity) => entity.edges.filter((edge) => !edge.many && edge.to !== entity));
  for (const { column, to } of keys) {
    if (roles.levels.includes(to) && !isElsewhereColumn(column)) tenant.add(normalizeKey(column));
    if (to === roles.user && !isActorColumn(column)) owner.add(normalizeKey(column));
  }
  for (const key of tenant) owner.delete(key);
  return { tenant, owner, fallback: new Set(roles.levels.length === 0 ? [] : generic) };
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
