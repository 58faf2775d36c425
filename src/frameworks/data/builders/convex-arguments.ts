/** Of which table an id is that a Convex function takes: `{ args: { id: v.id("orders") }, handler: (ctx, { id }) => … }`. */
import { NONE, Op } from "../../../model/lowered.js";
import { behind } from "../../../program/facts/conditions.js";
import type { FunctionView } from "../../../program/linking/function-view.js";

const MAX_NESTING = 4;
const known = new WeakMap<FunctionView, ReadonlyMap<string, string>>();

/** '' where nothing around the function says what it takes. */
export function tableOfArgument(fn: FunctionView, name: string): string {
  let inner: FunctionView = fn;
  for (let i = 0; i < MAX_NESTING; i += 1) {
    const { parent } = inner;
    if (parent === null) return "";
    const table = tablesTakenBy(inner, parent).get(name);
    if (table !== undefined) return table;
    inner = parent;
  }
  return "";
}

function tablesTakenBy(fn: FunctionView, parent: FunctionView): ReadonlyMap<string, string> {
  let tables = known.get(fn);
  if (tables === undefined) {
    tables = readTables(fn, parent);
    known.set(fn, tables);
  }
  return tables;
}

function readTables(fn: FunctionView, parent: FunctionView): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (let v = 0; v < parent.valueCount; v += 1) {
    if (parent.op(v) !== Op.Object) continue;
    const handler = parent.prop(v, "handler");
    if (handler === NONE || parent.op(handler) !== Op.Closure || parent.a(handler) !== fn.index) continue;
    const args = parent.prop(v, "args");
    const shape = args === NONE ? NONE : behind(parent, args);
    if (shape === NONE || parent.op(shape) !== Op.Object) continue;
    for (const prop of parent.props(shape)) {
      const table = tableOf(parent, prop.value, 0);
      if (prop.name !== "" && table !== "") found.set(prop.name, table);
    }
  }
  return found;
}

/** `v.id("orders")`, `v.optional(v.id("orders"))` */
function tableOf(fn: FunctionView, v: number, depth: number): string {
  if (fn.op(v) !== Op.Call || depth > MAX_NESTING) return "";
  const [first] = fn.args(v);
  if (first === undefined) return "";
  const name = fn.memberName(fn.callee(v));
  if (name === "optional") return tableOf(fn, first, depth + 1);
  return name === "id" && fn.op(first) === Op.String ? fn.text(fn.a(first)) : "";
}
