/** Walks parsed statements into scopes: CTEs, sub-selects and set operations each with their own relations and conditions. */
import { type ConditionContext, emitEquality, isCountOutput, readCondition } from "./conditions.js";
import { outputName, readOperand, subLinksIn } from "./operands.js";
import { bodyOf, field, isNode, list, type SqlNode, stringOf, strings, text, unwrap } from "./parser.js";
import { type Draft, isStrict, resolveColumn, unspliced } from "./scope-draft.js";
import type {
  ColumnsOf,
  SqlAssignment,
  SqlKind,
  SqlPosition,
  SqlScope,
  SqlStatement,
  SqlTable,
  SqlValue,
} from "./sql-model.js";
import { readWrite, type WriteContext } from "./writes.js";

type Ctes = ReadonlyMap<string, readonly number[]>;
type Role = Pick<SqlScope, "kind" | "name" | "position"> & { readonly parent: number };
type Column = Extract<SqlValue, { kind: "column" }>;

const KINDS: Readonly<Record<string, SqlKind>> = {
  SelectStmt: "select",
  InsertStmt: "insert",
  UpdateStmt: "update",
  DeleteStmt: "delete",
  MergeStmt: "merge",
};

export type ScopedStatement = Omit<SqlStatement, "placeholders" | "spliced">;

/** Reads statements (mostly one) into scopes; the first that touches data gives the kind. */
export function readScopes(statements: readonly SqlNode[], columnsOf: ColumnsOf): ScopedStatement {
  const reader = new ScopeReader(columnsOf);
  let kind: SqlKind = "other";
  for (const statement of statements) {
    const found = KINDS[unwrap(statement).kind] ?? "other";
    if (found === "other") continue;
    reader.statement(statement, { kind: "main", name: "", position: "and", parent: -1 }, new Map());
    if (kind === "other") kind = found;
  }
  return reader.result(kind);
}

class ScopeReader {
  private readonly drafts: Draft[] = [];
  private readonly assignments: SqlAssignment[] = [];
  private conflict: readonly string[] | null = null;
  private groups = 0;
  private countOnly = false;

  constructor(private readonly columnsOf: ColumnsOf) {}

  result(kind: SqlKind): ScopedStatement {
    const scopes: SqlScope[] = this.drafts.map(({ known: _, ...scope }) => scope);
    const tables = scopes.flatMap((scope) => scope.tables);
    const conjuncts = scopes.flatMap((scope) => scope.conjuncts);
    return {
      kind,
      scopes,
      tables,
      conjuncts,
      assignments: this.assignments,
      conflict: this.conflict,
      countOnly: this.countOnly && kind === "select",
    };
  }

  /** Reads one statement and returns the scopes that produce its rows: several for a UNION. */
  statement(statement: unknown, role: Role, ctes: Ctes): readonly number[] {
    const { kind, body } = unwrap(statement);
    const visible = this.withClause(body.withClause, role.parent, ctes);
    if (kind === "SelectStmt") return this.select(body, role, visible);
    const scope = this.open(role, KINDS[kind] ?? "other");
    readWrite(kind, body, this.writing(scope, visible));
    this.readOutputs(body.returningList ?? field(body.returningClause, "exprs"), scope, visible);
    this.settleOuterJoins(scope);
    return [scope.id];
  }

  private open(role: Role, operation: SqlKind): Draft {
    const draft: Draft = {
      id: this.drafts.length,
      ...role,
      operation,
      tables: [],
      conjuncts: [],
      outputs: [],
      known: [],
    };
    this.drafts.push(draft);
    return draft;
  }

  private withClause(clause: unknown, parent: number, outer: Ctes): Ctes {
    const ctes = new Map(outer);
    for (const entry of list(field(clause, "ctes"))) {
      const cte = bodyOf(entry, "CommonTableExpr");
      if (cte === null) continue;
      const name = text(cte.ctename);
      const role: Role = { kind: "cte", name, position: "from", parent };
      const select = bodyOf(cte.ctequery, "SelectStmt");
      const recursive = field(clause, "recursive") === true && select?.op === "SETOP_UNION";
      // inside its recursive branch the name stands for the rows of the anchor
      const rows =
        recursive && isNode(select) ? this.union(select, role, ctes, name) : this.statement(cte.ctequery, role, ctes);
      ctes.set(name, rows);
    }
    return ctes;
  }

  private union(select: SqlNode, role: Role, ctes: Ctes, recursiveName: string): readonly number[] {
    const left = this.selectOf(select.larg, role, ctes);
    const inner = recursiveName === "" ? ctes : new Map(ctes).set(recursiveName, left);
    if (select.op === "SETOP_EXCEPT") {
      this.selectOf(select.rarg, { ...role, kind: "scalar", position: "negated" }, inner);
      return left;
    }
    return [...left, ...this.selectOf(select.rarg, role, inner)];
  }

  private selectOf(value: unknown, role: Role, ctes: Ctes): readonly number[] {
    const body = bodyOf(value, "SelectStmt") ?? value;
    if (!isNode(body)) return [];
    return this.select(body, role, this.withClause(body.withClause, role.parent, ctes));
  }

  private select(body: SqlNode, role: Role, ctes: Ctes): readonly number[] {
    if (text(body.op) !== "" && body.op !== "SETOP_NONE") return this.union(body, role, ctes, "");
    const scope = this.open(role, "select");
    for (const item of list(body.fromClause))
      this.from(item, scope, ctes, scope.tables.length === 0 ? "base" : "cross");
    const context = this.context(scope, ctes);
    if (body.whereClause !== undefined) readCondition(body.whereClause, context);
    if (body.havingClause !== undefined) readCondition(body.havingClause, context, "or");
    this.readOutputs(body.targetList, scope, ctes);
    if (role.kind === "main") {
      const targets = list(body.targetList);
      this.countOnly =
        targets.length > 0 && targets.every((target) => isCountOutput(field(bodyOf(target, "ResTarget"), "val")));
    }
    this.settleOuterJoins(scope);
    return [scope.id];
  }

  private readOutputs(targets: unknown, scope: Draft, ctes: Ctes): void {
    const context = this.context(scope, ctes);
    for (const entry of list(targets)) {
      const target = bodyOf(entry, "ResTarget");
      if (target === null) continue;
      const fields = list(bodyOf(target.val, "ColumnRef")?.fields);
      if (bodyOf(fields.at(-1), "A_Star") !== null || isStar(fields.at(-1))) {
        const star = stringOf(fields.at(-2));
        scope.outputs.push({ name: "*", star, value: { kind: "other", call: "", placeholders: [] } });
        continue;
      }
      const value = readOperand(target.val, context);
      if (value.kind === "other") for (const sub of subLinksIn(target.val)) context.subquery(sub.subselect);
      scope.outputs.push({ name: outputName(target), star: "", value });
    }
  }

  /** Adds the relations of a FROM item and returns their aliases. */
  private from(item: unknown, scope: Draft, ctes: Ctes, join: SqlTable["join"]): readonly string[] {
    const { kind, body } = unwrap(item);
    if (kind === "RangeVar") return [this.relation(body, scope, ctes, join, false)];
    if (kind === "JoinExpr") return this.join(body, scope, ctes, join);
    if (kind === "RangeTableSample") return this.from(body.relation, scope, ctes, join);
    const alias = text(field(body.alias, "aliasname"));
    let derived: readonly number[] = [];
    if (kind === "RangeSubselect") {
      const role: Role = { kind: "derived", name: alias, position: "from", parent: scope.id };
      derived = this.statement(body.subquery, role, ctes);
    }
    scope.tables.push({ scope: scope.id, alias, name: "", schema: "", join, target: false, derived });
    return [alias];
  }

  private relation(body: SqlNode, scope: Draft, ctes: Ctes, join: SqlTable["join"], target: boolean): string {
    const name = unspliced(text(body.relname));
    const schema = text(body.schemaname);
    const alias = text(field(body.alias, "aliasname")) || text(body.relname);
    const derived = schema === "" && !target ? (ctes.get(name) ?? []) : [];
    scope.tables.push({
      scope: scope.id,
      alias,
      name: derived.length > 0 ? "" : name,
      schema,
      join,
      target,
      derived,
    });
    const columns = derived.length > 0 ? undefined : this.columnsOf(name, schema);
    if (columns !== undefined)
      scope.known.push({ alias, columns: new Set(columns.map((column) => column.toLowerCase())) });
    return alias;
  }

  private join(body: SqlNode, scope: Draft, ctes: Ctes, first: SqlTable["join"]): readonly string[] {
    const type = text(body.jointype).replace("JOIN_", "").toLowerCase();
    const join = type === "left" || type === "right" || type === "full" ? type : "inner";
    const left = this.from(body.larg, scope, ctes, first);
    const right = this.from(body.rarg, scope, ctes, join);
    const nullable = join === "left" ? right : join === "right" ? left : [];
    const position: SqlPosition = join === "inner" ? "and" : "outer-join";
    const context = this.context(scope, ctes);
    if (body.quals !== undefined) readCondition(body.quals, context, position, nullable);
    for (const column of strings(body.usingClause)) {
      const ends = [left.at(-1), right[0]].map(
        (table): Column => ({ kind: "column", scope: scope.id, table: table ?? "", column }),
      );
      const [from, to] = ends;
      if (from !== undefined && to !== undefined) emitEquality(context, from, to, position, nullable);
    }
    return [...left, ...right];
  }

  private writing(scope: Draft, ctes: Ctes): WriteContext {
    const role: Role = { kind: "derived", name: "", position: "from", parent: scope.id };
    return {
      conditions: this.context(scope, ctes),
      target: (relation) => this.relation(relation, scope, ctes, "base", true),
      from: (item, join) => void this.from(item, scope, ctes, join),
      rows: (select) =>
        this.selectOf(select, role, ctes).map((id) => this.drafts[id]?.outputs.map((output) => output.value) ?? []),
      assign: (assignment) => this.assignments.push(assignment),
      conflict: (columns) => {
        this.conflict = columns;
      },
    };
  }

  private context(scope: Draft, ctes: Ctes): ConditionContext {
    const select: ConditionContext["select"] = (value, kind, position) =>
      this.statement(value, { kind, name: "", position, parent: scope.id }, ctes)[0] ?? -1;
    return {
      scope: scope.id,
      column: (fields) => resolveColumn(fields, scope, this.drafts),
      subquery: (value) => select(value, "scalar", "or"),
      select,
      nextGroup: () => ++this.groups,
      emit: (conjunct) => scope.conjuncts.push(conjunct),
    };
  }

  /** A condition that rejects nulls on the nullable side turns the outer join into an inner one. */
  private settleOuterJoins(scope: Draft): void {
    for (let changed = true; changed; ) {
      changed = false;
      const strict = new Set(scope.conjuncts.filter((c) => c.position === "and" && isStrict(c)).map((c) => c.table));
      scope.conjuncts.forEach((conjunct, index) => {
        if (conjunct.position !== "outer-join" || !conjunct.nullable.some((alias) => strict.has(alias))) return;
        scope.conjuncts[index] = { ...conjunct, position: "and", nullable: [] };
        changed = true;
      });
    }
  }
}

function isStar(value: unknown): boolean {
  return isNode(value) && "A_Star" in value;
}
