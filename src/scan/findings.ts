/** From drafts to findings: message filled, located, fingerprinted, suppressed, merged, filtered and sorted. */
import { byText } from "../base/path.js";
import type { Confidence } from "../model/facts.js";
import type { Finding, LabelledPlace, Notice } from "../model/finding.js";
import type { Directive } from "../model/lowered.js";
import type { LocatedPlace, Place } from "../model/place.js";
import type { Policy } from "../model/policy.js";
import type { FindingDraft, Profile, RelatedPlace, RuleMeta, Severity } from "../model/rule.js";
import { fingerprintOf, type LineHash, lineHashes } from "./fingerprints.js";
import { lineAt, lineIndex, lineStartsOf, regionOf, snippetOf } from "./snippets.js";
import { namesRule, type PlacedDirective, Suppressor, shownIn } from "./suppress.js";

/** A draft may point into a file that was not lowered, such as the manifest: then it says where by line. */
export type PlacedDraft = FindingDraft & { readonly at?: LocatedPlace | undefined };

export interface DraftOf {
  readonly rule: RuleMeta;
  readonly draft: PlacedDraft;
}

export interface StampContext {
  text(file: string): string | undefined;
  lineStarts?(file: string): Int32Array | undefined;
  directives(file: string): readonly Directive[];
  readonly policy: Policy;
  /** ISO date */
  readonly today: string;
  readonly profile: Profile;
  /** files whose directives are checked for use; those with drafts when absent */
  readonly directiveFiles?: Iterable<string>;
  /** rules that ran; a directive for another rule is left alone */
  readonly ran?: readonly RuleMeta[];
}

/** Turns what rules drafted into findings ready to print, sorted by file, line, column and rule. */
export function stampFindings(
  drafts: readonly DraftOf[],
  context: StampContext,
): { findings: Finding[]; notices: Notice[] } {
  const stamper = new Stamper(context);
  const stamped = drafts.flatMap((one) => stamper.stamp(one) ?? []).sort(inOrder);
  const findings = numbered(merged(stamped)).filter((finding) => shownIn(context.profile, finding));
  const files = new Set(context.directiveFiles ?? stamped.map((finding) => finding.at.file));
  const notices = [...files].sort(byText).flatMap((file) => stamper.suppressor.notices(file, context.ran));
  return { findings, notices };
}

/**
 * Findings of several runs over parts of one project as one list: what two parts report on one line becomes one
 * finding, as within one run, and every fingerprint stands once.
 */
export function joinFindings(parts: readonly (readonly Finding[])[]): Finding[] {
  const taken = new Set<string>();
  return merged(parts.flat().sort(inOrder)).map((finding) => {
    let { fingerprint } = finding;
    for (let nth = 1; taken.has(fingerprint); nth++) {
      fingerprint = fingerprintOf(finding.rule.code, finding.subject, finding.at.file, nth);
    }
    taken.add(fingerprint);
    return { ...finding, fingerprint };
  });
}

/** Fills `{name}` placeholders. A missing one is a mistake in the rule, not in the scanned project. */
export function fillTemplate(template: string, data: Readonly<Record<string, string>>): string {
  const filled = template.replace(/\{([A-Za-z][A-Za-z0-9]*)\}/g, (_, name: string) => {
    const value = data[name];
    if (value === undefined) throw new Error(`message template needs '${name}': ${template}`);
    return value;
  });
  return oneLine(filled);
}

class Stamper {
  private readonly starts = new Map<string, Int32Array>();
  private readonly hashes = new Map<string, LineHash>();
  private readonly placed = new Map<string, readonly PlacedDirective[]>();
  readonly suppressor: Suppressor;

  constructor(private readonly context: StampContext) {
    this.suppressor = new Suppressor(context.policy, context.today, (file) => this.directives(file));
  }

  /** Null when the manifest switches the rule off. */
  stamp({ rule, draft }: DraftOf): Finding | null {
    const setting = settingFor(rule, this.context.policy);
    if (setting === "off") return null;
    const template = rule.messages[draft.message];
    if (template === undefined) throw new Error(`${rule.code} has no message '${draft.message}'`);
    const at = this.labelled(draft.at ?? this.locate(draft.place), "");
    const subject = oneLine(draft.subject);
    return {
      rule,
      message: fillTemplate(template, draft.data),
      messageId: draft.message,
      subject,
      severity: setting ?? draft.severity ?? rule.severity,
      confidence: draft.confidence,
      at,
      related: draft.related.map((one) => this.relate(one)),
      flow: draft.flow.map((one) => this.relate(one)),
      remedy: draft.remedy,
      fingerprint: "",
      lineHash: this.lineHash(at.file, at.region.startLine),
      suppression: this.suppressor.suppressionOf(rule, subject, at),
    };
  }

  private relate({ place, label }: RelatedPlace): LabelledPlace {
    return this.labelled(this.locate(place), oneLine(label));
  }

  private locate({ file, start, end }: Place): LocatedPlace {
    return { file, region: regionOf(this.context.text(file), this.lineStarts(file), start, end) };
  }

  private labelled(at: LocatedPlace, label: string): LabelledPlace {
    const text = this.context.text(at.file);
    const snippet = text === undefined ? "" : snippetOf(text, this.lineStarts(at.file), at.region);
    return { file: at.file, region: at.region, label, snippet };
  }

  private lineStarts(file: string): Int32Array {
    let starts = this.starts.get(file);
    if (!starts) {
      starts = this.context.lineStarts?.(file) ?? lineStartsOf(this.context.text(file) ?? "");
      this.starts.set(file, starts);
    }
    return starts;
  }

  private lineHash(file: string, line: number): string {
    let hash = this.hashes.get(file);
    if (!hash) {
      const text = this.context.text(file);
      hash = text === undefined ? () => "" : lineHashes(text);
      this.hashes.set(file, hash);
    }
    return hash(line - 1);
  }

  private directives(file: string): readonly PlacedDirective[] {
    let placed = this.placed.get(file);
    if (!placed) {
      const directives = this.context.directives(file);
      // most files hold none, and need not be read for that
      const text = directives.length === 0 ? "" : (this.context.text(file) ?? "");
      const starts = directives.length === 0 ? new Int32Array(0) : this.lineStarts(file);
      placed = directives.map((directive) => place(directive, file, text, starts));
      this.placed.set(file, placed);
    }
    return placed;
  }
}

/** Finds the line that a directive is about; `next-line` skips blank lines and further comments. */
function place(directive: Directive, file: string, text: string, starts: Int32Array): PlacedDirective {
  const own = lineIndex(starts, directive.at);
  const end = (starts[own] ?? 0) + lineAt(text, starts, own).length;
  const at = { file, region: regionOf(text, starts, directive.at, Math.max(directive.at, end)) };
  let line = own;
  if (directive.kind === "ignore-next-line") {
    line++;
    while (line < starts.length - 1 && /^\s*(?:$|\/\/|\/?\*)/.test(lineAt(text, starts, line))) line++;
  }
  return { directive, at, line: directive.kind === "ignore-file" ? 0 : line + 1 };
}

function settingFor(rule: RuleMeta, policy: Policy): Severity | "off" | undefined {
  return Object.entries(policy.rules).find(([reference]) => namesRule(reference, rule))?.[1];
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

function inOrder(a: Finding, b: Finding): number {
  return (
    byText(a.at.file, b.at.file) ||
    a.at.region.startLine - b.at.region.startLine ||
    a.at.region.startColumn - b.at.region.startColumn ||
    byText(a.rule.code, b.rule.code) ||
    byText(a.subject, b.subject) ||
    byText(a.message, b.message)
  );
}

/**
 * One finding per rule, file and line, since consumers merge such results silently. The one with the smallest subject
 * speaks for all (its fingerprint must not depend on confidence or order); suppressed ones stay apart from open ones.
 */
function merged(findings: readonly Finding[]): Finding[] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const state = finding.suppression ? "suppressed" : "open";
    const key = `${finding.rule.code}\0${finding.at.file}\0${finding.at.region.startLine}\0${state}`;
    const group = groups.get(key);
    if (group) group.push(finding);
    else groups.set(key, [finding]);
  }
  return [...groups.values()].map(mergeGroup).sort(inOrder);
}

const SEVERITIES: readonly Severity[] = ["error", "warning", "note"];
const CONFIDENCES: readonly Confidence[] = ["proven", "inferred", "named", "unknown"];

function mergeGroup(group: readonly Finding[]): Finding {
  const [first, ...others] = [...group].sort((a, b) => byText(a.subject, b.subject) || inOrder(a, b));
  if (first === undefined) throw new Error("a group of findings is never empty");
  if (others.length === 0) return first;
  const seen = new Set([first.subject + first.message]);
  const also = others.filter(
    (other) => !seen.has(other.subject + other.message) && seen.add(other.subject + other.message),
  );
  return {
    ...first,
    severity: SEVERITIES.find((one) => group.some((finding) => finding.severity === one)) ?? first.severity,
    confidence: CONFIDENCES.find((one) => group.some((finding) => finding.confidence === one)) ?? first.confidence,
    related: [
      ...first.related,
      ...also.map((other) => ({
        ...other.at,
        label: other.subject === first.subject ? other.message : `also for ${other.subject}`,
      })),
    ],
  };
}

/** Gives every finding its fingerprint; equal ones are counted in the order of their places. */
function numbered(findings: readonly Finding[]): Finding[] {
  const counts = new Map<string, number>();
  return findings.map((finding) => {
    const { rule, subject, at } = finding;
    const key = `${rule.code}\0${subject}\0${at.file}`;
    const nth = counts.get(key) ?? 0;
    counts.set(key, nth + 1);
    return { ...finding, fingerprint: fingerprintOf(rule.code, subject, at.file, nth) };
  });
}
