import type { ts } from "ts-morph";
import { FnHint, LogicKind, NONE, Op } from "../model/lowered.js";
import { lowerAssignment } from "./assignments.js";
import type { Kinds } from "./compiler.js";
import { acts, isAssignmentOperator } from "./effects.js";
import { Label } from "./emitter.js";
import { lowerLogic, quietly } from "./logic.js";
import type { HandlerTable, Lowering } from "./lowering.js";
import { writeTo } from "./targets.js";
import { namesSomething } from "./types.js";

export function registerOperators(table: HandlerTable, K: Kinds): void {
  table.on<ts.BinaryExpression>(K.BinaryExpression, lowerBinary);
  table.on<ts.ConditionalExpression>(K.ConditionalExpression, lowerConditional);
  table.on<ts.PrefixUnaryExpression>(K.PrefixUnaryExpression, (low, node) => lowerUpdate(low, node, node.operator));
  table.on<ts.PostfixUnaryExpression>(K.PostfixUnaryExpression, (low, node) => lowerUpdate(low, node, node.operator));
  table.on<ts.TypeOfExpression>(K.TypeOfExpression, (low, node) => unary(low, "typeof", node.expression));
  table.on<ts.VoidExpression>(K.VoidExpression, (low, node) => unary(low, "void", node.expression));
  table.on<ts.DeleteExpression>(K.DeleteExpression, (low, node) => unary(low, "delete", node.expression));
  table.on<ts.AwaitExpression>(K.AwaitExpression, (low, node) => {
    const value = low.expression(node.expression);
    return low.emitAt(low.start(node), node.end, Op.Await, value);
  });
  table.on<ts.YieldExpression>(K.YieldExpression, (low, node) =>
    low.emit(Op.Yield, node.expression === undefined ? NONE : low.expression(node.expression)),
  );
  table.on<ts.ParenthesizedExpression>(K.ParenthesizedExpression, transparent);
  table.on<ts.NonNullExpression>(K.NonNullExpression, transparent);
  table.on<ts.ExpressionWithTypeArguments>(K.ExpressionWithTypeArguments, transparent);
  table.on<ts.AsExpression>(K.AsExpression, lowerCast);
  table.on<ts.SatisfiesExpression>(K.SatisfiesExpression, lowerCast);
  table.on<ts.TypeAssertion>(K.TypeAssertionExpression, lowerCast);
}

function transparent(low: Lowering, node: { readonly expression: ts.Expression }): number {
  return low.expression(node.expression);
}

function unary(low: Lowering, operator: string, operand: ts.Expression): number {
  const value = low.expression(operand);
  return low.emit(Op.Unary, low.string(operator), value);
}

/** `!x` and the like; `++` and `--` also write. */
function lowerUpdate(
  low: Lowering,
  node: ts.PrefixUnaryExpression | ts.PostfixUnaryExpression,
  operator: ts.SyntaxKind,
): number {
  const value = unary(low, low.tables.tokens[operator], node.operand);
  if (operator === low.kinds.PlusPlusToken || operator === low.kinds.MinusMinusToken) writeTo(low, node.operand, value);
  return value;
}

function lowerCast(low: Lowering, node: ts.AsExpression | ts.SatisfiesExpression | ts.TypeAssertion): number {
  const value = low.expression(node.expression);
  const type = low.types.indexOf(node.type);
  return type !== NONE && namesSomething(low.types.refs[type]) ? low.emit(Op.Cast, value, type) : value;
}

/** Operators nest to the left, possibly thousands of levels: a loop, no recursion. */
function lowerBinary(low: Lowering, node: ts.BinaryExpression): number {
  if (isAssignmentOperator(low, node.operatorToken.kind)) return lowerAssignment(low, node);
  const spine: ts.BinaryExpression[] = [];
  let leftmost: ts.Expression = node;
  while (low.compiler.isBinaryExpression(leftmost) && !isAssignmentOperator(low, leftmost.operatorToken.kind)) {
    spine.push(leftmost);
    leftmost = leftmost.left;
  }
  const start = low.start(leftmost);
  let value = low.expression(leftmost);
  for (let i = spine.length - 1; i >= 0; i--) value = combine(low, spine[i], value, start);
  return value;
}

function combine(low: Lowering, node: ts.BinaryExpression, left: number, start: number): number {
  const operator = node.operatorToken.kind;
  const kind = logicKind(low, operator);
  if (kind !== NONE) return lowerLogic(low, kind, left, node.right, start, node.end);
  const right = low.expression(node.right);
  if (operator === low.kinds.CommaToken) return right;
  return low.emitAt(start, node.end, Op.Binary, low.string(low.tables.tokens[operator]), left, right);
}

function logicKind(low: Lowering, operator: ts.SyntaxKind): number {
  const K = low.kinds;
  if (operator === K.AmpersandAmpersandToken) return LogicKind.And;
  if (operator === K.BarBarToken) return LogicKind.Or;
  return operator === K.QuestionQuestionToken ? LogicKind.Nullish : NONE;
}

function lowerConditional(low: Lowering, node: ts.ConditionalExpression): number {
  const start = low.start(node);
  const test = low.expression(node.condition);
  if (!acts(low, node.whenTrue) && !acts(low, node.whenFalse)) {
    const whenTrue = quietly(low, node.whenTrue);
    return low.emitAt(start, node.end, Op.Cond, test, whenTrue, quietly(low, node.whenFalse));
  }
  const { body } = low;
  const enter = body.newBlock();
  const otherwise = body.newBlock();
  const join = new Label();
  body.hints |= FnHint.Branches;
  body.branch(test, enter, otherwise, start, node.end - start);
  body.place(enter);
  const whenTrue = low.expression(node.whenTrue);
  body.jump(join);
  body.place(otherwise);
  const whenFalse = low.expression(node.whenFalse);
  body.jump(join);
  body.land(join);
  return low.emitAt(start, node.end, Op.Cond, test, whenTrue, whenFalse);
}
