/** Whether two sets of facts say the same, so that what was judged of the one holds of the other. */
import { isDeepStrictEqual } from "node:util";
import type { Facts } from "../model/facts.js";

/** They name each other by their positions. */
const NUMBERED: ReadonlySet<string> = new Set(["entries", "accesses"]);

/** True when both hold the same facts, at the same places; what names nothing by position may stand in another order. */
export function areSameFacts(one: Facts, other: Facts): boolean {
  const others = new Map<string, unknown>(Object.entries(other));
  const all = Object.entries(one);
  return (
    all.length === others.size &&
    all.every(([name, value]) => others.has(name) && isSame(value, others.get(name), NUMBERED.has(name)))
  );
}

function isSame(one: unknown, other: unknown, inOrder: boolean): boolean {
  if (one === other) return true;
  if (!Array.isArray(one) || !Array.isArray(other)) return isDeepStrictEqual(one, other);
  if (one.length !== other.length) return false;
  // nearly all of them are the same objects
  const mine = one.filter((item, at) => item !== other[at]);
  const theirs = other.filter((item, at) => item !== one[at]);
  return inOrder ? isDeepStrictEqual(mine, theirs) : isDeepStrictEqual(sorted(mine), sorted(theirs));
}

function sorted(items: readonly unknown[]): readonly unknown[] {
  return items.map((item) => ({ item, key: JSON.stringify(item) })).sort((a, b) => (a.key < b.key ? -1 : 1));
}
