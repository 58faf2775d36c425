/** Cuts migration files into the statements that define tables, without parsing anything else. */

export interface DdlStatement {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const BOUNDARY =
  /'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"]|"")*"|`[^`]*`|--[^\n]*|\/\*[\s\S]*?\*\/|(\$(?:[A-Za-z_]\w*)?\$)[\s\S]*?\1|;/g;
const LEADING = /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/|#[^\n]*\n)+/;
const DEFINES =
  /^(?:create\s+(?:(?:global|local|temp|temporary|unlogged|external)\s+)*table\b|create\s+unique\s+index\b|create\s+policy\b|alter\s+table\b|alter\s+policy\b|drop\s+table\b|drop\s+policy\b)/i;
const ANY_DEFINITION = /\b(?:create\s+[a-z\s]*table|create\s+unique\s+index|create\s+policy|alter\s+table)\b/i;
/** Sections of one file that undo what came before. */
const DOWN = /^--\s*(?:\+goose\s+down|migrate:down|\+micrate\s+down|down\s+migration|!down)\b[\s\S]*/im;
const COPY_DATA = /^copy\s[\s\S]*?from\s+stdin\b[^;]*;[\s\S]*?^\\\.$/gim;

/** Statements that define tables, in order; bodies of DO blocks are looked into. */
export function ddlStatements(source: string): readonly DdlStatement[] {
  if (!ANY_DEFINITION.test(source)) return [];
  const text = blank(blank(source, DOWN), COPY_DATA);
  const found: DdlStatement[] = [];
  let start = 0;
  BOUNDARY.lastIndex = 0;
  for (let match = BOUNDARY.exec(text); match !== null; match = BOUNDARY.exec(text)) {
    if (match[0] !== ";") continue;
    take(text, start, match.index, found);
    start = BOUNDARY.lastIndex;
  }
  take(text, start, text.length, found);
  return found;
}

function blank(text: string, pattern: RegExp): string {
  return text.replace(pattern, (found) => found.replace(/[^\n]/g, " "));
}

function take(text: string, from: number, to: number, found: DdlStatement[]): void {
  // most of a dump is data: look at the first words before copying anything
  const head = text.slice(from, Math.min(to, from + 4_000));
  const start = from + (LEADING.exec(head)?.[0].length ?? 0);
  const first = text.slice(start, Math.min(to, start + 200));
  if (DEFINES.test(first)) found.push({ text: text.slice(start, to), start, end: to });
  else if (/^do\b/i.test(first)) takeBlock(text.slice(start, to), start, found);
}

/** `DO $$ BEGIN ALTER TABLE …; EXCEPTION …; END $$`: the usual wrapper around constraints. */
function takeBlock(block: string, offset: number, found: DdlStatement[]): void {
  const open = /\$\w*\$/.exec(block);
  if (open === null) return;
  const begin = open.index + open[0].length;
  const close = block.indexOf(open[0], begin);
  const body = block.slice(begin, close < 0 ? undefined : close);
  let at = begin;
  for (const piece of body.split(";")) {
    const match = /\b(?:create\s+table|create\s+unique\s+index|create\s+policy|alter\s+table)\b/i.exec(piece);
    if (match !== null) {
      const start = offset + at + match.index;
      const text = piece.slice(match.index);
      found.push({ text, start, end: start + text.length });
    }
    at += piece.length + 1;
  }
}
