import type { ts } from "ts-morph";
import { Op } from "../model/lowered.js";
import { recordCommonJs } from "./commonjs.js";
import { lowerLogic } from "./logic.js";
import type { Lowering } from "./lowering.js";
import { assignPattern, bare, placeOf, readPlace, write } from "./targets.js";

/** `=`, `+=`, `??=` and the rest. @returns the assigned value */
export function lowerAssignment(low: Lowering, node: ts.BinaryExpression): number {
  const K = low.kinds;
  const operator = node.operatorToken.kind;
  if (operator !== K.EqualsToken) return lowerCompound(low, node, operator);
  const target = bare(low, node.left);
  if (low.compiler.isObjectLiteralExpression(target) || low.compiler.isArrayLiteralExpression(target)) {
    const value = low.expression(node.right);
    assignPattern(low, target, value);
    return value;
  }
  const place = placeOf(low, target);
  const value = low.named(node.right, targetName(low, target));
  write(low, place, value, low.start(node), node.end);
  if (low.body.level === 0) recordCommonJs(low, target, value);
  return value;
}

/** `a += b` reads, computes, writes; `a ??= b` the same with a Logic value, whose right side may get blocks. */
function lowerCompound(low: Lowering, node: ts.BinaryExpression, operator: ts.SyntaxKind): number {
  const start = low.start(node);
  const target = bare(low, node.left);
  const place = placeOf(low, target);
  const before = readPlace(low, place, start, target.end);
  const text = low.tables.tokens[operator].slice(0, -1);
  const kind = ["&&", "||", "??"].indexOf(text);
  const value =
    kind >= 0
      ? lowerLogic(low, kind, before, node.right, start, node.end)
      : low.emitAt(start, node.end, Op.Binary, low.string(text), before, low.expression(node.right));
  write(low, place, value, start, node.end);
  return value;
}

function targetName(low: Lowering, target: ts.Expression): string {
  if (low.compiler.isIdentifier(target)) return target.text;
  return low.compiler.isPropertyAccessExpression(target) ? target.name.text : "";
}
