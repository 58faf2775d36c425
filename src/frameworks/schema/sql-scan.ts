/**
 * Tolerant reader of table definitions in dialects that the PostgreSQL grammar refuses (MySQL, SQLite): it looks at the
 * first words of each element and ignores what follows.
 */
import type { Place } from "../../model/place.js";
import type { Tables } from "./sql-tables.js";

const NAME = '(?:[`"\\[][^`"\\]]+[`"\\]]|[\\w$]+)';
const QUALIFIED = `(?:(?:${NAME})\\s*\\.\\s*)?(${NAME})`;
const CREATE = new RegExp(`^create\\s+(?:\\w+\\s+)*?table\\s+(?:if\\s+not\\s+exists\\s+)?${QUALIFIED}\\s*\\(`, "i");
const ALTER = new RegExp(`^alter\\s+table\\s+(?:if\\s+exists\\s+)?(?:only\\s+)?${QUALIFIED}\\s+`, "i");
const UNIQUE_INDEX = new RegExp(`^create\\s+unique\\s+index\\b[\\s\\S]*?\\bon\\s+${QUALIFIED}\\s*\\(([^)]*)\\)`, "i");
const DROP = new RegExp(`^drop\\s+table\\s+(?:if\\s+exists\\s+)?${QUALIFIED}`, "i");
const REFERENCES = new RegExp(`\\breferences\\s+${QUALIFIED}`, "i");
const TABLE_CONSTRAINT =
  /^(?:constraint\s+\S+\s+)?(primary\s+key|unique(?:\s+(?:key|index))?|foreign\s+key|key|index|fulltext|spatial|check|exclude)\b/i;

/** Reads one statement; false when it is none that this reader knows. */
export function scanStatement(statement: string, tables: Tables, place: Place): boolean {
  const created = CREATE.exec(statement);
  if (created !== null) {
    const name = unquoted(created[1]);
    tables.create(name, "", place);
    for (const element of elements(statement.slice(created[0].length))) scanElement(name, element, tables, place);
    return true;
  }
  const altered = ALTER.exec(statement);
  if (altered !== null) {
    for (const action of elements(statement.slice(altered[0].length)))
      scanAction(unquoted(altered[1]), action, tables, place);
    return true;
  }
  const index = UNIQUE_INDEX.exec(statement);
  if (index !== null) tables.unique(unquoted(index[1]), names(index[2] ?? ""), place);
  const dropped = DROP.exec(statement);
  if (dropped !== null) tables.drop(unquoted(dropped[1]));
  return index !== null || dropped !== null;
}

/** Parts between commas of depth zero, up to the parenthesis that closes the list. */
function elements(body: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  let at = 0;
  for (; at < body.length && depth >= 0; at++) {
    const char = body[at] ?? "";
    if ("'\"`".includes(char)) {
      const close = body.indexOf(char, at + 1);
      at = close < 0 ? body.length : close;
    } else if (char === "(") depth++;
    else if (char === ")") depth--;
    else if (char === "," && depth === 0) {
      parts.push(body.slice(start, at).trim());
      start = at + 1;
    }
  }
  const last = body.slice(start, depth < 0 ? at - 1 : at).trim();
  return [...parts, last].map((part) => part.replace(/^(?:\s*--[^\n]*\n)+/, "").trim()).filter((part) => part !== "");
}

function scanElement(table: string, element: string, tables: Tables, place: Place): void {
  const constraint = TABLE_CONSTRAINT.exec(element);
  if (constraint === null) {
    scanColumn(table, element, tables, place);
    return;
  }
  const kind = (constraint[1] ?? "").toLowerCase();
  const columns = names(/\(([^)]*)\)/.exec(element.slice(constraint[0].length))?.[1] ?? "");
  if (kind.startsWith("primary")) tables.primary(table, columns, place);
  else if (kind.startsWith("unique")) tables.unique(table, columns, place);
  else if (kind.startsWith("foreign")) {
    tables.foreign(table, { columns, table: unquoted(REFERENCES.exec(element)?.[1]) }, place);
  }
}

const COLUMN = new RegExp(`^(${NAME})\\s+([A-Za-z]\\w*)?`);

function scanColumn(table: string, element: string, tables: Tables, place: Place): void {
  const match = COLUMN.exec(element);
  if (match === null) return;
  const name = unquoted(match[1]);
  const rest = element.slice(match[0].length);
  const primary = /\bprimary\s+key\b/i.test(rest);
  tables.addColumn(
    table,
    { name, type: (match[2] ?? "").toLowerCase(), optional: !primary && !/\bnot\s+null\b/i.test(rest) },
    place,
  );
  if (primary) tables.primary(table, [name], place);
  if (/\bunique\b/i.test(rest)) tables.unique(table, [name], place);
  const references = REFERENCES.exec(rest);
  if (references !== null) tables.foreign(table, { columns: [name], table: unquoted(references[1]) }, place);
}

function scanAction(table: string, action: string, tables: Tables, place: Place): void {
  const add = /^add\s+(?:column\s+)?(?:if\s+not\s+exists\s+)?/i.exec(action);
  const drop = new RegExp(`^drop\\s+(?:column\\s+)(?:if\\s+exists\\s+)?(${NAME})`, "i").exec(action);
  const renamed = new RegExp(`^rename\\s+(?:column\\s+)?(${NAME})\\s+to\\s+(${NAME})`, "i").exec(action);
  const moved = new RegExp(`^rename\\s+(?:to|as)\\s+(${NAME})`, "i").exec(action);
  if (add !== null) scanElement(table, action.slice(add[0].length), tables, place);
  else if (drop !== null) tables.dropColumn(table, unquoted(drop[1]));
  else if (moved !== null) tables.rename(table, unquoted(moved[1]));
  else if (renamed !== null) tables.renameColumn(table, unquoted(renamed[1]), unquoted(renamed[2]));
}

function names(columns: string): readonly string[] {
  return columns
    .split(",")
    .map((column) => unquoted(new RegExp(`^\\s*(${NAME})`).exec(column)?.[1]))
    .filter((column) => column !== "");
}

function unquoted(name: string | undefined): string {
  return (name ?? "").replaceAll(/[`"[\]]/g, "");
}
