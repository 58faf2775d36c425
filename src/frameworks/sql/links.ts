/**
 * Conditions that reach a relation through others: joins, correlated sub-selects, IN sub-selects, CTEs. A row of `run`
 * is bound by `app.org_id = $1` when an equality in conjunction ties `run.app_id` to `app.id`.
 */
import type { SqlConjunct, SqlScope, SqlStatement, SqlTable, SqlValue } from "./sql-model.js";
import { conjunctsFor } from "./statement.js";

export interface SqlLink {
  readonly column: string;
  /** name of the table reached; '' for a derived one */
  readonly table: string;
  readonly toColumn: string;
}

export interface ReachedConjunct {
  readonly conjunct: SqlConjunct;
  /** relation whose column it names; the name of a table, not an alias */
  readonly table: string;
  readonly schema: string;
  /** joins that lead there, nearest first; empty for the relation's own conditions */
  readonly path: readonly SqlLink[];
}

type Column = Extract<SqlValue, { kind: "column" }>;

const DEEPEST = 5;
const WIDEST = 400;

/** All conditions in conjunction that bind rows of one relation, its own first. */
export function reachableConjuncts(statement: SqlStatement, table: SqlTable): readonly ReachedConjunct[] {
  const walker = new LinkWalker(statement);
  walker.table(table, []);
  return walker.found;
}

/** The relation an alias stands for in a scope. */
export function tableOf(statement: SqlStatement, scope: number, alias: string): SqlTable | undefined {
  return statement.scopes[scope]?.tables.find((table) => table.alias === alias);
}

class LinkWalker {
  readonly found: ReachedConjunct[] = [];
  private readonly seen: Set<string>;

  constructor(
    private readonly statement: SqlStatement,
    seen: Iterable<string> = [],
  ) {
    this.seen = new Set(seen);
  }

  table(table: SqlTable, path: readonly SqlLink[]): void {
    const key = `${table.scope}\0${table.alias}`;
    if (this.seen.has(key) || path.length > DEEPEST || this.found.length > WIDEST) return;
    this.seen.add(key);
    const own = conjunctsFor(this.statement, table.alias, table.scope).filter(
      (conjunct) => conjunct.position === "and",
    );
    for (const conjunct of own) {
      this.found.push({ conjunct, table: table.name, schema: table.schema, path });
    }
    for (const conjunct of own) this.follow(conjunct, path);
    this.outward(table, path);
  }

  private follow(conjunct: SqlConjunct, path: readonly SqlLink[]): void {
    const { value, operator } = conjunct;
    if (value.kind === "column" && (operator === "=" || operator === "any" || operator === "is not distinct from")) {
      this.column(value, conjunct.column, path);
    } else if (value.kind === "subquery" && (operator === "in" || operator === "=" || operator === "any")) {
      const output = this.statement.scopes[value.scope]?.outputs[0]?.value;
      if (output?.kind === "column") this.column(output, conjunct.column, path);
    }
  }

  private column(to: Column, from: string, path: readonly SqlLink[]): void {
    const table = tableOf(this.statement, to.scope, to.table);
    if (table === undefined) return;
    const next = [...path, { column: from, table: table.name, toColumn: to.column }];
    this.table(table, next);
    this.inward(table, to.column, next);
  }

  /** From a column of a derived table to the column behind it; a UNION binds only if every branch does. */
  private inward(table: SqlTable, column: string, path: readonly SqlLink[]): void {
    const branches = table.derived.map((id) => this.behind(id, column));
    const [first] = branches;
    if (first === undefined || branches.some((branch) => branch === null)) return;
    if (branches.length === 1 && first !== null) {
      const inner = tableOf(this.statement, first.scope, first.table);
      if (inner !== undefined) this.table(inner, [...path, { column, table: inner.name, toColumn: first.column }]);
      return;
    }
    this.common(
      branches.filter((branch) => branch !== null),
      path,
    );
  }

  private common(columns: readonly Column[], path: readonly SqlLink[]): void {
    const perBranch = columns.map((column) => {
      const inner = tableOf(this.statement, column.scope, column.table);
      if (inner === undefined) return [];
      // what was visited on the way here is not visited again: that would lead back out of the branch
      const branch = new LinkWalker(this.statement, this.seen);
      branch.table(inner, []);
      return branch.found;
    });
    const [first, ...rest] = perBranch;
    for (const reached of first ?? []) {
      const same = (other: ReachedConjunct): boolean => signature(other) === signature(reached);
      if (rest.every((branch) => branch.some(same))) this.found.push({ ...reached, path: [...path, ...reached.path] });
    }
  }

  private behind(id: number, column: string): Column | null {
    const scope = this.statement.scopes[id];
    return scope === undefined ? null : columnBehind(scope, column);
  }

  /** Conditions that the only reader of a CTE or sub-select puts on its output bind the rows inside. */
  private outward(table: SqlTable, path: readonly SqlLink[]): void {
    const scope = this.statement.scopes[table.scope];
    if (scope === undefined || (scope.kind !== "cte" && scope.kind !== "derived")) return;
    const readers = this.statement.tables.filter((reader) => reader.derived.includes(scope.id));
    const [reader] = readers;
    if (reader === undefined || readers.length !== 1) return;
    for (const conjunct of conjunctsFor(this.statement, reader.alias, reader.scope)) {
      if (conjunct.position !== "and") continue;
      const inner = columnBehind(scope, conjunct.column);
      if (inner === null || inner.table !== table.alias || inner.scope !== table.scope) continue;
      const moved = { ...conjunct, column: inner.column };
      this.found.push({ conjunct: moved, table: table.name, schema: table.schema, path });
      this.follow(moved, path);
    }
  }
}

function signature({ conjunct, table }: ReachedConjunct): string {
  return JSON.stringify([table, conjunct.column, conjunct.operator, conjunct.value]);
}

/** The column of an inner relation that a scope hands out under a name. */
function columnBehind(scope: SqlScope, name: string): Column | null {
  const named = scope.outputs.find((output) => output.name === name);
  if (named !== undefined) return named.value.kind === "column" ? named.value : null;
  const star = scope.outputs.find((output) => output.name === "*");
  if (star === undefined) return null;
  const alias = star.star === "" ? (scope.tables.length === 1 ? scope.tables[0]?.alias : undefined) : star.star;
  return alias === undefined ? null : { kind: "column", scope: scope.id, table: alias, column: name };
}
