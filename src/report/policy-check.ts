/** What is wrong with the manifest itself, by line of the manifest. */
import { byText } from "../base/path.js";
import type { Finding, ScanResult } from "../model/finding.js";
import { counted, paintFor, printable, wrapped } from "./paint.js";
import type { Terminal } from "./policy-diff.js";

/** Renders the findings about the manifest, which is valid: an invalid one never comes this far. */
export function renderPolicyCheck(result: ScanResult, format: "text" | "json", terminal: Terminal): string {
  const findings = [...result.findings].sort(
    (a, b) => byText(a.at.file, b.at.file) || a.at.region.startLine - b.at.region.startLine,
  );
  if (format === "json") return `${JSON.stringify(jsonOf(result, findings), null, 2)}\n`;
  const paint = paintFor(terminal.colour);
  const brush = { error: paint.red, warning: paint.yellow, note: paint.dim };
  const lines: string[] = [];
  for (const { at, severity, rule, message, remedy } of findings) {
    const place = printable(`${at.file}:${at.region.startLine}:${at.region.startColumn}`);
    lines.push(`  ${brush[severity](severity.padEnd(7))} ${place}  ${rule.code} ${rule.name}`);
    lines.push(...wrapped(message, terminal.width, "    "));
    if (remedy !== "") lines.push(...wrapped(`fix: ${remedy}`, terminal.width, "    "));
  }
  if (lines.length > 0) lines.push("");
  const checked = result.paths.some((path) => path !== "")
    ? "Only a part of the project was read: entries that match nothing were not looked for."
    : "";
  const state = findings.length === 0 ? "nothing stale, expired or without owner" : counted(findings.length, "remark");
  lines.push(`${printable(result.policyFile)} is valid: ${state}`);
  if (checked !== "") lines.push(checked);
  return `${lines.join("\n")}\n`;
}

function jsonOf(result: ScanResult, findings: readonly Finding[]) {
  return {
    manifest: result.policyFile,
    valid: true,
    remarks: findings.map(({ at, severity, rule, message, subject, remedy }) => ({
      rule: rule.code,
      severity,
      subject,
      message,
      remedy,
      file: at.file,
      line: at.region.startLine,
      column: at.region.startColumn,
    })),
  };
}
