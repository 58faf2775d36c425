/** A scope while it is read, and which relation a column name belongs to. */
import type { SqlConjunct, SqlOutput, SqlScope, SqlTable, SqlValue } from "./sql-model.js";

export interface Draft extends SqlScope {
  readonly tables: SqlTable[];
  readonly conjuncts: SqlConjunct[];
  readonly outputs: SqlOutput[];
  /** columns of those relations whose definition is known, lower case */
  readonly known: { readonly alias: string; readonly columns: ReadonlySet<string> }[];
}

/** A name that stood for a spliced placeholder is no name. */
export function unspliced(name: string): string {
  return /^\$\d+$/.test(name) ? "" : name;
}

/** False for conditions that a row of nulls can satisfy. */
export function isStrict(conjunct: SqlConjunct): boolean {
  if (conjunct.column === "") return false;
  return !["is null", "is not distinct from", "is distinct from", "is unknown", "is not true", "is not false"].includes(
    conjunct.operator,
  );
}

/** Finds the relation a column reference means, going outward through enclosing scopes. */
export function resolveColumn(fields: readonly string[], scope: Draft, scopes: readonly Draft[]): SqlValue {
  const column = unspliced(fields.at(-1) ?? "");
  const qualifier = fields.at(-2);
  if (qualifier !== undefined) return qualified(qualifier, column, scope, scopes);
  for (let at: Draft | undefined = scope; at !== undefined; at = scopes[at.parent]) {
    const owner = unqualified(column, at);
    if (owner !== null) return { kind: "column", scope: at.id, table: owner, column };
  }
  return { kind: "column", scope: scope.id, table: scope.tables[0]?.alias ?? "", column };
}

function qualified(qualifier: string, column: string, scope: Draft, scopes: readonly Draft[]): SqlValue {
  for (let at: Draft | undefined = scope; at !== undefined; at = scopes[at.parent]) {
    const table =
      at.tables.find((candidate) => candidate.alias === qualifier) ??
      at.tables.find((candidate) => candidate.name === qualifier);
    if (table !== undefined) return { kind: "column", scope: at.id, table: table.alias, column };
  }
  return { kind: "column", scope: scope.id, table: qualifier, column };
}

/** Alias of the owner, '' when it could be several, null when it is none of this scope. */
function unqualified(column: string, scope: Draft): string | null {
  if (scope.tables.length === 0) return null;
  const name = column.toLowerCase();
  const owner = scope.known.find((table) => table.columns.has(name));
  if (owner !== undefined) return owner.alias;
  const open = scope.tables.filter((table) => !scope.known.some((known) => known.alias === table.alias));
  const [only] = open;
  if (only === undefined) return null;
  return open.length === 1 ? only.alias : "";
}
