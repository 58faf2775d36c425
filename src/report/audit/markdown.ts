/** The same audit as Markdown, for a wiki or a pull request. */
import { printable } from "../paint.js";
import type { AuditDocument, AuditSection, Cell } from "./document.js";

/** Renders the document; ends with a line break. */
export function renderAuditMarkdown(audit: AuditDocument): string {
  const head = [
    `# ${plain(audit.title)}`,
    "",
    [audit.day, `authgap ${audit.tool}`, ...audit.facts].map(plain).join(" · "),
    "",
    ...audit.figures.map(({ label, value }) => `- **${plain(value)}** ${plain(label)}`),
  ];
  return `${[...head, ...audit.sections.flatMap(sectionLines)].join("\n")}\n`;
}

function sectionLines({ title, about, table }: AuditSection): readonly string[] {
  const head = ["", `## ${plain(title)}`, "", plain(about)];
  if (table.rows.length === 0) return head;
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    ...head,
    "",
    line(table.columns.map(plain)),
    line(table.columns.map(() => "---")),
    ...table.rows.map((row) => line(row.map(cellText))),
  ];
}

function cellText({ text, lines }: Cell): string {
  return [text, ...lines].map(plain).join("<br>");
}

/** Nothing that Markdown or HTML would take for its own. */
function plain(text: string): string {
  return printable(text.replace(/\s+/g, " "))
    .replace(/&/g, "&amp;")
    .replace(/[\\|`*_<>[\]#]/g, "\\$&");
}
