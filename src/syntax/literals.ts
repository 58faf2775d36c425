import type { ts } from "ts-morph";
import { NONE, Op, PropKind } from "../model/lowered.js";
import type { Kinds } from "./compiler.js";
import { lowerFunction, methodFlags } from "./functions.js";
import type { HandlerTable, Lowering } from "./lowering.js";
import { findBinding } from "./scopes.js";
import { memberName } from "./types.js";

export function registerLiterals(table: HandlerTable, K: Kinds): void {
  table.on<ts.Identifier>(K.Identifier, lowerIdentifier);
  table.on<ts.StringLiteral>(K.StringLiteral, (low, node) => low.emit(Op.String, low.string(node.text)));
  table.on<ts.NoSubstitutionTemplateLiteral>(K.NoSubstitutionTemplateLiteral, (low, node) =>
    low.emit(Op.String, low.string(node.text)),
  );
  table.on<ts.NumericLiteral>(K.NumericLiteral, (low, node) => low.emit(Op.Number, low.string(node.text)));
  table.on<ts.BigIntLiteral>(K.BigIntLiteral, (low, node) => low.emit(Op.Number, low.string(node.text)));
  table.on<ts.RegularExpressionLiteral>(K.RegularExpressionLiteral, (low, node) =>
    low.emit(Op.Regex, low.string(node.text)),
  );
  table.on<ts.PrivateIdentifier>(K.PrivateIdentifier, (low, node) => low.emit(Op.String, low.string(node.text)));
  table.on<ts.MetaProperty>(K.MetaProperty, lowerMeta);
  table.on<ts.ArrayLiteralExpression>(K.ArrayLiteralExpression, lowerArray);
  table.on<ts.ObjectLiteralExpression>(K.ObjectLiteralExpression, lowerObject);
  table.on<ts.SpreadElement>(K.SpreadElement, (low, node) => low.emit(Op.Spread, low.expression(node.expression)));
  for (const [kind, op] of [
    [K.TrueKeyword, Op.True],
    [K.FalseKeyword, Op.False],
    [K.NullKeyword, Op.Null],
    [K.ThisKeyword, Op.This],
    [K.SuperKeyword, Op.Super],
  ]) {
    table.on(kind, (low) => low.emit(op));
  }
  // `import(…)` with something else than a literal: a call of a global of that name
  table.on(K.ImportKeyword, (low) => low.emit(Op.Global, low.string("import")));
}

export function lowerIdentifier(low: Lowering, node: ts.Identifier): number {
  const { text } = node;
  const binding = findBinding(low.scope, text);
  if (binding !== undefined) return low.read(binding);
  // the parser fills gaps in broken code with nameless identifiers
  return text === "undefined" || text === "" ? low.emit(Op.Undefined) : low.emit(Op.Global, low.string(text));
}

/** `import.meta`, `new.target` */
function lowerMeta(low: Lowering, node: ts.MetaProperty): number {
  const keyword = low.emit(Op.Global, low.string(low.tables.tokens[node.keywordToken]));
  return low.member(keyword, node.name.text, low.start(node), node.end);
}

function lowerArray(low: Lowering, node: ts.ArrayLiteralExpression): number {
  const mark = low.scratch.length;
  for (const element of node.elements) low.scratch.push(low.expression(element));
  return low.emit(Op.Array, low.list(mark));
}

function lowerObject(low: Lowering, node: ts.ObjectLiteralExpression): number {
  const mark = low.scratch.length;
  for (const property of node.properties) lowerProperty(low, property);
  const list = low.list(mark);
  return low.emitAt(low.start(node), node.end, Op.Object, list);
}

function lowerProperty(low: Lowering, node: ts.ObjectLiteralElementLike): void {
  const K = low.kinds;
  switch (node.kind) {
    case K.PropertyAssignment: {
      const name = memberName(low.compiler, node.name);
      const key = computedKey(low, node.name, name);
      keyed(low, PropKind.Named, name, key, low.named(node.initializer, name));
      break;
    }
    case K.ShorthandPropertyAssignment:
      keyed(low, PropKind.Named, node.name.text, NONE, lowerIdentifier(low, node.name));
      break;
    case K.SpreadAssignment:
      low.property(PropKind.Spread, NONE, low.expression(node.expression));
      break;
    default:
      lowerAccessor(low, node);
  }
}

/** Methods and getters are closures; a setter is lowered as a function but is no member that could be read. */
function lowerAccessor(low: Lowering, node: ts.MethodDeclaration | ts.AccessorDeclaration): void {
  const name = memberName(low.compiler, node.name);
  const key = computedKey(low, node.name, name);
  const fn = lowerFunction(low, node, name, methodFlags(low, node), NONE);
  const closure = low.emitAt(low.start(node), node.end, Op.Closure, fn);
  if (node.kind === low.kinds.SetAccessor) return;
  keyed(low, node.kind === low.kinds.GetAccessor ? PropKind.Getter : PropKind.Named, name, key, closure);
}

function keyed(low: Lowering, kind: number, name: string, key: number, value: number): void {
  if (key === NONE) low.property(kind, low.string(name), value);
  else low.property(PropKind.Computed, key, value);
}

/** The value of a computed key, or NONE where the name is known. */
function computedKey(low: Lowering, name: ts.PropertyName, known: string): number {
  return known === "" && low.compiler.isComputedPropertyName(name) ? low.expression(name.expression) : NONE;
}
