import type { ts } from "ts-morph";
import { NONE, Op, PropKind, SlotKind } from "../model/lowered.js";
import type { Kinds } from "./compiler.js";
import { closure, functionFlags, hasModifier, lowerFunction } from "./functions.js";
import type { HandlerTable, Lowering } from "./lowering.js";
import { declareImport, noteExport } from "./modules.js";
import { lowerNamespace, namespaceHasValues } from "./namespaces.js";
import { eachName } from "./patterns.js";
import { findBinding, hiddenSlot } from "./scopes.js";
import { declareList, lowerDeclarationList } from "./variables.js";

export function registerDeclarations(table: HandlerTable, K: Kinds): void {
  table.on<ts.VariableStatement>(K.VariableStatement, (low, node) => {
    lowerDeclarationList(low, node.declarationList);
    if (!hasModifier(node, K.ExportKeyword)) return NONE;
    for (const declaration of node.declarationList.declarations)
      eachName(low, declaration.name, (name) => noteExport(low, node, name, findBinding(low.scope, name)));
    return NONE;
  });
  // the closure was made at the head of the block
  table.on<ts.FunctionDeclaration>(K.FunctionDeclaration, () => NONE);
  table.on<ts.EnumDeclaration>(K.EnumDeclaration, lowerEnum);
  table.on<ts.ModuleDeclaration>(K.ModuleDeclaration, lowerNamespace);
}

/** Lowers a block's statements in the scope at hand: names first, then function declarations, then the rest. */
export function lowerBlockStatements(low: Lowering, statements: readonly ts.Statement[]): void {
  declareNames(low, statements);
  hoistFunctions(low, statements);
  for (const statement of statements) low.statement(statement);
}

/** Declares what a block's statements declare, so that closures see names that come later. */
export function declareNames(low: Lowering, statements: readonly ts.Statement[]): void {
  const K = low.kinds;
  const ts = low.compiler;
  for (const statement of statements) {
    switch (statement.kind) {
      case K.VariableStatement:
        if (ts.isVariableStatement(statement)) declareList(low, statement.declarationList);
        break;
      case K.FunctionDeclaration:
        if (ts.isFunctionDeclaration(statement) && statement.name !== undefined)
          low.scope?.declare(statement.name.text, SlotKind.Function, NONE);
        break;
      case K.ClassDeclaration:
        if (ts.isClassDeclaration(statement) && statement.name !== undefined)
          low.scope?.declare(statement.name.text, SlotKind.Class, NONE);
        break;
      case K.EnumDeclaration:
        if (ts.isEnumDeclaration(statement)) low.scope?.declare(statement.name.text, SlotKind.Enum, NONE);
        break;
      case K.ModuleDeclaration:
        if (ts.isModuleDeclaration(statement) && namespaceHasValues(low, statement))
          low.scope?.declare(statement.name.text, SlotKind.Namespace, NONE);
        break;
      case K.ImportDeclaration:
      case K.ImportEqualsDeclaration:
        declareImport(low, statement);
        break;
      default:
    }
  }
}

/** Makes the closures of a block's function declarations at its head. Overloads count once, with their implementation. */
function hoistFunctions(low: Lowering, statements: readonly ts.Statement[]): void {
  const { kinds, compiler } = low;
  for (let i = 0; i < statements.length; i++) {
    const statement = statements[i];
    if (statement.kind !== kinds.FunctionDeclaration || !compiler.isFunctionDeclaration(statement)) continue;
    if (statement.body === undefined && repeats(low, statement, statements[i + 1])) continue;
    hoistFunction(low, statement);
  }
}

function repeats(low: Lowering, node: ts.FunctionDeclaration, next: ts.Statement | undefined): boolean {
  return next !== undefined && low.compiler.isFunctionDeclaration(next) && next.name?.text === node.name?.text;
}

function hoistFunction(low: Lowering, node: ts.FunctionDeclaration): void {
  const name = node.name?.text ?? "default";
  const binding =
    node.name === undefined ? hiddenSlot(low.body, "*default*", SlotKind.Function, NONE) : low.scope?.own(name);
  const value = closure(low, node, lowerFunction(low, node, name, functionFlags(low, node), NONE));
  if (binding === undefined) return;
  low.store(binding, value);
  noteExport(low, node, name, binding);
}

/** An enum is an object with its members; members without a value count on from the one before. */
function lowerEnum(low: Lowering, node: ts.EnumDeclaration): number {
  const mark = low.scratch.length;
  let next = 0;
  const properties: [number, number][] = [];
  for (const member of node.members) {
    const name = low.compiler.isComputedPropertyName(member.name) ? "" : member.name.text;
    if (member.initializer === undefined) {
      properties.push([
        low.string(name),
        Number.isNaN(next) ? low.emit(Op.Undefined) : low.emit(Op.Number, low.string(String(next))),
      ]);
    } else {
      properties.push([low.string(name), low.expression(member.initializer)]);
      next = low.compiler.isNumericLiteral(member.initializer) ? Number(member.initializer.text) : Number.NaN;
    }
    next++;
  }
  for (const [key, value] of properties) low.property(PropKind.Named, key, value);
  const value = low.emitAt(low.start(node), node.end, Op.Object, low.list(mark));
  const binding = findBinding(low.scope, node.name.text);
  if (binding !== undefined) {
    low.store(binding, value);
    noteExport(low, node, node.name.text, binding);
  }
  return NONE;
}
