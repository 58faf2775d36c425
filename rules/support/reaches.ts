/** How one entry point reaches an access: a query that hundreds of entries share is asked about for each of them. */
import type { Access, Reach } from "../../src/model/facts.js";

const byEntry = new WeakMap<Access["reaches"], ReadonlyMap<number, readonly Reach[]>>();
const NONE: readonly Reach[] = [];

const bySaid = new WeakMap<Access["reaches"], Map<keyof Reach, readonly Reach[]>>();

/** The ways of which something was said that few have, in order. */
export function reachesWith({ reaches }: Access, name: keyof Reach): readonly Reach[] {
  const known = bySaid.get(reaches) ?? new Map<keyof Reach, readonly Reach[]>();
  bySaid.set(reaches, known);
  let having = known.get(name);
  if (having === undefined) {
    having = reaches.filter((reach) => reach[name] !== undefined);
    known.set(name, having);
  }
  return having;
}

type Verdict = Reach["binding"]["verdict"];
const byVerdict = new WeakMap<Access["reaches"], Map<Verdict, readonly Reach[]>>();

/** The ways with that verdict, and those on which the row was read off another one, in order: most are neither. */
export function reachesJudged({ reaches }: Access, verdict: Verdict): readonly Reach[] {
  const known = byVerdict.get(reaches) ?? new Map<Verdict, readonly Reach[]>();
  byVerdict.set(reaches, known);
  let judged = known.get(verdict);
  if (judged === undefined) {
    judged = reaches.filter(({ binding }) => binding.verdict === verdict || binding.readOff !== undefined);
    known.set(verdict, judged);
  }
  return judged;
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
