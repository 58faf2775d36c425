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

/** How a model belongs to a tenant or an owner. */
export type Scoping =
  | { readonly kind: "root"; readonly model: string }
  | { readonly kind: "column"; readonly model: string; readonly columns: readonly ScopeColumn[] }
  /** through a parent: the relation or foreign key that leads there */
  | { readonly kind: "parent"; readonly model: string; readonly parents: readonly ParentLink[] }
  | { readonly kind: "global"; readonly model: string };

export interface ScopeColumn {
  readonly column: string;
  readonly role: "tenant" | "owner";
  readonly references: string;
  readonly why: string;
}

export interface ParentLink {
  readonly column: string;
  readonly relation: string;
  readonly model: string;
}

export interface TenancyModel {
  /** the tenant itself (`Organization`, `Workspace`), '' when none was found */
  readonly root: string;
  readonly user: string;
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
