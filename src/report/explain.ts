/** Why a finding was made, step by step; and the page of a rule for the terminal. */
import type { Finding, LabelledPlace } from "../model/finding.js";
import { type Paint, paintFor, printable, wrapped } from "./paint.js";
import { severityWord, snippetLines, spot } from "./text.js";

export interface ExplainOptions {
  readonly colour: boolean;
  readonly width: number;
}

const CERTAINTY = {
  proven: "proven: every step was resolved in source and holds on every path",
  inferred: "inferred: from what functions do or from what comparable entry points have",
  named: "by name only: no behaviour could be read, names suggest it",
  unknown: "not decided",
} as const;

/** The chain of evidence behind one finding. */
export function renderExplanation(finding: Finding, options: ExplainOptions): string {
  const paint = paintFor(options.colour);
  const { width } = options;
  const { rule } = finding;
  const lines = [
    `${severityWord(finding.severity, paint)} ${paint.bold(rule.code)} ${rule.name}  ${paint.cyan(printable(finding.subject))}`,
    "",
    ...wrapped(finding.message, width, ""),
    "",
    `  ${spot(finding.at)}`,
    ...snippetLines(finding.at, paint, width, "  "),
    ...chain("How it comes about", finding.flow, paint, width),
    ...chain("Also part of it", finding.related, paint, width),
    ...section("How sure", [CERTAINTY[finding.confidence]], paint, width),
    ...section("Why it matters", [rule.why], paint, width),
    ...section("What to do", finding.remedy === "" ? [] : [finding.remedy], paint, width),
    ...suppression(finding, paint, width),
    ...section("Silence it", silencing(finding), paint, width),
    "",
    paint.dim(`fingerprint ${finding.fingerprint} · rule page: authgap explain ${rule.code}`),
  ];
  return `${lines.join("\n")}\n`;
}

function chain(title: string, steps: readonly LabelledPlace[], paint: Paint, width: number): string[] {
  if (steps.length === 0) return [];
  const lines = steps.flatMap((step, index) => [
    ...wrapped(`${index + 1}. ${step.label}`, width, "  "),
    `     ${paint.dim(spot(step))}`,
    ...snippetLines(step, paint, width, "     "),
  ]);
  return ["", paint.bold(title), ...lines];
}

function section(title: string, paragraphs: readonly string[], paint: Paint, width: number): string[] {
  if (paragraphs.length === 0) return [];
  return ["", paint.bold(title), ...paragraphs.flatMap((text) => wrapped(text, width, "  "))];
}

function suppression(finding: Finding, paint: Paint, width: number): string[] {
  if (finding.suppression === null) return [];
  const { kind, justification, at } = finding.suppression;
  const by = kind === "inSource" ? "a comment" : "the manifest";
  return section("Suppressed", [`By ${by} at ${spot(at)}: ${justification}`], paint, width);
}

function silencing(finding: Finding): string[] {
  if (finding.suppression !== null) return [];
  return [
    `In source, on the line before: // authgap-ignore-next-line ${finding.rule.code} -- reason`,
    `In the manifest, below 'exceptions': { rule: ${finding.rule.code}, subject: "${finding.subject}", reason: "…", owner: "…", expires: YYYY-MM-DD }`,
  ];
}

/** A rule's page, written in Markdown, as text for the terminal. */
export function renderRulePage(markdown: string, options: ExplainOptions): string {
  const paint = paintFor(options.colour);
  const out: string[] = [];
  let paragraph: string[] = [];
  let inCode = false;
  const flush = () => {
    out.push(...paragraphLines(paragraph.join(" "), paint, options.width));
    paragraph = [];
  };
  for (const line of markdown.replace(/\r\n?/g, "\n").split("\n")) {
    if (line.startsWith("```")) {
      flush();
      inCode = !inCode;
    } else if (inCode) {
      out.push(`    ${paint.cyan(printable(line))}`);
    } else if (/^(?:\s*$|#|\||>|\s*(?:[-*]|\d+\.)\s)/.test(line)) {
      flush();
      if (/^\s*(?:[-*]|\d+\.)\s/.test(line)) paragraph.push(line);
      else out.push(...blockLine(line, paint, options.width));
    } else {
      paragraph.push(line.trim());
    }
  }
  flush();
  return `${out.join("\n").trim()}\n`;
}

function blockLine(line: string, paint: Paint, width: number): string[] {
  const heading = /^#+\s+(.*)$/.exec(line);
  if (heading) return [paint.bold(printable(heading[1] ?? ""))];
  if (line.startsWith("|"))
    return /^\|[\s:|-]+\|$/.test(line) ? [] : [`  ${inline(printable(line.slice(1, -1).trim()), paint)}`];
  return line.trim() === "" ? [""] : wrapped(line.replace(/^>\s?/, ""), width, "  ").map((one) => inline(one, paint));
}

function paragraphLines(text: string, paint: Paint, width: number): string[] {
  const item = /^(\s*)([-*]|\d+\.)\s+(.*)$/s.exec(text);
  if (!item) return wrapped(text, width, "").map((line) => inline(line, paint));
  const mark = item[2] === "*" || item[2] === "-" ? "•" : (item[2] ?? "");
  const hang = `${item[1] ?? ""}  ${" ".repeat(mark.length + 1)}`;
  return wrapped(item[3] ?? "", width, hang).map((line, index) => {
    const body = index === 0 ? `${item[1] ?? ""}  ${mark} ${line.trimStart()}` : line;
    return inline(body, paint);
  });
}

/** Code, emphasis and links inside a line. */
function inline(line: string, paint: Paint): string {
  return line
    .replace(/\[([^\]]+)\]\((https?:[^)\s]+)\)/g, "$1 ($2)")
    .replace(/`([^`]+)`/g, (_, code: string) => paint.cyan(code))
    .replace(/\*\*([^*]+)\*\*/g, (_, strong: string) => paint.bold(strong));
}
