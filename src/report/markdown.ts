/** The result as Markdown, for the summary page of a job or a comment on a change. */
import type { Finding, ScanResult } from "../model/finding.js";
import { changeSections, routeName } from "./change.js";
import { counted, printable } from "./paint.js";
import { headline, newsOf, SEVERITIES } from "./selection.js";
import { coverageSentence } from "./text-coverage.js";
import { rulePage, sentence } from "./tool.js";

/** A comment holds 65,536 characters and a job's summary 1 MiB; what does not fit is counted. */
const MOST_ROWS = 100;
const MOST_DETAILS = 20;
const MOST_RESOLVED = 50;
const MOST_CHANGES = 30;
const LONGEST_CELL = 300;

/** The whole report; ends with a line break. */
export function renderMarkdown(result: ScanResult): string {
  const news = newsOf(result);
  const blocks = [
    `## authgap: ${headline(result, news).replace(/\.$/, "")}`,
    baselineSentence(result),
    changeBlocks(result),
    findingTable(news),
    details(news),
    resolvedList(result),
    `<sub>${coverageSentence(result.coverage)}</sub>`,
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

/** Text from source between Markdown: nothing in it becomes a link, a tag, a mention or a column. */
export function inMarkdown(text: string): string {
  return printable(text.replace(/\s+/g, " "))
    .replace(/[\\|`*_<>[\]()#~&!]/g, "\\$&")
    .replace(/@/g, "@\u200b");
}

/** Text as code; a run of backticks in it is replaced, since it would end the code. */
export function asCode(text: string): string {
  const clean = printable(text.replace(/\s+/g, " ")).replace(/`/g, "'").replace(/\|/g, "\\|");
  return clean.trim() === "" ? "" : `\`${clean}\``;
}

/** A table; '' without rows. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** `and 12 more`; '' when nothing is left. */
export function andMore(rest: number, where: string): string {
  return rest > 0 ? `and ${rest} more, not shown here (${where})` : "";
}

function baselineSentence({ findings, resolved }: ScanResult): string {
  if (resolved === undefined) return "";
  const known = findings.filter((one) => one.suppression === null && one.baseline !== "new").length;
  return `${counted(known, "finding")} known before, ${counted(resolved.length, "finding")} resolved.`;
}

function findingTable(news: readonly Finding[]): string {
  const rows = news
    .slice(0, MOST_ROWS)
    .map((finding) => [
      finding.severity,
      `[${finding.rule.code}](${rulePage(finding.rule)}) ${finding.rule.name}`,
      asCode(clipped(finding.subject)),
      asCode(`${finding.at.file}:${finding.at.region.startLine}`),
      inMarkdown(clipped(firstSentence(finding.message))),
    ]);
  const more = andMore(news.length - rows.length, "the SARIF and JSON reports hold all");
  return [table(["", "rule", "subject", "place", "what"], rows), more].filter((one) => one !== "").join("\n\n");
}

/** The way to each finding and its repair, folded away. */
function details(news: readonly Finding[]): string {
  const shown = news.slice(0, MOST_DETAILS);
  return shown
    .map((finding) => {
      const title = `${finding.rule.code} ${finding.subject}`.replace(/[<>&]/g, "");
      const steps = finding.flow.map(
        (step, index) => `${index + 1}. ${asCode(`${step.file}:${step.region.startLine}`)} ${inMarkdown(step.label)}`,
      );
      const remedy = finding.remedy === "" ? "" : `Fix: ${inMarkdown(sentence(finding.remedy))}`;
      const parts = [inMarkdown(sentence(finding.message)), steps.join("\n"), remedy].filter((part) => part !== "");
      return `<details><summary>${printable(title)}</summary>\n\n${parts.join("\n\n")}\n\n</details>`;
    })
    .join("\n\n");
}

/** What the change did, alarming things before the findings that follow from them. */
function changeBlocks({ change }: ScanResult): string {
  if (change === undefined) return "";
  const sections = changeSections(change).map(({ title, alarming, lines }) => {
    const rows = lines.slice(0, MOST_CHANGES).map(({ text, place, routes }) => {
      const names = routes.length > 1 ? routes.slice(0, MOST_CHANGES).map((row) => asCode(routeName(row))) : [];
      const rest = routes.length - MOST_CHANGES;
      const list = names.length === 0 ? "" : `: ${names.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
      return `- ${inMarkdown(text)}${list}${place === "" ? "" : ` ${asCode(place)}`}`;
    });
    const more = andMore(lines.length - rows.length, "the JSON report holds all");
    const list = [...rows, ...(more === "" ? [] : [`- ${more}`])].join("\n");
    return `### ${alarming ? "⚠️ " : ""}${title}\n\n${list}`;
  });
  const head = `Compared with ${asCode(change.since)} (${change.commit.slice(0, 10)}).`;
  return [head, ...(sections.length === 0 ? ["Routes, guards and policy are unchanged."] : sections)].join("\n\n");
}

function resolvedList({ resolved = [] }: ScanResult): string {
  if (resolved.length === 0) return "";
  const rows = [...resolved]
    .sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity))
    .slice(0, MOST_RESOLVED)
    .map((past) => `- ${past.rule} ${asCode(past.subject)} ${asCode(past.file)}`);
  const more = andMore(resolved.length - rows.length, "the JSON report holds all");
  return ["### Resolved", [...rows, ...(more === "" ? [] : [`- ${more}`])].join("\n")].join("\n\n");
}

function firstSentence(text: string): string {
  return /^.*?[.!?](?=\s|$)/s.exec(text)?.[0] ?? text;
}

function clipped(text: string): string {
  return text.length <= LONGEST_CELL ? text : `${text.slice(0, LONGEST_CELL - 1)}…`;
}
