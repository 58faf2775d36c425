/** Which entry points a bypass opens: those whose steps or handler hold it, and those whose guard it attaches or not. */
import type { Bypass, EntryPoint, Step } from "../../model/facts.js";
import type { Place } from "../../model/place.js";

export interface FoundBypass {
  readonly bypass: Bypass;
  /** the function in which it stands and those around it, without the module */
  readonly within: readonly Place[];
}

/** The bypasses with the keys of the entry points that they open, as far as steps and handlers show it. */
export function withEntries(found: readonly FoundBypass[], entries: readonly EntryPoint[]): readonly Bypass[] {
  return found.map((one) => {
    const opened = entries.filter((entry) => opens(one, entry)).map((entry) => entry.key);
    return { ...one.bypass, entries: [...new Set(opened)].sort() };
  });
}

function opens({ bypass, within }: FoundBypass, entry: EntryPoint): boolean {
  if (within.some((fn) => begins(entry.place, fn))) return true;
  return entry.steps.some(
    (step) => (step.definedAt !== null && holds(step.definedAt, bypass.place)) || attaches(bypass, step),
  );
}

/** The place of an entry is its handler's first line: the handler begins on it. */
function begins(line: Place, fn: Place): boolean {
  return line.file === fn.file && line.start <= fn.start && fn.start <= line.end;
}

/** The guard is attached, or is put on a list, under the condition that the bypass tests. */
function attaches(bypass: Bypass, step: Step): boolean {
  if (bypass.kind !== "environment" || step.condition === "" || step.place.file !== bypass.place.file) return false;
  if (bypass.evidence.some(({ place }) => holds(place, step.place))) return true;
  return bypass.predicate.startsWith(step.condition.replace(/^not /, ""));
}

function holds(outer: Place, inner: Place): boolean {
  return outer.file === inner.file && outer.start <= inner.start && inner.end <= outer.end;
}
