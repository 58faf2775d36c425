/** INSERT, UPDATE, DELETE and MERGE: the relation they change, what they set, under which conditions. */
import { type ConditionContext, readCondition } from "./conditions.js";
import { readOperand } from "./operands.js";
import { bodyOf, field, isNode, list, type SqlNode, text } from "./parser.js";
import { unspliced } from "./scope-draft.js";
import type { SqlAssignment, SqlTable, SqlValue } from "./sql-model.js";

/** What a write needs from the scope it is read into. */
export interface WriteContext {
  readonly conditions: ConditionContext;
  /** adds the changed relation, returns its alias */
  readonly target: (relation: SqlNode) => string;
  readonly from: (item: unknown, join: SqlTable["join"]) => void;
  /** values that a SELECT gives, one row per branch */
  readonly rows: (select: SqlNode) => readonly (readonly SqlValue[])[];
  readonly assign: (assignment: SqlAssignment) => void;
  readonly conflict: (columns: readonly string[]) => void;
}

/** Reads one write; other kinds of statement are left alone. */
export function readWrite(kind: string, body: SqlNode, context: WriteContext): void {
  const table = isNode(body.relation) ? context.target(body.relation) : "";
  if (kind === "InsertStmt") insert(body, table, context);
  else if (kind === "UpdateStmt") {
    for (const item of list(body.fromClause)) context.from(item, "cross");
    assignments(body.targetList, table, "update", context);
    if (body.whereClause !== undefined) readCondition(body.whereClause, context.conditions);
  } else if (kind === "DeleteStmt") {
    for (const item of list(body.usingClause)) context.from(item, "cross");
    if (body.whereClause !== undefined) readCondition(body.whereClause, context.conditions);
  } else if (kind === "MergeStmt") merge(body, table, context);
}

function insert(body: SqlNode, table: string, context: WriteContext): void {
  const columns = list(body.cols).map((column) => unspliced(text(field(bodyOf(column, "ResTarget"), "name"))));
  const source = bodyOf(body.selectStmt, "SelectStmt");
  const given = list(source?.valuesLists).map((row) => list(bodyOf(row, "List")?.items));
  const written = given.map((row) => row.map((value) => readOperand(value, context.conditions)));
  const rows = source !== null && given.length === 0 ? context.rows(source) : written;
  columns.forEach((column, index) => {
    const values = rows.map((row) => row[index]).filter((value) => value !== undefined);
    const [only] = values;
    const value: SqlValue = only !== undefined && values.length === 1 ? only : { kind: "list", items: values };
    context.assign({ scope: context.conditions.scope, table, column, value, clause: "insert" });
  });
  conflict(body.onConflictClause, table, context);
}

function conflict(clause: unknown, table: string, context: WriteContext): void {
  if (!isNode(clause)) return;
  const elements = list(field(clause.infer, "indexElems"));
  const columns = elements.map((element) => text(field(bodyOf(element, "IndexElem"), "name")));
  context.conflict(columns.filter((name) => name !== ""));
  assignments(clause.targetList, table, "conflict", context);
  if (clause.whereClause !== undefined) readCondition(clause.whereClause, context.conditions);
}

function assignments(targets: unknown, table: string, clause: SqlAssignment["clause"], context: WriteContext): void {
  for (const entry of list(targets)) {
    const target = bodyOf(entry, "ResTarget");
    if (target === null) continue;
    const value = readOperand(target.val, context.conditions);
    context.assign({ scope: context.conditions.scope, table, column: unspliced(text(target.name)), value, clause });
  }
}

function merge(body: SqlNode, table: string, context: WriteContext): void {
  context.from(body.sourceRelation, "inner");
  if (body.joinCondition !== undefined) readCondition(body.joinCondition, context.conditions);
  for (const entry of list(body.mergeWhenClauses)) {
    const branch = bodyOf(entry, "MergeWhenClause");
    if (branch === null) continue;
    if (branch.commandType === "CMD_UPDATE") assignments(branch.targetList, table, "update", context);
    const values = list(branch.values);
    list(branch.targetList).forEach((target, index) => {
      if (values[index] === undefined) return;
      const column = text(field(bodyOf(target, "ResTarget"), "name"));
      const value = readOperand(values[index], context.conditions);
      context.assign({ scope: context.conditions.scope, table, column, value, clause: "insert" });
    });
  }
}
