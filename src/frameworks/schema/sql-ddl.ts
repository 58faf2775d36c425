/** Applies parsed definitions (PostgreSQL's own tree) to tables. */
import type { Place } from "../../model/place.js";
import { bodyOf, field, isNode, list, type SqlNode, stringOf, strings, text, unwrap } from "../sql/parser.js";
import type { Tables } from "./sql-tables.js";

/** Applies one statement; `source` is its text, from which the conditions of policies are taken. */
export function applyStatement(statement: unknown, tables: Tables, place: Place, source: string): void {
  const { kind, body } = unwrap(statement);
  if (kind === "CreateStmt") createTable(body, tables, place);
  else if (kind === "AlterTableStmt") alterTable(body, tables, place);
  else if (kind === "RenameStmt") rename(body, tables);
  else if (kind === "IndexStmt") index(body, tables, place);
  else if (kind === "DropStmt") drop(body, tables);
  else if (kind === "CreatePolicyStmt") policy(body, tables, place, source);
}

function tableName(relation: unknown): string {
  return text(field(relation, "relname"));
}

function createTable(body: SqlNode, tables: Tables, place: Place): void {
  const name = tableName(body.relation);
  tables.create(name, text(field(body.relation, "schemaname")), place);
  for (const element of list(body.tableElts)) {
    const column = bodyOf(element, "ColumnDef");
    if (column !== null) addColumn(name, column, tables, place);
    const constraint = bodyOf(element, "Constraint");
    if (constraint !== null) addConstraint(name, constraint, "", tables, place);
  }
}

function addColumn(table: string, column: SqlNode, tables: Tables, place: Place): void {
  const name = text(column.colname);
  const constraints = list(column.constraints)
    .map((entry) => bodyOf(entry, "Constraint"))
    .filter(isNode);
  const required = constraints.some((c) => c.contype === "CONSTR_NOTNULL" || c.contype === "CONSTR_PRIMARY");
  const array = list(field(column.typeName, "arrayBounds")).length > 0 ? "[]" : "";
  const type = `${strings(field(column.typeName, "names")).at(-1) ?? ""}${array}`;
  tables.addColumn(table, { name, type, optional: !required }, place);
  for (const constraint of constraints) addConstraint(table, constraint, name, tables, place);
}

/** `column` is the one a column constraint stands on, '' for a table constraint. */
function addConstraint(table: string, constraint: SqlNode, column: string, tables: Tables, place: Place): void {
  const keys = column === "" ? strings(constraint.keys) : [column];
  if (constraint.contype === "CONSTR_PRIMARY") tables.primary(table, keys, place);
  else if (constraint.contype === "CONSTR_UNIQUE") tables.unique(table, keys, place);
  else if (constraint.contype === "CONSTR_FOREIGN") {
    const columns = column === "" ? strings(constraint.fk_attrs) : [column];
    tables.foreign(table, { columns, table: tableName(constraint.pktable) }, place);
  }
}

function alterTable(body: SqlNode, tables: Tables, place: Place): void {
  const name = tableName(body.relation);
  for (const entry of list(body.cmds)) {
    const command = bodyOf(entry, "AlterTableCmd");
    if (command !== null) alter(name, command, tables, place);
  }
}

function alter(table: string, command: SqlNode, tables: Tables, place: Place): void {
  const column = bodyOf(command.def, "ColumnDef");
  const constraint = bodyOf(command.def, "Constraint");
  switch (command.subtype) {
    case "AT_AddColumn":
      if (column !== null) addColumn(table, column, tables, place);
      break;
    case "AT_DropColumn":
      tables.dropColumn(table, text(command.name));
      break;
    case "AT_AddConstraint":
      if (constraint !== null) addConstraint(table, constraint, "", tables, place);
      break;
    case "AT_SetNotNull":
    case "AT_DropNotNull":
      tables.setOptional(table, text(command.name), command.subtype === "AT_DropNotNull");
      break;
    case "AT_EnableRowSecurity":
    case "AT_DisableRowSecurity":
      tables.rowSecurity(table, { enabled: command.subtype === "AT_EnableRowSecurity" }, place);
      break;
    case "AT_ForceRowSecurity":
    case "AT_NoForceRowSecurity":
      tables.rowSecurity(table, { forced: command.subtype === "AT_ForceRowSecurity" }, place);
      break;
  }
}

function rename(body: SqlNode, tables: Tables): void {
  const table = tableName(body.relation);
  if (body.renameType === "OBJECT_TABLE") tables.rename(table, text(body.newname));
  else if (body.renameType === "OBJECT_COLUMN") tables.renameColumn(table, text(body.subname), text(body.newname));
}

function index(body: SqlNode, tables: Tables, place: Place): void {
  // a partial index says nothing about the other rows
  if (body.unique !== true || body.whereClause !== undefined) return;
  const columns = list(body.indexParams).map((entry) => text(field(bodyOf(entry, "IndexElem"), "name")));
  if (!columns.includes("")) tables.unique(tableName(body.relation), columns, place);
}

function drop(body: SqlNode, tables: Tables): void {
  for (const object of list(body.objects)) {
    const names = strings(field(bodyOf(object, "List"), "items"));
    if (body.removeType === "OBJECT_TABLE") tables.drop(names.at(-1) ?? "");
    else if (body.removeType === "OBJECT_POLICY") tables.dropPolicy(names.at(-2) ?? "", names.at(-1) ?? "");
  }
}

function policy(body: SqlNode, tables: Tables, place: Place, source: string): void {
  const roles = list(body.roles).map((entry) => text(field(bodyOf(entry, "RoleSpec"), "rolename")) || "public");
  tables.policy(tableName(body.table), {
    name: text(body.policy_name),
    command: text(body.cmd_name) || stringOf(body.cmd_name) || "all",
    roles,
    using: body.qual === undefined ? "" : parenthesized(source, /\busing\s*\(/i),
    check: body.with_check === undefined ? "" : parenthesized(source, /\bwith\s+check\s*\(/i),
    place,
  });
}

/** Text between the parenthesis that a pattern ends with and its partner. */
function parenthesized(source: string, opening: RegExp): string {
  const match = opening.exec(source);
  if (match === null) return "";
  const start = match.index + match[0].length;
  let depth = 1;
  for (let at = start; at < source.length; at++) {
    if (source[at] === "(") depth++;
    else if (source[at] === ")" && --depth === 0) return source.slice(start, at).trim();
  }
  return source.slice(start).trim();
}
