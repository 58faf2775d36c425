/**
 * Findings for a person at a terminal: what matters in one line, then by file, the worst first, each with its place,
 * its reason, the way there and the repair.
 */
import type { Finding, LabelledPlace, Notice, ScanResult } from "../model/finding.js";
import type { LocatedPlace } from "../model/place.js";
import type { Severity } from "../model/rule.js";
import { counted, fitted, grouped, type Paint, paintFor, printable, wrapped } from "./paint.js";
import { conventionLines } from "./public-routes.js";
import { byFile, headline, isNews, SEVERITIES } from "./selection.js";
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
/** Shorter repairs are told each time. */
const LONG_FIX = 90;

/** The whole report; ends with a line break. */
export function renderText(result: ScanResult, options: TextOptions): string {
  const paint = paintFor(options.colour);
  const all = result.findings.filter((finding) => finding.suppression === null);
  const open = options.verbose ? all : all.filter(isNews);
  const news = all.filter(isNews);
  const fixes = new Map<string, string>();
  const lines = [
    ...opening(result, news, paint),
    ...(result.change === undefined ? [] : changeLines(result.change, paint, options)),
    ...worstFirst(open).flatMap(([file, findings]) => fileBlock(file, findings, fixes, paint, options.width)),
    ...conventionLines(result.routes, paint, { width: options.width, all: options.verbose === true }),
    ...noticeBlock(result.notices, paint, options),
    ...summary(news, result.findings.length - all.length, paint, result.resolved !== undefined),
    ...baselineLines(result, all, paint, options),
    ...coverageLines(result, paint, options.width),
  ];
  return `${lines.join("\n")}\n`;
}

/** The first line, for reports that are longer than a screen. */
function opening(result: ScanResult, news: readonly Finding[], paint: Paint): string[] {
  if (news.length < 2) return [];
  const files = new Set(news.map((finding) => finding.at.file)).size;
  return [paint.bold(`${headline(result, news)}, in ${counted(files, "file")}`), ""];
}

/** Files with errors before files with warnings, and so within each file; else in the order in which they come. */
function worstFirst(findings: readonly Finding[]): [string, readonly Finding[]][] {
  const rank = (finding: Finding | undefined): number => SEVERITIES.indexOf(finding?.severity ?? "note");
  return byFile(findings)
    .map(([file, found]): [string, readonly Finding[]] => [file, found.toSorted((a, b) => rank(a) - rank(b))])
    .sort(([, a], [, b]) => rank(a[0]) - rank(b[0]));
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
  const steps = alikeOnce(flow);
  const column = Math.min(48, Math.max(0, ...steps.map((step) => spot(step).length)));
  return steps.map((step) => {
    const number = `${step.number}.`.padStart(String(flow.length).length + 1);
    const more = step.more === 0 ? "" : ` (and ${step.more} more)`;
    const room = width - indent.length - number.length - column - 3 - more.length;
    const label = (room < 24 ? printable(step.label) : fitted(printable(step.label), room)) + more;
    return `${indent}${paint.dim(number)} ${spot(step).padEnd(column)}  ${paint.dim(label)}`;
  });
}

interface NumberedStep extends LabelledPlace {
  readonly number: number;
  /** steps after it that tell the same of another name */
  readonly more: number;
}

/** Neighbours that say the same of different names (`'cookieParser' has nothing to do with identity`), told once. */
function alikeOnce(flow: readonly LabelledPlace[]): readonly NumberedStep[] {
  const steps: NumberedStep[] = [];
  const claim = (step: LabelledPlace): string => /^'[^']*' (.*?)(?:, when .*)?$/.exec(step.label)?.[1] ?? "";
  for (const [index, step] of flow.entries()) {
    const last = steps[steps.length - 1];
    if (last !== undefined && claim(last) !== "" && claim(last) === claim(step))
      steps[steps.length - 1] = { ...last, more: last.more + 1 };
    else steps.push({ ...step, number: index + 1, more: 0 });
  }
  return steps;
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

/** @param fixes repairs that were told already, and for which subject */
function fileBlock(
  file: string,
  findings: readonly Finding[],
  fixes: Map<string, string>,
  paint: Paint,
  width: number,
): string[] {
  const head = `${paint.bold(paint.underline(printable(file)))}`;
  return [head, "", ...findings.flatMap((finding) => [...findingBlock(finding, fixes, paint, width), ""])];
}

function findingBlock(finding: Finding, fixes: Map<string, string>, paint: Paint, width: number): string[] {
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
    ...fixLines(fixOf(finding, fixes), paint, width),
    paint.dim(`    authgap explain ${finding.fingerprint.slice(0, SHORT_FINGERPRINT)}`),
  ];
}

/** A repair that was told before, for another subject, is not told again at length. */
function fixOf({ rule, remedy, subject }: Finding, fixes: Map<string, string>): string {
  const told = `${rule.code} ${remedy.replaceAll(subject, "…")}`;
  const before = fixes.get(told);
  if (before === undefined) fixes.set(told, subject);
  return before === undefined || remedy.length < LONG_FIX ? remedy : `as for '${before}' above`;
}

function fixLines(remedy: string, paint: Paint, width: number): string[] {
  return wrapped(remedy, width, "         ").map((line, index) =>
    index === 0 ? `    ${paint.green("fix:")} ${line.trimStart()}` : line,
  );
}

/** Problems first; of what stayed undecided the first few, unless all was asked for. */
function noticeBlock(notices: readonly Notice[], paint: Paint, options: TextOptions): string[] {
  const undecided = notices.filter((notice) => notice.kind === "unknown");
  const unknowns = options.verbose ? undecided : eachOnce(undecided);
  const others = notices.filter((notice) => notice.kind !== "unknown");
  const limit = options.verbose ? unknowns.length : SHORT_LIST;
  return [
    ...noticeList("Needs attention", others, others.length, paint, options.width),
    ...noticeList("Not decided", unknowns, limit, paint, options.width),
  ];
}

/** What is said several times of one file, said once with the number of places. */
function eachOnce(notices: readonly Notice[]): readonly Notice[] {
  const groups = new Map<string, Notice[]>();
  for (const notice of notices) {
    const key = `${notice.at?.file ?? ""}\0${notice.message}\0${notice.remedy}`;
    groups.set(key, [...(groups.get(key) ?? []), notice]);
  }
  return [...groups.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    return [others.length === 0 ? first : { ...first, message: `${first.message} (${others.length + 1} times)` }];
  });
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
