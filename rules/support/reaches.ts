/** How one entry point reaches an access: a query that hundreds of entries share is asked about for each of them. */
import type { Access, Reach } from "../../src/model/facts.js";

const byEntry = new WeakMap<Access["reaches"], ReadonlyMap<number, readonly Reach[]>>();
const NONE: readonly Reach[] = [];

/** The ways on which the entry at that position reaches the access, in order. */
export function reachesBy({ reaches }: Access, entry: number): readonly Reach[] {
  let known = byEntry.get(reaches);
  if (known === undefined) {
    const found = new Map<number, Reach[]>();
    for (const reach of reaches) {
      const own = found.get(reach.entry);
      if (own === undefined) found.set(reach.entry, [reach]);
      else own.push(reach);
    }
    known = found;
    byEntry.set(reaches, known);
  }
  return known.get(entry) ?? NONE;
}
