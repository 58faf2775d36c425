/** Data models from schema files anywhere in the repository, and the SQL grammar where the code has SQL. */
import { readPrismaModels, type SchemaFile } from "../frameworks/schema/prisma-schema.js";
import { isGeneratedMigration, readSqlSchema } from "../frameworks/schema/sql-schema.js";
import { loadSqlParser } from "../frameworks/sql/parser.js";
import type { DataModel, RowSecurity } from "../model/data-model.js";
import type { Program } from "../program/linking/program.js";

const ASIDE = /(?:^|\/)(?:tests?|__tests__|fixtures?|examples?|samples?|sandbox|demos?|templates?|e2e|docs)\//i;
/** packages whose calls carry SQL text */
const SQL_CLIENT =
  /^(?:pg|postgres|slonik|mysql2?|better-sqlite3|@vercel\/postgres|@neondatabase\/serverless|typeorm|knex|sequelize|drizzle-orm|@clickhouse\/client|@libsql\/client|mariadb|sqlite3?|pg-promise)/;

export interface DeclaredData {
  readonly models: readonly DataModel[];
  readonly rowSecurity: readonly RowSecurity[];
}

/**
 * Reads what the schema files declare: models, and which rows of them the database shows to whom. Files of examples and tests count only when the project has no others or
 * when they lie below the scanned paths.
 *
 * @param scope scanned paths from the root
 */
export async function readModels(files: readonly SchemaFile[], scope: readonly string[]): Promise<DeclaredData> {
  const used = files.filter(
    (file) => !ASIDE.test(file.path) || scope.some((path) => path !== "" && file.path.startsWith(path)),
  );
  const wanted = used.length > 0 ? used : files;
  const prisma = readPrismaModels(wanted.filter((file) => file.path.endsWith(".prisma")));
  const sql = wanted.filter((file) => file.path.endsWith(".sql"));
  const repeats = (path: string): boolean => prisma.length > 0 && isGeneratedMigration(path);
  // a generated migration says the same as the schema, but policies stand nowhere else
  const read = sql.filter((file) => !repeats(file.path) || /\brow level security\b|create policy/i.test(file.text));
  if (read.length === 0) return { models: prisma, rowSecurity: [] };
  const { models, rowSecurity } = await readSqlSchema(read);
  return { models: [...prisma, ...models.filter((model) => !repeats(model.place.file))], rowSecurity };
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
