/** Findings as GitHub's workflow commands: annotations on the lines of a change, without any upload. */
import type { Finding, ScanResult } from "../model/finding.js";
import type { Severity } from "../model/rule.js";
import { printable } from "./paint.js";
import { headline, newsOf, SEVERITIES } from "./selection.js";
import { coverageSentence } from "./text-coverage.js";
import { rulePage, sentence } from "./tool.js";

/** GitHub shows so many annotations of each level and step, and drops the others without a word. */
export const MOST_ANNOTATIONS = 10;

const COMMANDS: Readonly<Record<Severity, string>> = { error: "error", warning: "warning", note: "notice" };

/** One command for each finding, the most severe first, then plain lines that say what was found in all. */
export function renderGithub(result: ScanResult): string {
  const news = newsOf(result);
  const groups = SEVERITIES.map((severity) => news.filter((finding) => finding.severity === severity));
  const commands = groups.flatMap((group) => group.slice(0, MOST_ANNOTATIONS).map(annotation));
  const rest = groups.reduce((sum, group) => sum + Math.max(0, group.length - MOST_ANNOTATIONS), 0);
  const lines = [
    ...commands,
    headline(result, news),
    ...(rest > 0
      ? [
          `${rest} of them carry no annotation: GitHub shows ${MOST_ANNOTATIONS} of each level. --format text or sarif tells all.`,
        ]
      : []),
    coverageSentence(result.coverage),
  ];
  return `${lines.join("\n")}\n`;
}

function annotation(finding: Finding): string {
  const { rule, at, severity } = finding;
  const { startLine, endLine, startColumn, endColumn } = at.region;
  // GitHub refuses columns on annotations over several lines, and counts their end inclusively
  const columns: [string, number][] =
    startLine === endLine
      ? [
          ["col", startColumn],
          ["endColumn", Math.max(startColumn, endColumn - 1)],
        ]
      : [];
  const properties: [string, string | number][] = [
    ["file", at.file],
    ["line", startLine],
    ["endLine", endLine],
    ...columns,
    ["title", `${rule.code} ${rule.name}: ${finding.subject}`],
  ];
  const given = properties.map(([name, value]) => `${name}=${property(String(value))}`).join(",");
  const parts = [sentence(finding.message), finding.remedy === "" ? "" : sentence(finding.remedy), rulePage(rule)];
  return `::${COMMANDS[severity]} ${given}::${data(parts.filter((part) => part !== "").join("\n"))}`;
}

/** As the runner decodes it again. Whatever else would act on a terminal goes. */
function data(text: string): string {
  const clean = text
    .split("\n")
    .map((line) => printable(line))
    .join("\n");
  return clean.replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
}

function property(text: string): string {
  return data(printable(text)).replace(/:/g, "%3A").replace(/,/g, "%2C");
}
