/** Findings, remarks and mistakes of the manifest as an editor shows them. */
import { type Diagnostic, DiagnosticSeverity } from "vscode-languageserver/node";
import type { Finding, Notice, ScanResult } from "../model/finding.js";
import type { ManifestProblem } from "../model/policy.js";
import type { Severity } from "../model/rule.js";
import { rulePage, TOOL_NAME } from "../report/tool.js";
import { rangeOf, uriOf } from "./places.js";

const SEVERITY: Readonly<Record<Severity, DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  note: DiagnosticSeverity.Information,
};
const MOST_RELATED = 20;

/** What is to be shown, by path from the root. */
export function diagnosticsOf(result: ScanResult, root: string): ReadonlyMap<string, readonly Diagnostic[]> {
  const found = new Map<string, Diagnostic[]>();
  const add = (file: string, diagnostic: Diagnostic): void => {
    const list = found.get(file);
    if (list === undefined) found.set(file, [diagnostic]);
    else list.push(diagnostic);
  };
  for (const finding of result.findings)
    if (finding.suppression === null) add(finding.at.file, ofFinding(finding, root));
  for (const notice of result.notices) if (notice.at !== null && isShown(notice)) add(notice.at.file, ofNotice(notice));
  return found;
}

function ofFinding(finding: Finding, root: string): Diagnostic {
  const { rule, at } = finding;
  const places = [...finding.flow, ...finding.related].filter((one) => one.label !== "").slice(0, MOST_RELATED);
  return {
    range: rangeOf(at.region),
    severity: SEVERITY[finding.severity],
    code: rule.code,
    codeDescription: { href: rulePage(rule) },
    source: TOOL_NAME,
    message: finding.remedy === "" ? finding.message : `${finding.message}\n${finding.remedy}`,
    relatedInformation: places.map((place) => ({
      location: { uri: uriOf(root, place.file), range: rangeOf(place.region) },
      message: place.label,
    })),
    data: { fingerprint: finding.fingerprint },
  };
}

/** What nothing decided is counted in reports; in an editor it would be noise. Comments that do nothing are mistakes. */
function isShown(notice: Notice): boolean {
  return notice.kind === "configuration";
}

function ofNotice(notice: Notice): Diagnostic {
  const region = notice.at?.region ?? { startLine: 1, startColumn: 1, endLine: 1, endColumn: 1 };
  return {
    range: rangeOf(region),
    severity: DiagnosticSeverity.Warning,
    code: notice.id,
    source: TOOL_NAME,
    message: notice.remedy === "" ? notice.message : `${notice.message} ${notice.remedy}`,
  };
}

/** A mistake in the manifest, marked to the end of its word. */
export function ofManifestProblem(problem: ManifestProblem, text: string): Diagnostic {
  const line = text.split("\n")[problem.line - 1] ?? "";
  const start = problem.column - 1;
  const word = /^[^\s:,\]}]+/.exec(line.slice(start))?.[0] ?? "";
  return {
    range: {
      start: { line: problem.line - 1, character: start },
      end: { line: problem.line - 1, character: start + Math.max(1, word.length) },
    },
    severity: DiagnosticSeverity.Error,
    code: "manifest",
    source: TOOL_NAME,
    message: `${problem.what} ${problem.remedy}`.trim(),
  };
}
