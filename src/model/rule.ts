/** What a rule is, and what it is given. Rules judge facts; they never look at code. */
import type { Confidence, Facts } from "./facts.js";
import type { LocatedPlace, Place } from "./place.js";
import type { AppliedPolicy } from "./policy.js";

export type Severity = "error" | "warning" | "note";
export type Profile = "ci" | "review" | "audit";
export type Precision = "very-high" | "high" | "medium" | "low";

export interface RuleMeta<Messages extends string = string> {
  /** `AG101`, stable for ever */
  readonly code: string;
  /** `unguarded-route`, stable for ever */
  readonly name: string;
  readonly title: string;
  /** one or two sentences: what goes wrong when this is left alone */
  readonly why: string;
  readonly severity: Severity;
  /** CVSS-like number as SARIF consumers read it, `0.1` to `10.0` */
  readonly securitySeverity: string;
  /** ceiling: a finding may claim less, never more */
  readonly precision: Precision;
  /** primary first */
  readonly cwe: readonly number[];
  /** further taxonomy ids: `API1:2023`, `A01:2025`, `NHI5:2025`, `PR.AA-05`, `ASVS-8.2.2` */
  readonly taxa: readonly string[];
  readonly since: string;
  /** templates with `{name}` placeholders; the first sentence stands alone, ends with a full stop */
  readonly messages: Readonly<Record<Messages, string>>;
}

export interface RelatedPlace {
  readonly place: Place;
  readonly label: string;
}

export interface FindingDraft<Messages extends string = string> {
  readonly message: Messages;
  readonly data: Readonly<Record<string, string>>;
  /** what it is about: `GET /orders/:id`, `src/jobs/sync.ts#run` */
  readonly subject: string;
  /** tells findings of one rule on one subject apart (`Order.update`); part of the fingerprint beside the subject */
  readonly aspect?: string;
  readonly place: Place;
  /** wins over `place`: for findings about the manifest, whose text has no offsets in the program */
  readonly at?: LocatedPlace;
  readonly related: readonly RelatedPlace[];
  /** the path a reader follows: entry → missing step → effect */
  readonly flow: readonly RelatedPlace[];
  readonly confidence: Confidence;
  /** lowers or raises the rule's default; never above the rule's own by a profile */
  readonly severity?: Severity;
  /** what to do, ready to act on; '' when the message says it */
  readonly remedy: string;
}

export interface RuleInput {
  readonly facts: Facts;
  readonly policy: AppliedPolicy;
  readonly profile: Profile;
  /** ISO date of the run, for expiry */
  readonly today: string;
  /** the command line named paths, so entries and files outside them are missing from the facts */
  readonly partial?: boolean;
}

export interface Rule<Messages extends string = string> {
  readonly meta: RuleMeta<Messages>;
  check(input: RuleInput): Iterable<FindingDraft<Messages>>;
}

/** Ties the message ids of a rule to the drafts it returns. */
export function defineRule<Messages extends string>(rule: Rule<Messages>): Rule<Messages> {
  return rule;
}
