/** Tables, entities and collections as the project declares them, and which of them are tenant data. */
import type { Place } from "./place.js";

export interface DataColumn {
  readonly name: string;
  /** name in the database, when it differs */
  readonly dbName: string;
  readonly type: string;
  readonly optional: boolean;
  readonly unique: boolean;
  readonly primary: boolean;
  /** model this column points to, '' when it is no foreign key */
  readonly references: string;
  /** what an enumeration lets it be; absent for any other type */
  readonly values?: readonly string[];
  /** the word that the database writes where nothing else is said; absent for functions, numbers and none */
  readonly fallback?: string;
}

export interface DataRelation {
  readonly name: string;
  readonly model: string;
  readonly many: boolean;
  /** local columns that carry it, empty on the side without the key */
  readonly columns: readonly string[];
}

export interface DataModel {
  /** as code spells it: `Project`, `projects` for a table without a class */
  readonly name: string;
  readonly table: string;
  /** `prisma`, `typeorm`, `drizzle`, `sql`… */
  readonly layer: string;
  readonly columns: readonly DataColumn[];
  readonly relations: readonly DataRelation[];
  /** column groups that are unique together */
  readonly uniques: readonly (readonly string[])[];
  readonly place: Place;
}

/** A setting of the session that a policy rests on by way of a function of the database. */
export interface PolicySetting {
  readonly name: string;
  /** functions of the database that set it */
  readonly setBy: readonly string[];
}

export interface RowPolicy {
  readonly name: string;
  /** `all`, `select`, `insert`, `update`, `delete` */
  readonly command: string;
  readonly roles: readonly string[];
  /** text of the condition on rows that exist, '' when there is none */
  readonly using: string;
  /** text of the condition on rows to be written */
  readonly check: string;
  readonly settings?: readonly PolicySetting[];
  readonly place: Place;
}

/** Row-level security of one table. */
export interface RowSecurity {
  readonly table: string;
  readonly enabled: boolean;
  /** holds for the table's owner as well, which is what applications mostly connect as */
  readonly forced: boolean;
  readonly policies: readonly RowPolicy[];
  readonly place: Place;
}

/** How a model belongs to a tenant or an owner. */
export type Scoping =
  | { readonly kind: "root"; readonly model: string }
  | {
      readonly kind: "column";
      readonly model: string;
      readonly columns: readonly ScopeColumn[];
      /** scoped parents besides: a verified parent's key binds the row as well */
      readonly parents?: readonly ParentLink[];
      /** tables that give others access to single rows */
      readonly grants?: readonly GrantLink[];
    }
  /** through a parent: the relation or foreign key that leads there */
  | { readonly kind: "parent"; readonly model: string; readonly parents: readonly ParentLink[] }
  /** only through tables that name who may see which row */
  | { readonly kind: "grant"; readonly model: string; readonly grants: readonly GrantLink[] }
  | { readonly kind: "global"; readonly model: string; readonly why?: string };

export interface ScopeColumn {
  readonly column: string;
  readonly role: "tenant" | "owner";
  readonly references: string;
  readonly why: string;
}

export interface ParentLink {
  /** '' when the parent holds the key of a one-to-one relation */
  readonly column: string;
  readonly relation: string;
  readonly model: string;
}

/** A table of grants: row, grantee, mostly a permission. */
export interface GrantLink {
  readonly model: string;
  /** its column that points to the granted row */
  readonly column: string;
  /** its column that points to the user or group */
  readonly grantee: string;
  readonly granteeModel: string;
}

export interface TenancyModel {
  /** the tenant itself (`Organization`, `Workspace`), '' when none was found */
  readonly root: string;
  /** every model that is a tenant of some size, the root first: organisation, project, environment */
  readonly levels?: readonly string[];
  readonly user: string;
  /** columns of the user that hold a role, where users belong to no single tenant: such a role holds everywhere */
  readonly userRoles?: readonly string[];
  /** joins user and tenant */
  readonly memberships: readonly string[];
  readonly scopings: readonly Scoping[];
  /** secrets that stand for permission when looked up: invite tokens, share ids: `Model.column` */
  readonly capabilities: readonly string[];
  /** names that count as tenant or owner keys, normalised (lower case, no underscores) */
  readonly tenantKeys: readonly string[];
  readonly ownerKeys: readonly string[];
  readonly inferred: boolean;
}
