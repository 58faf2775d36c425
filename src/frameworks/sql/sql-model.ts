/** What a query text says once it is taken apart: scopes, relations, conditions, assignments. */

export type SqlKind = "select" | "insert" | "update" | "delete" | "merge" | "other";

/** Where a condition stands: it filters (`and`), or it may not. */
export type SqlPosition = "and" | "or" | "negated" | "outer-join";

export type SqlValue =
  | { readonly kind: "placeholder"; readonly index: number }
  /** `scope` and `table` say which relation; `table` is '' when an unqualified name could be of several */
  | { readonly kind: "column"; readonly scope: number; readonly table: string; readonly column: string }
  | { readonly kind: "constant"; readonly text: string }
  | { readonly kind: "list"; readonly items: readonly SqlValue[] }
  /** index into `SqlStatement.scopes` of its first branch */
  | { readonly kind: "subquery"; readonly scope: number }
  /** anything else: the function's name, when it is a call, and the placeholders inside */
  | { readonly kind: "other"; readonly call: string; readonly placeholders: readonly number[] };

export interface SqlConjunct {
  /** scope whose WHERE or ON holds it */
  readonly scope: number;
  /** scope in which `table` is an alias: an outer one when correlated */
  readonly tableScope: number;
  /** alias, else name; '' when no single relation is meant */
  readonly table: string;
  /** '' for a condition on no column: a spliced fragment (`fragment`) or an unreadable `expression` */
  readonly column: string;
  /** lower case: `=`, `in`, `not in`, `any`, `contains`, `is null`, `is not null`, `between`, `is true`, `fragment`, `expression` … */
  readonly operator: string;
  readonly position: SqlPosition;
  readonly value: SqlValue;
  /** the OR it stands in and which of its branches; null outside */
  readonly or: { readonly group: number; readonly branch: number } | null;
  /** for `outer-join`: aliases whose rows it does filter */
  readonly nullable: readonly string[];
}

export interface SqlTable {
  readonly scope: number;
  /** as conditions refer to it */
  readonly alias: string;
  /** '' for a derived table, a function or a name spliced in */
  readonly name: string;
  readonly schema: string;
  readonly join: "base" | "inner" | "left" | "right" | "full" | "cross";
  /** UPDATE, DELETE, INSERT INTO or MERGE INTO this table */
  readonly target: boolean;
  /** scopes that produce its rows, when it is a CTE or a sub-select */
  readonly derived: readonly number[];
}

export interface SqlOutput {
  /** '*' for a star */
  readonly name: string;
  /** for a star: its alias, '' for all tables */
  readonly star: string;
  readonly value: SqlValue;
}

export interface SqlScope {
  readonly id: number;
  /** -1 for the statement itself */
  readonly parent: number;
  readonly kind: "main" | "cte" | "derived" | "exists" | "in" | "scalar";
  readonly operation: SqlKind;
  /** name of the CTE, alias of the derived table */
  readonly name: string;
  /** where the sub-select stands in its parent: only `and` makes its conditions filter the parent's rows */
  readonly position: SqlPosition | "from" | "select";
  readonly tables: readonly SqlTable[];
  readonly conjuncts: readonly SqlConjunct[];
  readonly outputs: readonly SqlOutput[];
}

export interface SqlAssignment {
  readonly scope: number;
  readonly table: string;
  /** '' when a whole row was spliced in */
  readonly column: string;
  readonly value: SqlValue;
  readonly clause: "insert" | "update" | "conflict";
}

export interface SqlStatement {
  readonly kind: SqlKind;
  /** the statement itself first; then CTEs and sub-selects */
  readonly scopes: readonly SqlScope[];
  /** all relations of all scopes, derived ones too */
  readonly tables: readonly SqlTable[];
  readonly conjuncts: readonly SqlConjunct[];
  readonly assignments: readonly SqlAssignment[];
  /** columns of ON CONFLICT, null when there is none */
  readonly conflict: readonly string[] | null;
  /** it answers only how many or whether */
  readonly countOnly: boolean;
  /** `$n` → placeholder as written */
  readonly placeholders: readonly string[];
  /**
   * placeholders that stand for pieces of SQL (a join, a further condition, a sub-select) and were left out: what is
   * written still holds unless such a piece begins with OR, but it is not all there is
   */
  readonly spliced: readonly number[];
}

export type SqlError = { readonly error: string };

/** Columns of a table by its name, undefined when the table is unknown. */
export type ColumnsOf = (table: string, schema: string) => readonly string[] | undefined;
