import type { ts } from "ts-morph";
import { SlotKind } from "../model/lowered.js";
import type { Lowering } from "./lowering.js";
import { bindName, declareBinding } from "./patterns.js";

/** `let`, `const`, `using`: into the scope at hand. `var` is declared once per function. */
export function declareList(low: Lowering, list: ts.VariableDeclarationList): void {
  const kind = listKind(low, list);
  if (kind === SlotKind.Var) return;
  for (const declaration of list.declarations)
    declareBinding(low, declaration.name, kind, low.types.indexOf(declaration.type));
}

/** `using` and `await using` have bits of their own beside those of `let` and `const`. */
function listKind(low: Lowering, list: ts.VariableDeclarationList): number {
  const { NodeFlags } = low.compiler;
  const bits = list.flags & NodeFlags.BlockScoped;
  if (bits === 0) return SlotKind.Var;
  return bits === NodeFlags.Let ? SlotKind.Let : SlotKind.Const;
}

/** The initialisers of a declaration list, stored or taken apart. */
export function lowerDeclarationList(low: Lowering, list: ts.VariableDeclarationList): void {
  for (const declaration of list.declarations) {
    if (declaration.initializer === undefined) continue;
    const name = low.compiler.isIdentifier(declaration.name) ? declaration.name.text : "";
    bindName(low, declaration.name, low.named(declaration.initializer, name));
  }
}

/** Declares every `var` of a function, wherever it stands: they belong to the function. */
export function declareHoistedVars(low: Lowering, statements: readonly ts.Statement[]): void {
  const ts = low.compiler;
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclarationList(node)) {
      if (listKind(low, node) !== SlotKind.Var) return;
      for (const declaration of node.declarations)
        declareBinding(low, declaration.name, SlotKind.Var, low.types.indexOf(declaration.type));
    } else if (holdsStatements(low, node)) {
      ts.forEachChild(node, visit);
    }
  };
  statements.forEach(visit);
}

/** Statements in which a `var` may stand; expressions and functions are not searched. */
function holdsStatements(low: Lowering, node: ts.Node): boolean {
  const K = low.kinds;
  const { kind } = node;
  if (
    kind === K.VariableStatement ||
    kind === K.Block ||
    kind === K.IfStatement ||
    kind === K.TryStatement ||
    kind === K.CatchClause
  )
    return true;
  if (kind === K.CaseBlock || kind === K.CaseClause || kind === K.DefaultClause) return true;
  return kind >= K.DoStatement && kind <= K.LabeledStatement;
}
