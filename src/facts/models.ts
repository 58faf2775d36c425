/** Data models from schema files anywhere in the repository, and the SQL grammar where the code has SQL. */
import { readPrismaModels, type SchemaFile } from "../frameworks/schema/prisma-schema.js";
import { isGeneratedMigration, readSqlSchema } from "../frameworks/schema/sql-schema.js";
import { loadSqlParser } from "../frameworks/sql/parser.js";
import type { DataModel } from "../model/data-model.js";
import type { Program } from "../program/program.js";

const ASIDE = /(?:^|\/)(?:tests?|__tests__|fixtures?|examples?|samples?|sandbox|demos?|templates?|e2e|docs)\//i;
/** packages whose calls carry SQL text */
const SQL_CLIENT =
  /^(?:pg|postgres|slonik|mysql2?|better-sqlite3|@vercel\/postgres|@neondatabase\/serverless|typeorm|knex|sequelize|drizzle-orm|@clickhouse\/client|@libsql\/client|mariadb|sqlite3?|pg-promise)/;

/**
 * Reads what the schema files declare. Files of examples and tests count only when the project has no others or
 * when they lie below the scanned paths.
 *
 * @param scope scanned paths from the root
 */
export async function readModels(
  files: readonly SchemaFile[],
  scope: readonly string[],
): Promise<readonly DataModel[]> {
  const used = files.filter(
    (file) => !ASIDE.test(file.path) || scope.some((path) => path !== "" && file.path.startsWith(path)),
  );
  const wanted = used.length > 0 ? used : files;
  const prisma = readPrismaModels(wanted.filter((file) => file.path.endsWith(".prisma")));
  const sql = wanted.filter(
    (file) => file.path.endsWith(".sql") && !(prisma.length > 0 && isGeneratedMigration(file.path)),
  );
  const tables = sql.length === 0 ? [] : (await readSqlSchema(sql)).models;
  return [...prisma, ...tables];
}

/** The grammar is a WebAssembly module: loaded once, and only for programs that have SQL in their code. */
export async function prepareSql(program: Program): Promise<void> {
  for (const file of program.files) {
    if (file.lowered.imports.some((item) => SQL_CLIENT.test(item.module)) || holdsRawSql(file.lowered.strings)) {
      await loadSqlParser();
      return;
    }
  }
}

function holdsRawSql(strings: readonly string[]): boolean {
  return strings.some((text) => text.startsWith("$queryRaw") || text.startsWith("$executeRaw"));
}
