/** One side of a comparison: placeholder, column, constant, list, sub-select, or something that hides its parts. */
import { bodyOf, field, isNode, list, stringOf, strings, text, unwrap } from "./parser.js";
import type { SqlValue } from "./sql-model.js";

/** What an operand needs from the scope it stands in. */
export interface OperandContext {
  readonly column: (fields: readonly string[]) => SqlValue;
  /** reads a sub-select as a scope of its own and returns its index */
  readonly subquery: (select: unknown) => number;
}

/** Calls that keep what is compared: their single argument stands for them. */
const TRANSPARENT = new Set(["lower", "upper", "trim", "btrim", "unaccent", "touuid", "tostring", "any_value"]);

export function readOperand(expression: unknown, context: OperandContext): SqlValue {
  const { kind, body } = unwrap(expression);
  switch (kind) {
    case "ParamRef":
      return { kind: "placeholder", index: typeof body.number === "number" ? body.number : 0 };
    case "ColumnRef":
      return context.column(strings(body.fields));
    case "A_Const":
      return { kind: "constant", text: constantText(body) };
    case "TypeCast":
    case "CollateClause":
      return readOperand(body.arg, context);
    case "A_ArrayExpr":
      return listOf(body.elements, context);
    case "List":
      return listOf(body.items, context);
    case "RowExpr":
      return listOf(body.args, context);
    case "MultiAssignRef":
      return readPart(body, context);
    case "SubLink":
      return { kind: "subquery", scope: context.subquery(body.subselect) };
    case "FuncCall":
      return readCall(body, context);
    default:
      return { kind: "other", call: "", placeholders: placeholdersIn(expression) };
  }
}

function listOf(items: unknown, context: OperandContext): SqlValue {
  const values = list(items).map((item) => readOperand(item, context));
  const [only] = values;
  return only !== undefined && values.length === 1 ? only : { kind: "list", items: values };
}

/** `(a, b) = ($1, $2)` in SET: the part that belongs to this column. */
function readPart(body: SqlBody, context: OperandContext): SqlValue {
  const row = bodyOf(body.source, "RowExpr");
  const number = body.colno;
  const part = row !== null && typeof number === "number" ? list(row.args)[number - 1] : undefined;
  return part === undefined
    ? { kind: "other", call: "", placeholders: placeholdersIn(body) }
    : readOperand(part, context);
}

type SqlBody = Readonly<Record<string, unknown>>;

function readCall(body: SqlBody, context: OperandContext): SqlValue {
  const name = strings(body.funcname).at(-1)?.toLowerCase() ?? "";
  const args = list(body.args);
  if (args.length === 1 && TRANSPARENT.has(name)) return readOperand(args[0], context);
  return { kind: "other", call: name, placeholders: placeholdersIn(body) };
}

function constantText(body: SqlBody): string {
  for (const key of ["sval", "ival", "fval", "boolval"]) {
    const value = field(body[key], key);
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value);
    // zero and false are left out by the grammar
    if (isNode(body[key])) return key === "boolval" ? "false" : key === "ival" ? "0" : "";
  }
  return body.isnull === true ? "null" : "";
}

/** Every placeholder below a node. */
export function placeholdersIn(root: unknown): readonly number[] {
  const found: number[] = [];
  visit(root, (kind, body) => {
    if (kind === "ParamRef" && typeof body.number === "number") found.push(body.number);
    return true;
  });
  return found;
}

/** Every sub-select below a node, the outermost ones only. */
export function subLinksIn(root: unknown): readonly SqlBody[] {
  const found: SqlBody[] = [];
  visit(root, (kind, body) => {
    if (kind !== "SubLink") return true;
    found.push(body);
    return false;
  });
  return found;
}

function visit(root: unknown, see: (kind: string, body: SqlBody) => boolean): void {
  const pending: unknown[] = [root];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (Array.isArray(next)) pending.push(...next);
    else if (isNode(next)) {
      for (const key in next) {
        const child = next[key];
        if (isNode(child) && !see(key, child)) continue;
        if (typeof child === "object" && child !== null) pending.push(child);
      }
    }
  }
}

/** Name that a select list gives to an expression: its alias, its column, its function. */
export function outputName(target: SqlBody): string {
  const alias = text(target.name);
  if (alias !== "") return alias;
  const { kind, body } = unwrap(target.val);
  if (kind === "ColumnRef") return stringOf(list(body.fields).at(-1));
  if (kind === "FuncCall") return strings(body.funcname).at(-1) ?? "";
  if (kind === "TypeCast") return outputName({ val: body.arg });
  return "";
}
