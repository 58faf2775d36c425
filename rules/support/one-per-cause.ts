/** One result for one value that nobody checked: the check that is missing is one, however many queries it would cover. */
import type { FindingDraft } from "../../src/model/rule.js";

/** A draft with what it rests on: drafts of one cause are told together. */
export interface CausedDraft<Messages extends string> {
  readonly draft: FindingDraft<Messages>;
  /** '' for a draft that stands for itself */
  readonly cause: string;
}

const SHOWN = 10;
/** A few queries are worth a line each; a cascade of deletes is not. */
const FEW = 3;

/** Of a cause with more than a few drafts in one file the first; the others become related places of it. */
export function onePerCause<Messages extends string>(
  drafts: readonly CausedDraft<Messages>[],
): FindingDraft<Messages>[] {
  const causes = new Map<string, FindingDraft<Messages>[]>();
  const found: FindingDraft<Messages>[] = [];
  for (const { draft, cause } of drafts) {
    if (cause === "") found.push(draft);
    else causes.set(`${cause}|${draft.place.file}`, [...(causes.get(`${cause}|${draft.place.file}`) ?? []), draft]);
  }
  for (const same of causes.values()) {
    if (same.length <= FEW) {
      found.push(...same);
      continue;
    }
    const [first, ...others] = same.toSorted((a, b) => a.place.start - b.place.start);
    if (first === undefined) continue;
    const related = others
      .slice(0, SHOWN)
      .map((one) => ({ place: one.place, label: `the same value reaches '${one.aspect ?? one.subject}'` }));
    found.push({ ...first, related: [...first.related, ...related] });
  }
  return found;
}
