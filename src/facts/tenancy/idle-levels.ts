/**
 * Tenants that the schema has and the code does not: a nullable key that nothing reads, writes or filters by, to a
 * model that nobody opens. Rows cannot belong to what no row is ever given.
 */
import type { Entity } from "./tenancy-graph.js";
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
