/** Takes a WHERE or ON condition apart into conjuncts, keeping for each the position that decides whether it filters. */
import { type OperandContext, placeholdersIn, readOperand, subLinksIn } from "./operands.js";
import { bodyOf, list, stringOf, text, unwrap } from "./parser.js";
import type { SqlConjunct, SqlPosition, SqlValue } from "./sql-model.js";

export interface ConditionContext extends OperandContext {
  readonly scope: number;
  /** reads a sub-select that stands in the condition, with its position; returns its first scope */
  readonly select: (select: unknown, kind: "exists" | "in" | "scalar", position: SqlPosition) => number;
  readonly nextGroup: () => number;
  readonly emit: (conjunct: SqlConjunct) => void;
}

interface Where {
  readonly position: SqlPosition;
  readonly or: SqlConjunct["or"];
  readonly nullable: readonly string[];
}

/** Reads one condition; `nullable` names the side of an outer join that an ON condition filters. */
export function readCondition(
  expression: unknown,
  context: ConditionContext,
  position: SqlPosition = "and",
  nullable: readonly string[] = [],
): void {
  walk(expression, context, { position, or: null, nullable });
}

function walk(expression: unknown, context: ConditionContext, where: Where): void {
  const { kind, body } = unwrap(expression);
  switch (kind) {
    case "BoolExpr":
      walkBoolean(body, context, where);
      break;
    case "A_Expr":
      comparison(body, { ...context, subquery: (sub) => context.select(sub, "scalar", where.position) }, where);
      break;
    case "NullTest":
      single(body.arg, body.nulltesttype === "IS_NULL" ? "is null" : "is not null", context, where);
      break;
    case "BooleanTest":
      single(body.arg, text(body.booltesttype).toLowerCase().replaceAll("_", " "), context, where);
      break;
    case "SubLink":
      subLink(body, context, where);
      break;
    case "ColumnRef":
      single(expression, "is true", context, where);
      break;
    case "TypeCast":
      walk(body.arg, context, where);
      break;
    case "ParamRef":
      add(context, where, null, "fragment", readOperand(expression, context));
      break;
    case "A_Const":
      // `true` and `1 = 1` starters filter nothing, and say so by their absence
      return;
    default:
      opaque(expression, context, where);
      break;
  }
}

function walkBoolean(body: Readonly<Record<string, unknown>>, context: ConditionContext, where: Where): void {
  const args = list(body.args);
  if (body.boolop === "NOT_EXPR") {
    for (const arg of args) walk(arg, context, { ...where, position: "negated" });
  } else if (body.boolop === "OR_EXPR" && where.position !== "negated" && where.or === null) {
    const group = context.nextGroup();
    args.forEach((arg, branch) => {
      walk(arg, context, { ...where, position: "or", or: { group, branch } });
    });
  } else {
    for (const arg of args) walk(arg, context, where);
  }
}

/** An expression that hides its columns: its placeholders are kept, its sub-selects read but not trusted. */
function opaque(expression: unknown, context: ConditionContext, where: Where): void {
  for (const sub of subLinksIn(expression)) context.select(sub.subselect, "scalar", "or");
  add(context, where, null, "expression", { kind: "other", call: "", placeholders: placeholdersIn(expression) });
}

function single(arg: unknown, operator: string, context: ConditionContext, where: Where): void {
  const operand = readOperand(arg, context);
  if (operand.kind === "column") add(context, where, operand, operator, { kind: "constant", text: operator });
  else add(context, where, null, operator, operand);
}

function subLink(body: Readonly<Record<string, unknown>>, context: ConditionContext, where: Where): void {
  const type = body.subLinkType;
  if (type === "EXISTS_SUBLINK") {
    context.select(body.subselect, "exists", where.position);
    return;
  }
  if (type !== "ANY_SUBLINK" || body.testexpr === undefined) {
    context.select(body.subselect, "scalar", "or");
    add(context, where, null, "expression", { kind: "other", call: "", placeholders: [] });
    return;
  }
  const operator = stringOf(list(body.operName)[0]) || "in";
  const left = readOperand(body.testexpr, context);
  const scope = context.select(body.subselect, "in", where.position);
  const columns = left.kind === "list" ? left.items : [left];
  for (const column of columns) {
    const value: SqlValue = { kind: "subquery", scope };
    add(context, where, column.kind === "column" ? column : null, operator === "=" ? "in" : operator, value);
  }
}

const MIRRORED: Readonly<Record<string, string>> = { "<": ">", ">": "<", "<=": ">=", ">=": "<=", any: "contains" };

function comparison(body: Readonly<Record<string, unknown>>, context: ConditionContext, where: Where): void {
  const operator = operatorOf(body);
  const left = readOperand(body.lexpr, context);
  const right = readOperand(body.rexpr, context);
  if (left.kind === "list" && right.kind === "list" && operator === "=" && left.items.length === right.items.length) {
    left.items.forEach((item, index) => {
      pair(item, right.items[index] ?? item, operator, context, where);
    });
    return;
  }
  if (isTautology(left, right, operator)) return;
  pair(left, right, operator, context, where);
}

/** `1 = 1`: a starter for conditions joined later. */
function isTautology(left: SqlValue, right: SqlValue, operator: string): boolean {
  return operator === "=" && left.kind === "constant" && right.kind === "constant" && left.text === right.text;
}

function pair(left: SqlValue, right: SqlValue, operator: string, context: ConditionContext, where: Where): void {
  if (left.kind === "column") add(context, where, left, operator, right);
  // both directions, so that each relation sees the condition as its own
  if (right.kind === "column" && !same(left, right)) add(context, where, right, MIRRORED[operator] ?? operator, left);
  if (left.kind !== "column" && right.kind !== "column") {
    const placeholders = [left, right].flatMap(indexes);
    add(context, where, null, "expression", { kind: "other", call: callOf(left) || callOf(right), placeholders });
  }
}

function indexes(value: SqlValue): readonly number[] {
  if (value.kind === "placeholder") return [value.index];
  if (value.kind === "list") return value.items.flatMap(indexes);
  return value.kind === "other" ? value.placeholders : [];
}

function callOf(value: SqlValue): string {
  return value.kind === "other" ? value.call : "";
}

function same(left: SqlValue, right: SqlValue): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

function operatorOf(body: Readonly<Record<string, unknown>>): string {
  const name = stringOf(list(body.name)[0]).toLowerCase();
  switch (body.kind) {
    case "AEXPR_IN":
      return name === "<>" ? "not in" : "in";
    case "AEXPR_OP_ANY":
      return name === "=" ? "any" : `${name} any`;
    case "AEXPR_OP_ALL":
      return `${name} all`;
    case "AEXPR_DISTINCT":
      return "is distinct from";
    case "AEXPR_NOT_DISTINCT":
      return "is not distinct from";
    case "AEXPR_BETWEEN":
    case "AEXPR_NOT_BETWEEN":
      return name;
    case "AEXPR_LIKE":
    case "AEXPR_ILIKE":
    case "AEXPR_SIMILAR":
      return "like";
    default:
      return name;
  }
}

function add(
  context: ConditionContext,
  where: Where,
  column: Extract<SqlValue, { kind: "column" }> | null,
  operator: string,
  value: SqlValue,
): void {
  context.emit({
    scope: context.scope,
    tableScope: column?.scope ?? context.scope,
    table: column?.table ?? "",
    column: column?.column ?? "",
    operator,
    position: where.position,
    value,
    or: where.or,
    nullable: where.nullable,
  });
}

/** Columns that USING or NATURAL compares, as a parsed condition would have it. */
export function emitEquality(
  context: ConditionContext,
  left: Extract<SqlValue, { kind: "column" }>,
  right: Extract<SqlValue, { kind: "column" }>,
  position: SqlPosition,
  nullable: readonly string[],
): void {
  pair(left, right, "=", context, { position, or: null, nullable });
}

/** True for a select list entry that only counts or tests. */
export function isCountOutput(target: unknown): boolean {
  const { kind, body } = unwrap(target);
  if (kind === "A_Const") return true;
  if (kind === "TypeCast") return isCountOutput(body.arg);
  if (kind === "SubLink") return body.subLinkType === "EXISTS_SUBLINK";
  const call = bodyOf(target, "FuncCall");
  const name = call === null ? "" : stringOf(list(call.funcname).at(-1)).toLowerCase();
  return name === "count" || name === "bool_or" || name === "bool_and";
}
