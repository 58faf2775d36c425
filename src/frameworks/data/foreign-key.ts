/** Keys of rows that a relation points at, as the row itself holds them. */
import type { DataModel, DataRelation } from "../../model/data-model.js";

/** The key by which a row points at another, where a column of that other one is its key: `ownerId` for `owner.id`. */
export function foreignKeyFor(
  relation: DataRelation | undefined,
  target: DataModel | undefined,
  column: string,
): string | undefined {
  const [key, ...others] = relation?.columns ?? [];
  const [primary, ...more] = target?.columns.filter((one) => one.primary) ?? [];
  return others.length === 0 && more.length === 0 && primary?.name === column ? key : undefined;
}
