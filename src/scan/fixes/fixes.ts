/** Findings with the edits that repair them, where the project itself shows how. The one place where edits are made. */
import type { Attempts } from "../../facts/attempts.js";
import type { Finding, Fix } from "../../model/finding.js";
import type { LocatedPlace, Place } from "../../model/place.js";
import { maskSecrets } from "../snippets.js";
import type { FixSource, SourceFix } from "./fix-source.js";
import { missingPredicate } from "./predicates.js";
import { guardOfSiblings } from "./siblings.js";

const GUARDED_RULES = new Set(["AG101", "AG104"]);

/**
 * @param locate lines and columns of offsets
 * @param attempts a finding whose repair cannot be made stays without one
 */
export function withFixes(
  findings: readonly Finding[],
  source: FixSource,
  locate: (place: Place) => LocatedPlace,
  attempts: Attempts,
): readonly Finding[] {
  const fixer = new Fixer(source, locate);
  return findings.map((finding) => {
    const found = attempts.attempt(
      `the repair of ${finding.rule.code}`,
      { file: finding.at.file, start: 0, end: 0 },
      () => fixer.fixFor(finding),
      () => null,
    );
    return found === null ? finding : { ...finding, fix: asFix(found, locate) };
  });
}

function asFix({ title, file, edits, sure }: SourceFix, locate: (place: Place) => LocatedPlace): Fix {
  const located = edits.map(({ start, end, insert }) => ({ region: locate({ file, start, end }).region, insert }));
  // a key among the arguments of a guard is not told to anybody
  const harmless = edits.every(({ insert }) => maskSecrets(insert) === insert);
  return { title, file, edits: located, sure: sure && harmless };
}

class Fixer {
  constructor(
    private readonly source: FixSource,
    private readonly locate: (place: Place) => LocatedPlace,
  ) {}

  fixFor(finding: Finding): SourceFix | null {
    const { entries, accesses } = this.source.facts;
    if (GUARDED_RULES.has(finding.rule.code)) {
      const entry = entries.find((one) => one.key === finding.subject && this.#isAt(finding, one.place));
      return entry === undefined ? null : guardOfSiblings(entry, this.source);
    }
    const column = /^add '(\w+)' with the caller's own value/.exec(finding.remedy)?.[1];
    const access = column === undefined ? undefined : accesses.find((one) => this.#isAt(finding, one.place));
    return access === undefined || column === undefined ? null : missingPredicate(access, column, this.source);
  }

  #isAt({ at }: Finding, place: Place): boolean {
    return place.file === at.file && this.locate(place).region.startLine === at.region.startLine;
  }
}
