/** A call that reads or writes data, as an adapter of a data layer sees it. Whether it is bound is judged later. */
import type { AccessOperation, ConjunctPosition } from "../../model/facts.js";
import type { Place } from "../../model/place.js";
import type { Origin, Site } from "../../program/values/origin.js";

/** One of several objects that a function returns; with `holds`, a condition and the outcome for which it is chosen. */
export interface Choice {
  readonly site: Site;
  readonly holds?: boolean;
}

export interface ChosenSide {
  readonly choice: Choice;
  readonly values: readonly Origin[];
}

/** One comparison in a filter. */
export interface FilterTerm {
  /** column or relation path as written: `orgId`, `project.orgId`, `members.some.userId`; for SQL the bare column */
  readonly column: string;
  /** model of the column when the layer tells (SQL joins); '' for the accessed model */
  readonly model: string;
  /** `=`, `in`, `contains`, `is null` … */
  readonly operator: string;
  readonly position: ConjunctPosition;
  readonly values: readonly Origin[];
  /** the predicate vanishes when the value is undefined (or empty, or nullish): by spread, by condition, by library */
  readonly vanishes: boolean;
  /** without the value the call fails, or finds nothing, in a layer that drops other predicates then */
  readonly demanded?: true;
  /** in position `optional`: it is there when this is truthy, as far as that is one value */
  readonly when?: readonly Origin[];
  /** in position `optional`: it is left out where that comes out so */
  readonly unless?: Choice;
  /** beside `unless`: it is dropped when its own value is missing, too */
  readonly vanishesBesides?: boolean;
  /** how the filter that it is part of was chosen among several */
  readonly chosen?: readonly Choice[];
  readonly place: Place;
}

/** The alternatives a filter can be (a where-builder with two returns); each a conjunction of terms. */
export interface Filter {
  readonly alternatives: readonly (readonly FilterTerm[])[];
  /** false when a part could not be read: what is seen may be less than what is there */
  readonly known: boolean;
  /** place of the filter expression, the call when there is none */
  readonly place: Place;
}

export interface WrittenColumn {
  readonly column: string;
  /** a list of related rows, of which one is linked or unlinked: the row itself keeps its columns */
  readonly linked?: true;
  /** the model of the rows that such a list is given: the key stands on their side, or in a table between the two */
  readonly linksTo?: string;
  /** what else the row that is linked must have: `connect: { id, boardId }` */
  readonly within?: readonly (readonly Origin[])[];
  readonly values: readonly Origin[];
  /** `kind === "team" ? teamId : null`: the values of each side, with what it was chosen by */
  readonly sides?: readonly ChosenSide[];
  readonly place: Place;
}

/** `labels: { create: [{ labelId }] }` */
export interface RelatedRows {
  readonly model: string;
  readonly written: readonly WrittenColumn[];
}

export interface DataCall {
  /** `prisma`, `typeorm`, `pg` … */
  readonly layer: string;
  /** as `DataModel.name` spells it; '' when it could not be told */
  readonly model: string;
  readonly operation: AccessOperation;
  /** `findMany`, `delete`, `query` */
  readonly method: string;
  readonly site: Site;
  readonly filter: Filter;
  /** columns that a create or update writes, as far as they are literal */
  readonly written: readonly WrittenColumn[];
  /** rows of related models that are made along with it */
  readonly madeAlong?: readonly RelatedRows[];
  /** the whole object written comes from one value (`data: req.body`) */
  readonly writtenWhole: readonly Origin[];
  /** what says who may do what in a whole value, where no model of the project names its columns */
  readonly privileges?: readonly string[];
  /** where a whole value enters what is written, when that is not the call */
  readonly enteredAt?: ReadonlyMap<Origin, Place>;
  /** a row whose key is among the written values is replaced, whoever's it is */
  readonly upsertsByKey?: boolean;
  /** relations loaded along: names as written in include, select, relations */
  readonly loads: readonly string[];
  /** reads that only tell whether or how many */
  readonly countOnly: boolean;
  /** what outside the code limits the rows to the caller's: row-level security of the caller's own key */
  readonly scopedBy?: string;
  /** what lifts the rules that would limit the rows: the key of a service */
  readonly elevated?: string;
  /** further tables of the same statement (SQL) with their own terms */
  readonly also: readonly { readonly model: string; readonly filter: Filter }[];
}

/** Prisma refuses to pick a single row by nothing. https://www.prisma.io/docs/orm/reference/prisma-client-reference */
export function demandsKey({ layer, method }: Pick<DataCall, "layer" | "method">): boolean {
  return layer === "prisma" && /^(?:update|delete|upsert|findUnique(?:OrThrow)?)$/.test(method);
}

/** What changes a single row, and fails where there is none. */
export function demandsRow({ layer, method }: Pick<DataCall, "layer" | "method">): boolean {
  return layer === "prisma" && (method === "update" || method === "delete");
}
