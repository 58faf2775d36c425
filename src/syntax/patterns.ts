import type { ts } from "ts-morph";
import { NONE, Op } from "../model/lowered.js";
import type { Lowering } from "./lowering.js";
import { findBinding } from "./scopes.js";

/** Calls back for every name that a binding declares. */
export function eachName(low: Lowering, name: ts.BindingName, callback: (name: string) => void): void {
  if (low.compiler.isIdentifier(name)) {
    callback(name.text);
    return;
  }
  for (const element of name.elements) {
    if (!low.compiler.isOmittedExpression(element)) eachName(low, element.name, callback);
  }
}

/** Stores a value into a declared name or takes it apart into a pattern's names. */
export function bindName(low: Lowering, name: ts.BindingName, value: number): void {
  if (low.compiler.isIdentifier(name)) {
    const binding = findBinding(low.scope, name.text);
    if (binding !== undefined) low.store(binding, value);
  } else if (low.compiler.isObjectBindingPattern(name)) {
    bindObject(low, name, value);
  } else {
    bindArray(low, name, value);
  }
}

function bindObject(low: Lowering, pattern: ts.ObjectBindingPattern, value: number): void {
  const taken: number[] = [];
  for (const element of pattern.elements) {
    if (element.dotDotDotToken !== undefined) bindName(low, element.name, restOf(low, value, taken));
    else bindElement(low, element, property(low, value, element.propertyName ?? element.name, element, taken));
  }
}

function bindArray(low: Lowering, pattern: ts.ArrayBindingPattern, value: number): void {
  pattern.elements.forEach((element, position) => {
    if (low.compiler.isOmittedExpression(element)) return;
    const rest = element.dotDotDotToken === undefined ? 0 : 1;
    bindElement(low, element, low.emit(Op.Element, value, position, rest));
  });
}

function bindElement(low: Lowering, element: ts.BindingElement, value: number): void {
  bindName(
    low,
    element.name,
    withDefault(low, value, element.initializer, low.compiler.isIdentifier(element.name) ? element.name.text : ""),
  );
}

/** `value = fallback` inside a pattern. */
export function withDefault(low: Lowering, value: number, fallback: ts.Expression | undefined, name: string): number {
  return fallback === undefined ? value : low.emit(Op.Default, value, low.named(fallback, name));
}

/** The member that a pattern's element takes out of a value. */
export function property(low: Lowering, value: number, key: ts.Node, at: ts.Node, taken: number[]): number {
  const ts = low.compiler;
  if (ts.isComputedPropertyName(key) && !ts.isStringLiteralLike(key.expression)) {
    return low.emitAt(low.start(at), at.end, Op.Index, value, low.expression(key.expression), 0);
  }
  const literal = ts.isComputedPropertyName(key) ? key.expression : key;
  const text =
    ts.isIdentifier(literal) || ts.isLiteralExpression(literal) || ts.isPrivateIdentifier(literal) ? literal.text : "";
  taken.push(low.string(text));
  return low.member(value, text, low.start(at), at.end);
}

/** `...rest`: what is left of an object without the keys taken. */
export function restOf(low: Lowering, value: number, taken: readonly number[]): number {
  const mark = low.scratch.length;
  for (const name of taken) low.scratch.push(name);
  return low.emit(Op.Rest, value, low.list(mark));
}

/** Declares every name of a binding; a plain name keeps its annotation. */
export function declareBinding(low: Lowering, name: ts.BindingName, kind: number, type: number): void {
  const plain = low.compiler.isIdentifier(name);
  eachName(low, name, (text) => low.scope?.declare(text, kind, plain ? type : NONE));
}
