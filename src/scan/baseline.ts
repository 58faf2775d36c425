/** Which findings does an earlier report hold already? Lines may have moved, files may have been renamed since. */
import { isWithin, nameOf } from "../base/path.js";
import type { BaselineState, Finding, PastFinding, ScanResult } from "../model/finding.js";

/** What both sides are matched by. */
type Traits = Pick<PastFinding, "rule" | "subject" | "file" | "messageId" | "fingerprint" | "lineHash">;
type Key = (traits: Traits) => readonly string[];

/** From the surest to the weakest; a key with an empty part matches nothing. */
const KEYS: readonly Key[] = [
  (one) => [one.rule, one.fingerprint, contentOf(one)],
  (one) => [one.rule, one.subject, one.file, contentOf(one)],
  (one) => [one.rule, one.subject, one.file, one.messageId],
  (one) => [one.rule, one.fingerprint],
  (one) => [one.rule, one.subject, one.file],
  // the file was renamed: the same lines, or the same kind of finding in a file of the same name
  (one) => [one.rule, subjectWithoutFile(one), contentOf(one)],
  (one) => [one.rule, subjectWithoutFile(one), one.messageId, nameOf(one.file)],
  // an entry point keeps its name wherever its code goes
  (one) => [one.rule, one.subject.includes(one.file) ? "" : one.subject, one.messageId],
];

/**
 * Marks every finding as new, unchanged or updated.
 *
 * @param past all findings of the earlier report
 * @returns the result with its findings marked, and in `resolved` what is no longer found among the files and rules
 *   that this run looked at
 */
export function withBaseline(result: ScanResult, past: readonly PastFinding[]): ScanResult {
  const matcher = new Matcher(past);
  const open = result.findings.filter((finding) => finding.suppression === null);
  const silenced = result.findings.filter((finding) => finding.suppression !== null);
  // what was silenced then and is open now counts as new: the exception has gone
  matcher.match(open, (one) => !one.suppressed);
  matcher.match(silenced, () => true);
  const ran = new Set(result.rules.map((rule) => rule.code));
  const looked = (one: PastFinding): boolean =>
    ran.has(one.rule) && (result.paths.length === 0 || result.paths.some((path) => isWithin(one.file, path)));
  return {
    ...result,
    findings: result.findings.map((finding) => ({ ...finding, baseline: matcher.stateOf(finding) })),
    resolved: matcher.unmatched().filter((one) => !one.suppressed && looked(one)),
  };
}

/** A finding of this run in the shape of an earlier report's. */
export function asPast(finding: Finding): PastFinding {
  const { rule, subject, at, severity, message, messageId, fingerprint, lineHash, suppression } = finding;
  return {
    rule: rule.code,
    subject,
    file: at.file,
    region: at.region,
    severity,
    message,
    messageId,
    fingerprint,
    lineHash,
    suppressed: suppression !== null,
  };
}

class Matcher {
  private readonly partners = new Map<Finding, PastFinding>();
  private readonly used = new Set<PastFinding>();

  constructor(private readonly past: readonly PastFinding[]) {}

  /** Pairs findings with past ones of the given kind; each past one is used once. */
  match(findings: readonly Finding[], eligible: (one: PastFinding) => boolean): void {
    for (const keyOf of KEYS) {
      const waiting = new Map<string, PastFinding[]>();
      for (const one of this.past) {
        const key = keyOf(one);
        if (this.used.has(one) || !eligible(one) || key.includes("")) continue;
        const list = waiting.get(key.join("\0"));
        if (list) list.push(one);
        else waiting.set(key.join("\0"), [one]);
      }
      for (const finding of findings) {
        if (this.partners.has(finding)) continue;
        const key = keyOf(asPast(finding));
        const partner = key.includes("") ? undefined : waiting.get(key.join("\0"))?.shift();
        if (partner === undefined) continue;
        this.partners.set(finding, partner);
        this.used.add(partner);
      }
    }
  }

  stateOf(finding: Finding): BaselineState {
    const partner = this.partners.get(finding);
    if (partner === undefined) return "new";
    const same =
      partner.severity === finding.severity &&
      partner.file === finding.at.file &&
      (partner.messageId === "" || partner.messageId === finding.messageId);
    return same ? "unchanged" : "updated";
  }

  unmatched(): readonly PastFinding[] {
    return this.past.filter((one) => !this.used.has(one));
  }
}

/** The line's hash without the counter behind it. */
function contentOf({ lineHash }: Traits): string {
  return lineHash.replace(/:\d+$/, "");
}

function subjectWithoutFile({ subject, file }: Traits): string {
  return file === "" ? subject : subject.replaceAll(file, "*");
}
