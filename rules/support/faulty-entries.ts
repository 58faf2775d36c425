/** Entry points whose protection AG103 reports as broken: what else is said of them would be the same flaw again. */
import type { EntryPoint, Facts, GuardFault } from "../../src/model/facts.js";
import type { RuleInput } from "../../src/model/rule.js";
import { oncePerRun } from "./once-per-run.js";

/** The handler that a decorator stands above; undefined for faults of other kinds. */
export function handlerBelow({ kind, place }: GuardFault, { entries }: Facts): EntryPoint | undefined {
  if (kind !== "metadata-without-guard") return undefined;
  return entries
    .filter((entry) => entry.place.file === place.file && entry.place.start >= place.start)
    .sort((a, b) => a.place.start - b.place.start)[0];
}

/** Keys of all entry points with such a fault. */
export const faultyEntries = oncePerRun(readFaulty);

function readFaulty({ facts }: RuleInput): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const fault of facts.guardFaults) {
    if (fault.confidence === "unknown") continue;
    for (const key of fault.entries) keys.add(key);
    const below = handlerBelow(fault, facts);
    if (below !== undefined) keys.add(below.key);
  }
  return keys;
}
