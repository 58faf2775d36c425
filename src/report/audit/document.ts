/** What an audit consists of, before it becomes HTML or Markdown: numbers, and tables with cells of plain text. */

export type Tone = "plain" | "good" | "bad" | "warn" | "dim";

export interface Cell {
  readonly text: string;
  readonly tone: Tone;
  /** further lines below the text, small */
  readonly lines: readonly string[];
}

export interface AuditTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

export interface AuditSection {
  /** anchor, in lower case */
  readonly id: string;
  readonly title: string;
  /** what the table shows, or why it is empty */
  readonly about: string;
  readonly table: AuditTable;
}

export interface AuditFigure {
  readonly label: string;
  readonly value: string;
  readonly tone: Tone;
}

export interface AuditDocument {
  readonly title: string;
  /** ISO date */
  readonly day: string;
  /** version of the scanner */
  readonly tool: string;
  /** manifest, commit and the like */
  readonly facts: readonly string[];
  readonly figures: readonly AuditFigure[];
  readonly sections: readonly AuditSection[];
}

/** A cell. */
export function cell(text: string | number, tone: Tone = "plain", lines: readonly string[] = []): Cell {
  return { text: String(text), tone, lines };
}

/** A number that is good when it is zero. */
export function count(value: number, tone: Tone): Cell {
  return cell(value, value === 0 ? "dim" : tone);
}
