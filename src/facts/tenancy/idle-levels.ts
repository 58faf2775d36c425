/**
 * Tenants that the schema has and the code does not: a nullable key that nothing reads, writes or filters by, to a
 * model that nobody opens. Rows cannot belong to what no row is ever given.
 */
import type { Edge, Entity } from "./tenancy-graph.js";
import { normalizeKey } from "./tenancy-names.js";

/** What the accesses that entries reach speak of. */
export interface Mentions {
  /** how many accesses there are */
  readonly sites: number;
  readonly models: ReadonlySet<string>;
  /** columns, relations and parts of their paths, normalised */
  readonly names: ReadonlySet<string>;
  /** models that are written as a whole object, with whatever keys it has */
  readonly writtenWhole: ReadonlySet<string>;
  /** `Model.column` of what rows are chosen by, the column normalised */
  readonly filtered: ReadonlySet<string>;
  /** columns, normalised, that are asked to have a value of the caller's */
  readonly ofCaller: ReadonlySet<string>;
  /** members, normalised, that a test beside the accesses holds against another value */
  readonly compared: ReadonlySet<string>;
}

/** below this, what the code leaves out may be what is wrong with it */
const ENOUGH = 12;

/** True for a level of tenancy that the code never touches. */
export function isIdle(level: Entity, entities: readonly Entity[], mentions: Mentions): boolean {
  if (mentions.sites < ENOUGH || isAny(level.names, mentions.models)) return false;
  const keys = entities.flatMap((entity) =>
    entity.edges.filter((edge) => edge.to === level).map((edge) => ({ entity, edge })),
  );
  return (
    keys.length > 0 &&
    keys.every(
      ({ entity, edge }) =>
        edge.optional &&
        !edge.many &&
        !isAny(entity.names, mentions.writtenWhole) &&
        ![edge.column, edge.relation].some((name) => name !== "" && mentions.names.has(normalizeKey(name))),
    )
  );
}

function isAny(names: ReadonlySet<string>, among: ReadonlySet<string>): boolean {
  return [...names].some((name) => among.has(name));
}

/** Keys that say who made a row, which need not be who may see it. */
export const CREATOR_KEYS: ReadonlySet<string> = new Set([
  "createdby",
  "createdbyuserid",
  "creatorid",
  "creatoruserid",
]);

/** True for a key that says who made a row, where nothing chooses rows by it or compares it: a note, not an owner. */
export function isNoteOfCreator(entity: Entity, key: string, mentions: Mentions): boolean {
  if (!CREATOR_KEYS.has(key) || mentions.sites < ENOUGH || mentions.compared.has(key)) return false;
  return ![...entity.names].some((name) => mentions.filtered.has(`${name}.${key}`));
}

/**
 * True for a nullable key to a row of somebody's that nothing chooses rows by: a search engine that may ask some
 * service points at it, and is there for everybody. Of rows that nothing opens, this tells nothing.
 */
export function isOnlyPointer(entity: Entity, { column, relation, optional, many }: Edge, mentions: Mentions): boolean {
  if (!optional || many || mentions.sites < ENOUGH || !isAny(entity.names, mentions.models)) return false;
  const ways = [column, relation].filter((name) => name !== "").map(normalizeKey);
  const isChosenBy = (filtered: string): boolean =>
    [...entity.names].some((name) => ways.some((way) => filtered.startsWith(`${name}.${way}`)));
  return ![...mentions.filtered].some(isChosenBy);
}
