import type { ts } from "ts-morph";
import { Op } from "../model/lowered.js";
import { recordCommonJs } from "./commonjs.js";
import { lowerNamed } from "./functions.js";
import type { Lowering } from "./lowering.js";
import { lowerLogic } from "./operators.js";
import { assignPattern } from "./patterns.js";
import { findBinding } from "./scopes.js";

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
  const value = lowerNamed(low, node.right, targetName(low, target));
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

/** Something that can be assigned to, its parts evaluated. */
type Place =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "member"; readonly object: number; readonly name: string }
  | { readonly kind: "index"; readonly object: number; readonly key: number }
  | { readonly kind: "nothing" };

/** Writes a value to any target: a name, a member, an element, a nested pattern. */
export function writeTo(low: Lowering, node: ts.Expression, value: number): void {
  const target = bare(low, node);
  if (low.compiler.isObjectLiteralExpression(target) || low.compiler.isArrayLiteralExpression(target))
    assignPattern(low, target, value);
  else write(low, placeOf(low, target), value, low.start(target), target.end);
}

function placeOf(low: Lowering, target: ts.Expression): Place {
  const ts = low.compiler;
  if (ts.isIdentifier(target)) return { kind: "name", name: target.text };
  if (ts.isPropertyAccessExpression(target))
    return { kind: "member", object: low.expression(target.expression), name: target.name.text };
  if (!ts.isElementAccessExpression(target)) return { kind: "nothing" };
  const object = low.expression(target.expression);
  if (ts.isStringLiteralLike(target.argumentExpression))
    return { kind: "member", object, name: target.argumentExpression.text };
  return { kind: "index", object, key: low.expression(target.argumentExpression) };
}

function readPlace(low: Lowering, place: Place, start: number, end: number): number {
  switch (place.kind) {
    case "name": {
      const binding = findBinding(low.scope, place.name);
      return binding === undefined ? low.emit(Op.Global, low.string(place.name)) : low.read(binding);
    }
    case "member":
      return low.member(place.object, place.name, start, end);
    case "index":
      return low.emitAt(start, end, Op.Index, place.object, place.key, 0);
    case "nothing":
      return low.emit(Op.Undefined);
  }
}

/** A name that the file does not declare is a member of the global object. */
function write(low: Lowering, place: Place, value: number, start: number, end: number): void {
  if (place.kind === "name") {
    const binding = findBinding(low.scope, place.name);
    if (binding !== undefined) low.store(binding, value);
    else
      low.emitAt(
        start,
        end,
        Op.SetMember,
        low.emit(Op.Global, low.string("globalThis")),
        low.string(place.name),
        value,
      );
  } else if (place.kind === "member") {
    low.emitAt(start, end, Op.SetMember, place.object, low.string(place.name), value);
  } else if (place.kind === "index") {
    low.emitAt(start, end, Op.SetIndex, place.object, place.key, value);
  }
}

/** Takes off parentheses, `!` and casts around a target. */
function bare(low: Lowering, node: ts.Expression): ts.Expression {
  const ts = low.compiler;
  let target = node;
  while (
    ts.isParenthesizedExpression(target) ||
    ts.isNonNullExpression(target) ||
    ts.isAsExpression(target) ||
    ts.isSatisfiesExpression(target) ||
    ts.isTypeAssertionExpression(target)
  ) {
    target = target.expression;
  }
  return target;
}

function targetName(low: Lowering, target: ts.Expression): string {
  if (low.compiler.isIdentifier(target)) return target.text;
  return low.compiler.isPropertyAccessExpression(target) ? target.name.text : "";
}
