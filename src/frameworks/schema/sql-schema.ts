/** Reads SQL migrations and dumps into data models, statement by statement, in the order in which they would run. */
import type { DataModel, RowSecurity } from "../../model/data-model.js";
import type { Place } from "../../model/place.js";
import { loadSqlParser, parseSqlTree } from "../sql/parser.js";
import type { SchemaFile } from "./prisma-schema.js";
import { applyStatement } from "./sql-ddl.js";
import { scanStatement } from "./sql-scan.js";
import { withSettings } from "./sql-settings.js";
import { type DdlStatement, ddlStatements } from "./sql-split.js";
import { Tables } from "./sql-tables.js";

export interface SqlSchema {
  readonly models: readonly DataModel[];
  readonly rowSecurity: readonly RowSecurity[];
  /** definitions that no reader understood */
  readonly unread: readonly Place[];
}

/** `3.down.sql`, `0146.undo.following.sql`, `revert/users.sql`: what takes a migration back */
const UNDOES = /(?:^|[./_-])(?:down|undo)\.sql$|\.(?:down|undo)\.[^/]*\.sql$|\/(?:down|undo|revert)\//i;

/** Numbers in names count as numbers: `2_a` comes before `10_b`. */
const inOrder = new Intl.Collator("en", { numeric: true });

/** Tables after all migrations. The SQL grammar is loaded only if a file defines something. */
export async function readSqlSchema(files: readonly SchemaFile[]): Promise<SqlSchema> {
  const defining = files
    .filter((file) => !UNDOES.test(file.path))
    .map((file) => ({ file, statements: ddlStatements(file.text) }))
    .filter(({ statements }) => statements.length > 0);
  if (defining.length === 0) return { models: [], rowSecurity: [], unread: [] };
  await loadSqlParser();
  const unread: Place[] = [];
  const series = new Map<string, Tables>();
  for (const { file, statements } of defining.sort((a, b) => inOrder.compare(a.file.path, b.file.path))) {
    const tables = series.get(seriesOf(file.path)) ?? new Tables();
    series.set(seriesOf(file.path), tables);
    for (const statement of statements)
      if (!apply(statement, file.path, tables)) unread.push(placeOf(statement, file.path));
  }
  const all = [...series.values()];
  return {
    models: all.flatMap((tables) => tables.models()),
    rowSecurity: withSettings(
      all.flatMap((tables) => tables.securities()),
      files.filter((file) => !UNDOES.test(file.path)),
    ),
    unread,
  };
}

/** Tables defined in texts that code hands to a database, in that order; the SQL grammar must be loaded. */
export function readSqlTexts(texts: readonly SchemaFile[]): readonly DataModel[] {
  const tables = new Tables();
  for (const file of texts) {
    for (const statement of ddlStatements(file.text)) apply(statement, file.path, tables);
  }
  return tables.models();
}

function placeOf(statement: DdlStatement, file: string): Place {
  return { file, start: statement.start, end: statement.end };
}

function apply(statement: DdlStatement, file: string, tables: Tables): boolean {
  const place = placeOf(statement, file);
  // backticks are the only foreign spelling in many SQLite migrations
  const tree = parseSqlTree(statement.text.replaceAll("`", '"'));
  if ("error" in tree) return scanStatement(statement.text, tables, place);
  for (const parsed of tree.statements) applyStatement(parsed, tables, place, statement.text);
  return true;
}

/** Files that build one database: a folder, or the folder above when each migration has a folder of its own. */
function seriesOf(path: string): string {
  const parts = path.split("/").slice(0, -1);
  while (/^\d{4,}|^v?\d+[._-]/i.test(parts.at(-1) ?? "")) parts.pop();
  return parts.join("/");
}

/** True for migrations that a schema or code-first ORM generates: its models say the same, and more. */
export function isGeneratedMigration(path: string): boolean {
  return /(?:^|\/)prisma\/(?:[\w-]+\/)*migrations\/[^/]+\/migration\.sql$/.test(path);
}
