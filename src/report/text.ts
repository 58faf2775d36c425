/** Findings for a person at a terminal: by file, each with its place, its reason, the way there and the repair. */
import type { Finding, LabelledPlace, Notice, ScanResult } from "../model/finding.js";
import type { LocatedPlace } from "../model/place.js";
import type { Severity } from "../model/rule.js";
import { counted, fitted, grouped, type Paint, paintFor, printable, wrapped } from "./paint.js";
import { conventionLines } from "./public-routes.js";
import { byFile, isNews, SEVERITIES } from "./selection.js";
import { changeLines } from "./text-change.js";
import { coverageLines } from "./text-coverage.js";

export interface TextOptions {
  readonly colour: boolean;
  readonly width: number;
  /** all notices and suppressed findings instead of the first few and their number */
  readonly verbose?: boolean;
}

/** Digits of a fingerprint that are enough to name a finding. */
export const SHORT_FINGERPRINT = 8;
const SNIPPET_LINES = 3;
const SHORT_LIST = 5;

/** The whole report; ends with a line break. */
export function renderText(result: ScanResult, options: TextOptions): string {
  const paint = paintFor(options.colour);
  const all = result.findings.filter((finding) => finding.suppression === null);
  const open = options.verbose ? all : all.filter(isNews);
  const lines = [
    ...byFile(open).flatMap(([file, findings]) => fileBlock(file, findings, paint, options.width)),
    ...conventionLines(result.routes, paint, { width: options.width, all: options.verbose === true }),
    ...noticeBlock(result.notices, paint, options),
    ...summary(all.filter(isNews), result.findings.length - all.length, paint, result.resolved !== undefined),
    ...baselineLines(result, all, paint, options),
    ...(result.change === undefined ? [] : changeLines(result.change, paint, options)),
    ...coverageLines(result, paint, options.width),
  ];
  return `${lines.join("\n")}\n`;
}

/** What the baseline knows already, and what it knows that is gone. */
function baselineLines(result: ScanResult, open: readonly Finding[], paint: Paint, options: TextOptions): string[] {
  if (result.resolved === undefined) return [];
  const known = open.filter((finding) => !isNews(finding)).length;
  const hidden = known > 0 && !options.verbose ? " (--verbose shows them)" : "";
  const gone = result.resolved.slice(0, options.verbose ? result.resolved.length : SHORT_LIST);
  const rest = result.resolved.length - gone.length;
  return [
    `${counted(known, "finding")} known before${hidden}, ${grouped(result.resolved.length)} resolved`,
    ...gone.map((past) => `  ${paint.green("✓")} ${past.rule}  ${printable(past.subject)}  ${paint.dim(spot(past))}`),
    ...(rest > 0 ? [paint.dim(`  and ${rest} more (--verbose lists them)`)] : []),
    "",
  ];
}

/** `src/app.ts:12:5` */
export function spot(place: LocatedPlace): string {
  return printable(`${place.file}:${place.region.startLine}:${place.region.startColumn}`);
}

/** The word for a severity in its colour, padded to the longest. */
export function severityWord(severity: Severity, paint: Paint): string {
  const brush = { error: paint.red, warning: paint.yellow, note: paint.cyan }[severity];
  return brush(paint.bold(severity.padEnd(7)));
}

/** Steps of a finding's flow, numbered, labels in a column of their own. */
export function flowLines(flow: readonly LabelledPlace[], paint: Paint, width: number, indent: string): string[] {
  const column = Math.min(48, Math.max(0, ...flow.map((step) => spot(step).length)));
  return flow.map((step, index) => {
    const number = `${index + 1}.`.padStart(String(flow.length).length + 1);
    const room = width - indent.length - number.length - column - 3;
    const label = room < 24 ? printable(step.label) : fitted(printable(step.label), room);
    return `${indent}${paint.dim(number)} ${spot(step).padEnd(column)}  ${paint.dim(label)}`;
  });
}

/** The first lines of a snippet with their numbers. */
export function snippetLines(place: LabelledPlace, paint: Paint, width: number, indent: string): string[] {
  if (place.snippet === "") return [];
  const all = place.snippet.split("\n");
  const shown = all.slice(0, SNIPPET_LINES).map((line) => printable(line));
  const margin = Math.min(...shown.filter((line) => line.trim() !== "").map((line) => line.search(/\S/)), 40);
  const gutter = String(place.region.startLine + shown.length - 1).length;
  const lines = shown.map((line, index) => {
    const number = String(place.region.startLine + index).padStart(gutter);
    return `${indent}${paint.dim(`${number} │`)} ${fitted(line.slice(margin), width - indent.length - gutter - 3)}`;
  });
  return all.length > SNIPPET_LINES ? [...lines, `${indent}${" ".repeat(gutter)} ${paint.dim("┆")}`] : lines;
}

function fileBlock(file: string, findings: readonly Finding[], paint: Paint, width: number): string[] {
  const head = `${paint.bold(paint.underline(printable(file)))}`;
  return [head, "", ...findings.flatMap((finding) => [...findingBlock(finding, paint, width), ""])];
}

function findingBlock(finding: Finding, paint: Paint, width: number): string[] {
  const { rule } = finding;
  const sure = finding.confidence === "proven" ? "" : paint.dim(` (${finding.confidence})`);
  const title = `${severityWord(finding.severity, paint)} ${paint.bold(rule.code)} ${rule.name}`;
  const related = finding.flow.length > 0 ? [] : finding.related;
  const steps = finding.flow.length > 0 ? finding.flow : related.slice(0, SHORT_LIST);
  return [
    `  ${title}  ${paint.cyan(printable(finding.subject))}${sure}${isNews(finding) ? "" : paint.dim(" (known)")}`,
    `    ${spot(finding.at)}`,
    ...wrapped(finding.message, width, "    "),
    ...snippetLines(finding.at, paint, width, "      "),
    ...flowLines(steps, paint, width, "      "),
    ...(related.length > steps.length ? [`      ${paint.dim(`and ${related.length - steps.length} more`)}`] : []),
    ...fixLines(finding.remedy, paint, width),
    paint.dim(`    authgap explain ${finding.fingerprint.slice(0, SHORT_FINGERPRINT)}`),
  ];
}

function fixLines(remedy: string, paint: Paint, width: number): string[] {
  return wrapped(remedy, width, "         ").map((line, index) =>
    index === 0 ? `    ${paint.green("fix:")} ${line.trimStart()}` : line,
  );
}

/** Problems first; of what stayed undecided the first few, unless all was asked for. */
function noticeBlock(notices: readonly Notice[], paint: Paint, options: TextOptions): string[] {
  const unknowns = notices.filter((notice) => notice.kind === "unknown");
  const others = notices.filter((notice) => notice.kind !== "unknown");
  const limit = options.verbose ? unknowns.length : SHORT_LIST;
  return [
    ...noticeList("Needs attention", others, others.length, paint, options.width),
    ...noticeList("Not decided", unknowns, limit, paint, options.width),
  ];
}

function noticeList(title: string, notices: readonly Notice[], limit: number, paint: Paint, width: number): string[] {
  if (notices.length === 0) return [];
  const lines = notices.slice(0, limit).flatMap((notice) => {
    const where = notice.at === null ? "" : `${spot(notice.at)}  `;
    const remedy = wrapped(notice.remedy, width, "    ").map((line) => paint.dim(line));
    return [...wrapped(where + notice.message, width, "  "), ...remedy];
  });
  const rest = notices.length - limit;
  const more = rest > 0 ? [paint.dim(`  and ${rest} more (--verbose lists them)`)] : [];
  return [paint.bold(title), ...lines, ...more, ""];
}

/** How many of each rule, the most severe first. */
function summary(open: readonly Finding[], suppressed: number, paint: Paint, compared: boolean): string[] {
  const silenced = suppressed > 0 ? [paint.dim(`${counted(suppressed, "finding")} suppressed`)] : [];
  const kind = compared ? "new finding" : "finding";
  if (open.length === 0) return [paint.bold(paint.green(`No ${kind}s.`)), ...silenced, ""];
  const rows = SEVERITIES.flatMap((severity) => {
    const codes = new Map<string, Finding[]>();
    for (const finding of open.filter((one) => one.severity === severity)) {
      codes.set(finding.rule.code, [...(codes.get(finding.rule.code) ?? []), finding]);
    }
    return [...codes.values()].sort((a, b) => b.length - a.length).map((group) => summaryRow(severity, group, paint));
  });
  const totals = SEVERITIES.map(
    (severity) => [severity, open.filter((one) => one.severity === severity).length] as const,
  )
    .filter(([, count]) => count > 0)
    .map(([severity, count]) => counted(count, severity));
  return [paint.bold(`${counted(open.length, kind)}: ${totals.join(", ")}`), ...rows, ...silenced, ""];
}

function summaryRow(severity: Severity, group: readonly Finding[], paint: Paint): string {
  const rule = group[0]?.rule;
  const name = rule ? `${rule.code} ${rule.name.padEnd(28)} ${paint.dim(rule.title)}` : "";
  return `  ${String(group.length).padStart(4)}  ${severityWord(severity, paint)} ${name}`;
}
