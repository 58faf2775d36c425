/** How conditions are written: the names on the way to a value, and a short text of it without the values of strings. */
import { LogicKind, NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";

const MAX_DEPTH = 8;

/** Names from the root of an access to its end: `["req", "user", "isAdmin"]`; calls count by their callee. */
export function namesOf(fn: FunctionView, v: number, depth = 0): readonly string[] {
  if (depth > MAX_DEPTH || v === NONE) return [];
  switch (fn.op(v)) {
    case Op.Member:
      return [...namesOf(fn, fn.a(v), depth + 1), fn.text(fn.b(v))];
    case Op.Index: {
      const key = fn.b(v);
      const name = fn.op(key) === Op.String ? fn.text(fn.a(key)) : "[]";
      return [...namesOf(fn, fn.a(v), depth + 1), name];
    }
    case Op.Var:
      return [fn.ancestor(fn.a(v))?.info.slots[fn.b(v)]?.name ?? ""];
    case Op.Global:
      return [fn.text(fn.a(v))];
    case Op.This:
      return ["this"];
    case Op.Param:
      return [fn.info.params[fn.a(v)]?.name ?? ""];
    case Op.Cast:
    case Op.Await:
    case Op.Element:
      return namesOf(fn, fn.a(v), depth + 1);
    case Op.Call:
    case Op.New:
      return namesOf(fn, fn.callee(v), depth + 1);
    default:
      return [];
  }
}

/** A condition as it is written, strings left out. */
export function textOf(fn: FunctionView, v: number, depth = 0): string {
  if (depth > MAX_DEPTH || v === NONE) return "…";
  const part = (operand: number): string => textOf(fn, operand, depth + 1);
  switch (fn.op(v)) {
    case Op.Member:
      return `${part(fn.a(v))}${fn.c(v) === 1 ? "?." : "."}${fn.text(fn.b(v))}`;
    case Op.Index:
      return `${part(fn.a(v))}[${part(fn.b(v))}]`;
    case Op.Cast:
      return part(fn.a(v));
    case Op.Await:
      return `await ${part(fn.a(v))}`;
    case Op.Call:
      return `${part(fn.callee(v))}(${[...fn.args(v)].slice(0, 4).map(part).join(", ")})`;
    case Op.Unary:
      return `${fn.text(fn.a(v))}${/^[a-z]/.test(fn.text(fn.a(v))) ? " " : ""}${part(fn.b(v))}`;
    case Op.Binary:
      return `${part(fn.b(v))} ${fn.text(fn.a(v))} ${part(fn.c(v))}`;
    case Op.Logic: {
      const operator = fn.a(v) === LogicKind.And ? "&&" : fn.a(v) === LogicKind.Or ? "||" : "??";
      return `${part(fn.b(v))} ${operator} ${part(fn.c(v))}`;
    }
    default:
      return plainText(fn, v);
  }
}

function plainText(fn: FunctionView, v: number): string {
  switch (fn.op(v)) {
    case Op.String:
    case Op.Template:
      return "'…'";
    case Op.Number:
      return fn.text(fn.a(v));
    case Op.True:
      return "true";
    case Op.False:
      return "false";
    case Op.Null:
      return "null";
    case Op.Undefined:
      return "undefined";
    case Op.Array:
      return "[…]";
    case Op.Regex:
      return "/…/";
    default:
      return namesOf(fn, v).join(".") || "…";
  }
}
