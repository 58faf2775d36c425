/** Which findings a report shows first, and how many there are of each severity. */
import type { Finding, ScanResult } from "../model/finding.js";
import type { Severity } from "../model/rule.js";
import { counted } from "./paint.js";

export const SEVERITIES: readonly Severity[] = ["error", "warning", "note"];

/** Compared with a baseline, only what is new counts and is shown. */
export function isNews(finding: Finding): boolean {
  return finding.baseline === undefined || finding.baseline === "new";
}

/** Findings that nothing silences and that the baseline does not know, the most severe first, then by place. */
export function newsOf(result: ScanResult): readonly Finding[] {
  return result.findings
    .filter((finding) => finding.suppression === null && isNews(finding))
    .map((finding, order) => ({ finding, order }))
    .sort(
      (a, b) => SEVERITIES.indexOf(a.finding.severity) - SEVERITIES.indexOf(b.finding.severity) || a.order - b.order,
    )
    .map(({ finding }) => finding);
}

/** `4 findings: 3 errors, 1 warning`; with a baseline `4 new findings: …`. */
export function headline(result: ScanResult, news: readonly Finding[]): string {
  const kind = result.resolved === undefined ? "finding" : "new finding";
  if (news.length === 0) return `No ${kind}s.`;
  const totals = SEVERITIES.map((severity) =>
    counted(news.filter((one) => one.severity === severity).length, severity),
  );
  return `${counted(news.length, kind)}: ${totals.filter((total) => !total.startsWith("0 ")).join(", ")}`;
}

/** Findings by file, in the order in which they come. */
export function byFile(findings: readonly Finding[]): [string, Finding[]][] {
  const files = new Map<string, Finding[]>();
  for (const finding of findings) {
    const group = files.get(finding.at.file);
    if (group) group.push(finding);
    else files.set(finding.at.file, [finding]);
  }
  return [...files];
}
