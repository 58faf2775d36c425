/**
 * A query text taken apart: which tables it touches, and which conditions filter each of them, in which position.
 * Text that cannot be parsed is an error, never an empty statement.
 */
import { rewritePlaceholders } from "./placeholders.js";
import { parseRepaired } from "./repair.js";
import { readScopes } from "./scopes.js";
import type { ColumnsOf, SqlConjunct, SqlError, SqlPosition, SqlStatement } from "./sql-model.js";

export { loadSqlParser } from "./parser.js";
export type * from "./sql-model.js";

const LONGEST = 200_000;
const MOST_CACHED = 20_000;
const unknownColumns: ColumnsOf = () => undefined;
const caches = new WeakMap<ColumnsOf, Map<string, SqlStatement | SqlError>>();

/** Takes a query text apart. `columnsOf` settles unqualified names when several tables are in reach. */
export function parseStatement(sql: string, columnsOf: ColumnsOf = unknownColumns): SqlStatement | SqlError {
  let cache = caches.get(columnsOf);
  if (cache === undefined || cache.size > MOST_CACHED) {
    cache = new Map();
    caches.set(columnsOf, cache);
  }
  const known = cache.get(sql);
  if (known !== undefined) return known;
  const result = parseText(sql, columnsOf);
  cache.set(sql, result);
  return result;
}

export function isSqlError(result: SqlStatement | SqlError): result is SqlError {
  return "error" in result;
}

function parseText(sql: string, columnsOf: ColumnsOf): SqlStatement | SqlError {
  if (sql.length > LONGEST) return { error: "the statement is too long" };
  const rewritten = rewritePlaceholders(sql);
  const tree = parseRepaired(rewritten.text);
  if ("error" in tree) return tree;
  if (tree.statements.length === 0) return { error: "no statement" };
  return { ...readScopes(tree.statements, columnsOf), placeholders: rewritten.originals, spliced: tree.spliced };
}

/**
 * Conditions on one relation, as they look from it: an ON condition of an outer join filters the rows of its nullable
 * side, a correlated sub-select filters when it stands in conjunction. `scope` defaults to any scope with that alias.
 */
export function conjunctsFor(statement: SqlStatement, alias: string, scope = -1): readonly SqlConjunct[] {
  return statement.conjuncts
    .filter((conjunct) => conjunct.table === alias && (scope < 0 || conjunct.tableScope === scope))
    .map((conjunct) => {
      const position = seenFrom(statement, conjunct);
      return position === conjunct.position ? conjunct : { ...conjunct, position };
    });
}

function seenFrom(statement: SqlStatement, conjunct: SqlConjunct): SqlPosition {
  let position = conjunct.position;
  if (position === "outer-join" && conjunct.nullable.includes(conjunct.table)) position = "and";
  for (let at = conjunct.scope; at !== conjunct.tableScope && at >= 0; ) {
    const scope = statement.scopes[at];
    if (scope === undefined) break;
    if (scope.position === "negated") return "negated";
    if (scope.position !== "and" && position === "and")
      position = scope.position === "outer-join" ? "outer-join" : "or";
    at = scope.parent;
  }
  return position;
}
