/** Steps that all of an application runs behind: they tell its entries apart no more than the server does. */
import type { EntryPoint, Step } from "../../src/model/facts.js";
import { hasCaller } from "./entry-points.js";

const LEAST_ENTRIES = 8;
const SHARE = 0.8;

/** Whether nearly every entry of the same application runs the step. */
export type IsCommon = (entry: EntryPoint, step: Step) => boolean;

export function commonSteps(entries: readonly EntryPoint[]): IsCommon {
  const totals = new Map<string, number>();
  const counts = new Map<string, number>();
  for (const entry of entries) {
    if (!hasCaller(entry)) continue;
    totals.set(kinOf(entry), (totals.get(kinOf(entry)) ?? 0) + 1);
    for (const key of new Set(entry.steps.map((step) => keyOf(entry, step))))
      counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return (entry, step) => {
    const total = totals.get(kinOf(entry)) ?? 0;
    return total >= LEAST_ENTRIES && (counts.get(keyOf(entry, step)) ?? 0) / total >= SHARE;
  };
}

function kinOf(entry: EntryPoint): string {
  return `${entry.transport}|${entry.app ?? ""}`;
}

function keyOf(entry: EntryPoint, { place }: Step): string {
  return `${kinOf(entry)}|${place.file}:${place.start}`;
}
