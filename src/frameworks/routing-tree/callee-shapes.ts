/** What a callee is, as far as the function it stands in says it. */
import { Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";

/** A parameter of the function, or a variable that holds one. */
export function isParameter(fn: FunctionView, v: number): boolean {
  if (fn.op(v) === Op.Param) return true;
  if (fn.op(v) !== Op.Var) return false;
  const owner = fn.ancestor(fn.a(v));
  const stores = owner?.storesTo(fn.b(v)) ?? [];
  return owner !== null && stores.length === 1 && owner.op(stores[0]) === Op.Param;
}

/** `require("./routes")(app)`, `(await import("./routes")).default(app)` */
export function holdsImport(fn: FunctionView, v: number): boolean {
  let current = v;
  for (let i = 0; i < 6; i += 1) {
    const op = fn.op(current);
    if (op === Op.ImportOf) return true;
    if (op !== Op.Await && op !== Op.Cast && op !== Op.Member) return false;
    current = fn.a(current);
  }
  return false;
}
