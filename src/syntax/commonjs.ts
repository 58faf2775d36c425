import type { ts } from "ts-morph";
import { FileFlag, NONE, Op, PropKind, SlotKind } from "../model/lowered.js";
import type { Lowering } from "./lowering.js";
import { exportSlot } from "./modules.js";
import { findBinding, hiddenSlot } from "./scopes.js";

/**
 * Makes `module.exports = v`, `exports.a = v` and `module.exports.a = v` exports of the file, each on a slot of its
 * own; the assignment itself stays as it is. The properties of an assigned object literal are exports too.
 */
export function recordCommonJs(low: Lowering, target: ts.Expression, value: number): void {
  if (!low.compiler.isPropertyAccessExpression(target)) return;
  const name = target.name.text;
  if (isGlobal(low, target.expression, "exports") || isModuleExports(low, target.expression)) {
    exportValue(low, name, value);
  } else if (name === "exports" && isGlobal(low, target.expression, "module")) {
    exportValue(low, "default", value);
    if (low.body.opOf(value) === Op.Object) exportProperties(low, low.body.operandA(value));
    else if (low.body.opOf(value) === Op.ImportOf) exportAll(low, value);
  }
}

function exportProperties(low: Lowering, list: number): void {
  const end = list + 1 + low.tail.data[list];
  for (let at = list + 1; at < end; at += 3) {
    const kind = low.tail.data[at];
    const value = low.tail.data[at + 2];
    if (kind === PropKind.Named) exportValue(low, low.strings[low.tail.data[at + 1]], value);
    else if (kind === PropKind.Spread && low.body.opOf(value) === Op.ImportOf) exportAll(low, value);
  }
}

function exportAll(low: Lowering, imported: number): void {
  low.exports.push({ kind: "star", module: low.strings[low.body.operandA(imported)], as: "" });
}

/** One slot per name, however often it is assigned; `exports.a = void 0` of compiled code only announces the name. */
function exportValue(low: Lowering, name: string, value: number): void {
  low.flags |= FileFlag.CommonJs;
  if (low.body.opOf(value) === Op.Unary && low.strings[low.body.operandA(value)] === "void") return;
  let binding = low.commonJs.get(name);
  if (binding === undefined) {
    binding = hiddenSlot(low.body, name === "default" ? "*default*" : name, SlotKind.Const, NONE);
    low.commonJs.set(name, binding);
    exportSlot(low, name, binding, false);
  }
  low.store(binding, value);
}

function isModuleExports(low: Lowering, node: ts.Expression): boolean {
  return (
    low.compiler.isPropertyAccessExpression(node) &&
    node.name.text === "exports" &&
    isGlobal(low, node.expression, "module")
  );
}

function isGlobal(low: Lowering, node: ts.Expression, name: string): boolean {
  return low.compiler.isIdentifier(node) && node.text === name && findBinding(low.scope, name) === undefined;
}
