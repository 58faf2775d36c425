import type { ts } from "ts-morph";
import type { Compiler } from "./compiler.js";
import type { Lowering } from "./lowering.js";

const ACTS = 1;
const MAKES_FUNCTION = 2;
const LEAF = 4;

/**
 * Whether evaluating an expression does something: calls, constructs, awaits, assigns, renders. Only then do
 * `&&`, `||`, `??` and `?:` need blocks. Nested functions are only made, not run.
 */
export function acts(low: Lowering, node: ts.Node): boolean {
  return low.quiet === 0 && search(low, node, ACTS, LEAF | MAKES_FUNCTION);
}

/** Whether an expression calls, renders or makes a function: what an intrinsic JSX tag is kept for. */
export function matters(low: Lowering, node: ts.Node): boolean {
  return search(low, node, ACTS | MAKES_FUNCTION, LEAF);
}

/** Iterative, since operands may be thousands of levels deep. */
function search(low: Lowering, root: ts.Node, wanted: number, closed: number): boolean {
  const { traits } = low.tables;
  const first = traits[root.kind];
  if ((first & wanted) !== 0) return true;
  if ((first & closed) !== 0) return false;
  const pending: ts.Node[] = [root];
  const visit = (child: ts.Node): true | undefined => {
    const trait = traits[child.kind];
    if ((trait & wanted) !== 0) return true;
    if ((trait & closed) === 0) pending.push(child);
    return undefined;
  };
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (writes(low, node) || low.compiler.forEachChild(node, visit) === true) return true;
  }
  return false;
}

/** Assignments and `++`; binary operators are too common to be marked as acting by kind. */
function writes(low: Lowering, node: ts.Node): boolean {
  const { kinds, compiler } = low;
  if (node.kind === kinds.BinaryExpression && compiler.isBinaryExpression(node))
    return isAssignmentOperator(low, node.operatorToken.kind);
  if (node.kind === kinds.PrefixUnaryExpression && compiler.isPrefixUnaryExpression(node)) {
    return node.operator === kinds.PlusPlusToken || node.operator === kinds.MinusMinusToken;
  }
  return false;
}

export function isAssignmentOperator(low: Lowering, kind: ts.SyntaxKind): boolean {
  return kind >= low.kinds.FirstAssignment && kind <= low.kinds.LastAssignment;
}

/** The table behind the search, by node kind. */
export function nodeTraits(compiler: Compiler): Uint8Array {
  const K = compiler.SyntaxKind;
  const traits = new Uint8Array(K.Count);
  for (const kind of [
    K.CallExpression,
    K.NewExpression,
    K.AwaitExpression,
    K.YieldExpression,
    K.TaggedTemplateExpression,
    K.JsxElement,
    K.JsxSelfClosingElement,
    K.JsxFragment,
    K.PostfixUnaryExpression,
    K.DeleteExpression,
  ]) {
    traits[kind] = ACTS;
  }
  for (const kind of [
    K.ArrowFunction,
    K.FunctionExpression,
    K.ClassExpression,
    K.MethodDeclaration,
    K.GetAccessor,
    K.SetAccessor,
  ])
    traits[kind] = MAKES_FUNCTION;
  for (const kind of [
    K.Identifier,
    K.PrivateIdentifier,
    K.StringLiteral,
    K.NumericLiteral,
    K.BigIntLiteral,
    K.RegularExpressionLiteral,
    K.NoSubstitutionTemplateLiteral,
    K.TrueKeyword,
    K.FalseKeyword,
    K.NullKeyword,
    K.ThisKeyword,
    K.SuperKeyword,
  ]) {
    traits[kind] = LEAF;
  }
  return traits;
}
