import type { ts } from "ts-morph";
import { FileFlag, FnFlag, NONE, Op, type Param, ROW, SlotKind } from "../model/lowered.js";
import type { Kinds } from "./compiler.js";
import { startsWithDirective } from "./directives.js";
import type { FunctionRecord, HandlerTable, Lowering } from "./lowering.js";
import { bindName, declareBinding } from "./patterns.js";
import { declareHoistedVars } from "./variables.js";

export function registerFunctions(table: HandlerTable, K: Kinds): void {
  table.on<ts.ArrowFunction>(K.ArrowFunction, lowerFunctionExpression);
  table.on<ts.FunctionExpression>(K.FunctionExpression, lowerFunctionExpression);
}

function lowerFunctionExpression(low: Lowering, node: ts.ArrowFunction | ts.FunctionExpression): number {
  const name = low.takeName();
  const own = node.kind === low.kinds.FunctionExpression ? node.name : undefined;
  if (own === undefined) return closure(low, node, lowerFunction(low, node, name, functionFlags(low, node), NONE));
  const outer = low.pushScope();
  const binding = low.scope?.declare(own.text, SlotKind.Function, NONE);
  const value = closure(low, node, lowerFunction(low, node, own.text, functionFlags(low, node), NONE));
  if (binding !== undefined) low.store(binding, value);
  low.scope = outer;
  return value;
}

export function closure(low: Lowering, node: ts.Node, fn: number): number {
  return low.emitAt(low.start(node), node.end, Op.Closure, fn);
}

/** Async, generator and arrow, as flags. */
export function functionFlags(low: Lowering, node: ts.FunctionLikeDeclaration): number {
  let flags = node.kind === low.kinds.ArrowFunction ? FnFlag.Arrow : 0;
  if (node.asteriskToken !== undefined) flags |= FnFlag.Generator;
  if (hasModifier(node, low.kinds.AsyncKeyword)) flags |= FnFlag.Async;
  return flags;
}

export function methodFlags(low: Lowering, node: ts.FunctionLikeDeclaration): number {
  const K = low.kinds;
  let flags = functionFlags(low, node);
  if (node.kind === K.GetAccessor || node.kind === K.SetAccessor) flags |= FnFlag.Accessor;
  if (node.kind === K.Constructor) flags |= FnFlag.Constructor;
  if (hasModifier(node, K.StaticKeyword)) flags |= FnFlag.Static;
  return flags;
}

export function hasModifier(
  node: { readonly modifiers?: ts.NodeArray<ts.ModifierLike> },
  kind: ts.SyntaxKind,
): boolean {
  if (node.modifiers === undefined) return false;
  for (const modifier of node.modifiers) if (modifier.kind === kind) return true;
  return false;
}

/** Lowers decorators where they stand. @returns their values' ids */
export function lowerDecorators(
  low: Lowering,
  node: { readonly modifiers?: ts.NodeArray<ts.ModifierLike> },
): readonly number[] {
  if (node.modifiers === undefined) return NO_VALUES;
  const values: number[] = [];
  for (const modifier of node.modifiers) {
    if (low.compiler.isDecorator(modifier)) values.push(low.expression(modifier.expression));
  }
  return values;
}

const NO_VALUES: readonly number[] = [];

/** Adds an empty row to the function table. */
export function addFunction(
  low: Lowering,
  name: string,
  at: { start: number; length: number },
  flags: number,
  cls: number,
): FunctionRecord {
  const record: FunctionRecord = {
    name,
    parent: low.functions.length === 0 ? NONE : low.body.fn,
    class: cls,
    at,
    returns: NONE,
    asserts: "",
    flags,
    hints: 0,
    params: [],
    slots: [],
    codeAt: low.code.length / ROW,
    valueCount: 0,
    blockCount: 0,
  };
  low.functions.push(record);
  return record;
}

/**
 * Lowers a function with everything in it. Its rows go to the file's code when it is finished, so that a function
 * in the middle of another one does not cut the latter's rows apart.
 *
 * @returns the function's index in the file
 */
export function lowerFunction(
  low: Lowering,
  node: ts.FunctionLikeDeclaration,
  name: string,
  flags: number,
  cls: number,
): number {
  const start = low.start(node);
  const index = low.functions.length;
  const record = addFunction(low, name, { start, length: node.end - start }, flags, cls);
  describeReturn(low, record, node.type);
  const parameters = realParameters(low, node.parameters);
  record.params = parameters.map((parameter) => describeParameter(low, parameter));
  const { body } = node;
  if (body === undefined) record.flags |= FnFlag.NoBody;
  else if (low.outline) record.flags |= FnFlag.NotLowered;
  else lowerGuarded(low, index, () => lowerBody(low, record, parameters, body));
  return index;
}

/** Lowers one body; a failure costs that function and what is in it, not the file. */
export function lowerGuarded(low: Lowering, index: number, lower: () => void): void {
  const { body, scope, quiet, namespace } = low;
  const code = low.code.length;
  const tail = low.tail.length;
  const scratch = low.scratch.length;
  const classes = low.classes.length;
  const outer = low.enterBody(index);
  low.quiet = 0;
  low.namespace = null;
  try {
    lower();
    low.leaveBody(outer);
  } catch (error) {
    low.failure ||= error instanceof Error ? error.message : String(error);
    low.flags |= FileFlag.Failed;
    low.functions.length = index + 1;
    low.functions[index].flags |= FnFlag.NotLowered;
    low.classes.length = classes;
    low.code.length = code;
    low.tail.length = tail;
    low.scratch.length = scratch;
    low.body = body;
    low.scope = scope;
  }
  low.quiet = quiet;
  low.namespace = namespace;
}

function lowerBody(
  low: Lowering,
  record: FunctionRecord,
  parameters: readonly ts.ParameterDeclaration[],
  body: ts.ConciseBody,
): void {
  for (let i = 0; i < parameters.length; i++)
    declareBinding(low, parameters[i].name, SlotKind.Param, record.params[i].type);
  for (let i = 0; i < parameters.length; i++) {
    const parameter = parameters[i];
    let value = low.emit(Op.Param, i);
    if (parameter.initializer !== undefined) value = low.emit(Op.Default, value, low.expression(parameter.initializer));
    bindName(low, parameter.name, value);
  }
  if (!low.compiler.isBlock(body)) {
    const start = low.start(body);
    low.body.leave(Op.Return, low.expression(body), start, body.end - start);
    return;
  }
  if (startsWithDirective(low.compiler, body.statements, "use server")) record.flags |= FnFlag.UseServer;
  if (low.hasVar) declareHoistedVars(low, body.statements);
  low.block(body.statements);
}

/** Without the fictitious `this` parameter, which no caller passes. */
function realParameters(
  low: Lowering,
  parameters: ts.NodeArray<ts.ParameterDeclaration>,
): readonly ts.ParameterDeclaration[] {
  const first = parameters[0];
  return first !== undefined && low.compiler.isIdentifier(first.name) && first.name.text === "this"
    ? parameters.slice(1)
    : parameters;
}

function describeParameter(low: Lowering, node: ts.ParameterDeclaration): Param {
  const K = low.kinds;
  const start = low.start(node);
  return {
    name: low.compiler.isIdentifier(node.name) ? node.name.text : "",
    type: low.types.indexOf(node.type),
    optional: node.questionToken !== undefined,
    hasDefault: node.initializer !== undefined,
    rest: node.dotDotDotToken !== undefined,
    property: [K.PublicKeyword, K.PrivateKeyword, K.ProtectedKeyword, K.ReadonlyKeyword, K.OverrideKeyword].some(
      (kind) => hasModifier(node, kind),
    ),
    decorators: lowerDecorators(low, node),
    at: { start, length: node.end - start },
  };
}

/** The declared return type, and what a type predicate speaks about. */
function describeReturn(low: Lowering, record: FunctionRecord, type: ts.TypeNode | undefined): void {
  if (type === undefined) return;
  record.returns = low.types.indexOf(type);
  if (!low.compiler.isTypePredicateNode(type)) return;
  record.asserts = low.compiler.isIdentifier(type.parameterName) ? type.parameterName.text : "this";
}
