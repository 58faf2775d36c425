/** Which findings are silenced, by a comment in the source or by an exception in the manifest, and which are not shown. */
import type { Finding, Notice, Suppression } from "../model/finding.js";
import type { Directive } from "../model/lowered.js";
import type { LocatedPlace } from "../model/place.js";
import type { Policy } from "../model/policy.js";
import type { Profile, RuleMeta } from "../model/rule.js";
import { findException } from "../policy/match.js";

/** A directive with its place and the line that it is about (0 for the whole file). */
export interface PlacedDirective {
  readonly directive: Directive;
  readonly at: LocatedPlace;
  readonly line: number;
}

/** True when a rule is meant by its code or its name. */
export function namesRule(reference: string, rule: RuleMeta): boolean {
  const wanted = reference.trim().toLowerCase();
  return wanted === rule.code.toLowerCase() || wanted === rule.name;
}

/** Collects which directives were of use, so that the others can be told about. */
export class Suppressor {
  private readonly used = new Set<Directive>();

  constructor(
    private readonly policy: Policy,
    private readonly today: string,
    private readonly directives: (file: string) => readonly PlacedDirective[],
  ) {}

  /** The comment or manifest entry that silences a finding; comments first, they are nearer. */
  suppressionOf(rule: RuleMeta, subject: string, at: LocatedPlace): Suppression | null {
    let found: Suppression | null = null;
    for (const placed of this.directives(at.file)) {
      if (!silences(placed, rule, at)) continue;
      this.used.add(placed.directive);
      found ??= { kind: "inSource", justification: placed.directive.reason, at: placed.at };
    }
    return found ?? this.exceptionFor(rule, subject);
  }

  private exceptionFor(rule: RuleMeta, subject: string): Suppression | null {
    const exception = findException(this.policy, rule, subject, this.today);
    return exception ? { kind: "external", justification: exception.reason, at: exception.at } : null;
  }

  /** What is wrong with the directives of a file: no reason, no rule, an unknown rule, nothing to silence. */
  notices(file: string, ran: readonly RuleMeta[] | undefined): Notice[] {
    return this.directives(file).flatMap((placed) => {
      const trouble = troubleWith(placed.directive, this.used.has(placed.directive), ran);
      return trouble ? [{ kind: "configuration" as const, at: placed.at, ...trouble }] : [];
    });
  }
}

function silences({ directive, line }: PlacedDirective, rule: RuleMeta, at: LocatedPlace): boolean {
  if (directive.reason === "") return false;
  if (directive.kind !== "ignore-file" && line !== at.region.startLine && line !== at.region.endLine) return false;
  return directive.rules.some((reference) => namesRule(reference, rule));
}

function troubleWith(directive: Directive, used: boolean, ran: readonly RuleMeta[] | undefined) {
  const spelling = `authgap-${directive.kind === "ignore-line" ? "ignore" : directive.kind}`;
  if (directive.rules.length === 0) {
    return {
      id: "void-ignore",
      message: `This '${spelling}' comment names no rule and has no effect.`,
      remedy: `Write '${spelling} AG301 -- reason'.`,
    };
  }
  const rules = directive.rules.join(", ");
  if (directive.reason === "") {
    return {
      id: "void-ignore",
      message: `This '${spelling}' comment for '${rules}' gives no reason and has no effect.`,
      remedy: `Write '${spelling} ${rules} -- reason'.`,
    };
  }
  // A rule that did not run this time cannot tell whether its comment is still needed.
  const judged = ran === undefined || directive.rules.every((name) => ran.some((rule) => namesRule(name, rule)));
  if (used || !judged) return null;
  return {
    id: "unused-ignore",
    message: `This '${spelling}' comment for '${rules}' silences nothing.`,
    remedy: "Remove it.",
  };
}

/** Is a finding shown in a profile? `ci` keeps what is worth stopping a build for, `audit` everything. */
export function shownIn(profile: Profile, finding: Finding): boolean {
  if (profile === "audit") return true;
  if (finding.severity === "note" || finding.confidence === "unknown") return false;
  const precision = finding.rule.precision;
  if (profile === "review") return precision !== "low";
  if (finding.confidence === "named") return false;
  return (
    precision === "high" || precision === "very-high" || (precision === "medium" && finding.confidence === "proven")
  );
}
