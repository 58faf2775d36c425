/** Findings with the edits that repair them, where the project itself shows how. The one place where edits are made. */
import { once } from "../../base/once.js";
import type { Attempts } from "../../facts/attempts.js";
import type { Finding, Fix } from "../../model/finding.js";
import type { LocatedPlace, Place } from "../../model/place.js";
import { maskSecrets } from "../snippets.js";
import type { FixSource, SourceFix } from "./fix-source.js";
import { missingPredicate } from "./predicates.js";
import { guardOfSiblings } from "./siblings.js";

const GUARDED_RULES = new Set(["AG101", "AG104"]);

/** What repairs are made from. */
export interface Repairs {
  readonly source: FixSource;
  /** lines and columns of offsets */
  readonly locate: (place: Place) => LocatedPlace;
  /** a finding whose repair cannot be made stays without one */
  readonly attempts: Attempts;
}

export function withFixes(findings: readonly Finding[], repairs: Repairs): readonly Finding[] {
  const fixOf = fixesBy(repairs);
  return findings.map((finding) => {
    const fix = fixOf(finding);
    return fix === undefined ? finding : { ...finding, fix };
  });
}

/** The same, each repair made when somebody asks for it: an editor shows many findings, and repairs few. */
export function withFixesWhenAsked(findings: readonly Finding[], repairs: Repairs): readonly Finding[] {
  const fixOf = fixesBy(repairs);
  return findings.map((finding) => {
    const fix = once(() => fixOf(finding));
    return {
      ...finding,
      get fix() {
        return fix();
      },
    };
  });
}

function fixesBy({ source, locate, attempts }: Repairs): (finding: Finding) => Fix | undefined {
  const fixer = new Fixer(source, locate);
  return (finding) => {
    const found = attempts.attempt(
      `the repair of ${finding.rule.code}`,
      { file: finding.at.file, start: 0, end: 0 },
      () => fixer.fixFor(finding),
      () => null,
    );
    return found === null ? undefined : asFix(found, locate);
  };
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
