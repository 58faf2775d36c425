/** One result per rule and place: consumers merge results that share a line, and keep an arbitrary one. */
import type { FindingDraft } from "../../src/model/rule.js";
import { bySeverity } from "./certainty.js";

/** Merges drafts with the same primary place; the worst leads, the subjects of the others become related places. */
export function onePerPlace<Messages extends string>(
  drafts: Iterable<FindingDraft<Messages>>,
): FindingDraft<Messages>[] {
  const places = new Map<string, FindingDraft<Messages>[]>();
  for (const draft of drafts) {
    const key = `${draft.place.file}:${draft.place.start}`;
    const same = places.get(key);
    if (same === undefined) places.set(key, [draft]);
    else same.push(draft);
  }
  return [...places.values()].map(merged).filter((draft) => draft !== null);
}

function merged<Messages extends string>(same: readonly FindingDraft<Messages>[]): FindingDraft<Messages> | null {
  const [lead, ...others] = same.toSorted(
    (a, b) => bySeverity(a.severity ?? "error", b.severity ?? "error") || (a.subject < b.subject ? -1 : 1),
  );
  if (lead === undefined) return null;
  const subjects = new Set([lead.subject]);
  const related = [...lead.related];
  for (const other of others) {
    if (subjects.has(other.subject)) continue;
    subjects.add(other.subject);
    related.push({ place: other.place, label: `the same holds for '${other.subject}'` });
  }
  return { ...lead, related };
}
