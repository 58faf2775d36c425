import type { ts } from "ts-morph";
import { Op } from "../model/lowered.js";
import type { Lowering } from "./lowering.js";
import { property, restOf, withDefault } from "./patterns.js";
import { findBinding } from "./scopes.js";

/** Something that can be assigned to, its parts evaluated. */
export type Place =
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

/** Evaluates what a target consists of. */
export function placeOf(low: Lowering, target: ts.Expression): Place {
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

/** The value a place holds before it is written. */
export function readPlace(low: Lowering, place: Place, start: number, end: number): number {
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
export function write(low: Lowering, place: Place, value: number, start: number, end: number): void {
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
export function bare(low: Lowering, node: ts.Expression): ts.Expression {
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

/** Destructuring assignment: `({ a: x.b, ...r } = value)`, `[x, y] = value`. */
export function assignPattern(
  low: Lowering,
  pattern: ts.ObjectLiteralExpression | ts.ArrayLiteralExpression,
  value: number,
): void {
  if (low.compiler.isArrayLiteralExpression(pattern)) assignArray(low, pattern, value);
  else assignObject(low, pattern, value);
}

function assignObject(low: Lowering, pattern: ts.ObjectLiteralExpression, value: number): void {
  const ts = low.compiler;
  const taken: number[] = [];
  for (const part of pattern.properties) {
    if (ts.isSpreadAssignment(part)) {
      writeTo(low, part.expression, restOf(low, value, taken));
    } else if (ts.isShorthandPropertyAssignment(part)) {
      const member = property(low, value, part.name, part, taken);
      writeTo(low, part.name, withDefault(low, member, part.objectAssignmentInitializer, part.name.text));
    } else if (ts.isPropertyAssignment(part)) {
      assignElement(low, part.initializer, property(low, value, part.name, part, taken));
    }
  }
}

function assignArray(low: Lowering, pattern: ts.ArrayLiteralExpression, value: number): void {
  const ts = low.compiler;
  pattern.elements.forEach((element, position) => {
    if (ts.isOmittedExpression(element)) return;
    if (ts.isSpreadElement(element)) writeTo(low, element.expression, low.emit(Op.Element, value, position, 1));
    else assignElement(low, element, low.emit(Op.Element, value, position, 0));
  });
}

/** `target` or `target = fallback` inside an assignment pattern. */
function assignElement(low: Lowering, element: ts.Expression, value: number): void {
  if (low.compiler.isBinaryExpression(element) && element.operatorToken.kind === low.kinds.EqualsToken) {
    writeTo(low, element.left, withDefault(low, value, element.right, ""));
  } else {
    writeTo(low, element, value);
  }
}
