/** How one entry point reaches an access: a query that hundreds of entries share is asked about for each of them. */
import type { Access, Reach } from "../../src/model/facts.js";

const byEntry = new WeakMap<Access["reaches"], ReadonlyMap<number, readonly Reach[]>>();
const NONE: readonly Reach[] = [];

const bySort = new WeakMap<Access["reaches"], Map<string, readonly Reach[]>>();

/** @param sort names the question: the same one is answered once for the same ways */
function reachesOfSort({ reaches }: Access, sort: string, isOfIt: (reach: Reach) => boolean): readonly Reach[] {
  const known = bySort.get(reaches) ?? new Map<string, readonly Reach[]>();
  bySort.set(reaches, known);
  const found = known.get(sort) ?? reaches.filter(isOfIt);
  known.set(sort, found);
  return found;
}

/** The ways of which something was said that few have, in order. */
export function reachesWith(access: Access, name: keyof Reach): readonly Reach[] {
  return reachesOfSort(access, `with ${name}`, (reach) => reach[name] !== undefined);
}

/** The ways with that verdict, and those on which the row was read off another one, in order: most are neither. */
export function reachesJudged(access: Access, verdict: Reach["binding"]["verdict"]): readonly Reach[] {
  const isOfIt = ({ binding }: Reach): boolean => binding.verdict === verdict || binding.readOff !== undefined;
  return reachesOfSort(access, `judged ${verdict}`, isOfIt);
}

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
