import type { ts } from "ts-morph";
import { FileFlag, NONE, SlotKind } from "../model/lowered.js";
import type { Kinds } from "./compiler.js";
import { hasModifier } from "./functions.js";
import type { HandlerTable, Lowering } from "./lowering.js";
import { type Binding, findBinding, hiddenSlot } from "./scopes.js";
import { entityText } from "./types.js";

export function registerModules(table: HandlerTable, K: Kinds): void {
  table.on<ts.ImportEqualsDeclaration>(K.ImportEqualsDeclaration, lowerImportEquals);
  table.on<ts.ExportDeclaration>(K.ExportDeclaration, lowerExportDeclaration);
  table.on<ts.ExportAssignment>(K.ExportAssignment, lowerExportAssignment);
  table.on<ts.InterfaceDeclaration>(K.InterfaceDeclaration, lowerInterface);
  table.on<ts.TypeAliasDeclaration>(K.TypeAliasDeclaration, lowerAlias);
}

/** Declares an import's names and adds them to the import table: they are there before any statement runs. */
export function declareImport(low: Lowering, node: ts.Statement): void {
  const ts = low.compiler;
  if (ts.isImportDeclaration(node)) {
    if (ts.isStringLiteral(node.moduleSpecifier)) declareClause(low, node.importClause, node.moduleSpecifier.text);
  } else if (ts.isImportEqualsDeclaration(node)) {
    const { moduleReference } = node;
    if (!ts.isExternalModuleReference(moduleReference)) {
      low.scope?.declare(node.name.text, SlotKind.Const, NONE);
    } else if (ts.isStringLiteralLike(moduleReference.expression)) {
      addImport(low, node.name.text, moduleReference.expression.text, "=", node.isTypeOnly);
    }
  }
}

function declareClause(low: Lowering, clause: ts.ImportClause | undefined, module: string): void {
  if (clause === undefined) {
    low.imports.push({ slot: NONE, module, name: "", typeOnly: false });
    return;
  }
  const typeOnly = clause.phaseModifier === low.kinds.TypeKeyword;
  if (clause.name !== undefined) addImport(low, clause.name.text, module, "default", typeOnly);
  const bindings = clause.namedBindings;
  if (bindings === undefined) return;
  if (low.compiler.isNamespaceImport(bindings)) {
    addImport(low, bindings.name.text, module, "*", typeOnly);
    return;
  }
  for (const element of bindings.elements) {
    addImport(
      low,
      element.name.text,
      module,
      (element.propertyName ?? element.name).text,
      typeOnly || element.isTypeOnly,
    );
  }
}

function addImport(low: Lowering, local: string, module: string, name: string, typeOnly: boolean): void {
  const binding = low.scope?.declare(local, SlotKind.Import, NONE);
  if (binding !== undefined) low.imports.push({ slot: binding.slot, module, name, typeOnly });
}

/** `import x = A.B`: a name for a member. */
function lowerImportEquals(low: Lowering, node: ts.ImportEqualsDeclaration): number {
  const ts = low.compiler;
  const binding = findBinding(low.scope, node.name.text);
  if (binding === undefined) return NONE;
  const reference = node.moduleReference;
  if (!ts.isExternalModuleReference(reference)) low.store(binding, entityValue(low, reference));
  noteExport(low, node, node.name.text, binding);
  return NONE;
}

function entityValue(low: Lowering, node: ts.EntityName): number {
  if (low.compiler.isIdentifier(node)) return low.expression(node);
  return low.member(entityValue(low, node.left), node.right.text, low.start(node), node.end);
}

/** Exports a declaration whose modifiers say so: from the file, or from the namespace around it. */
export function noteExport(
  low: Lowering,
  node: { readonly modifiers?: ts.NodeArray<ts.ModifierLike> },
  name: string,
  binding: Binding | undefined,
): void {
  if (binding === undefined || !hasModifier(node, low.kinds.ExportKeyword)) return;
  if (low.namespace !== null) low.namespace.members.set(name, binding);
  else exportSlot(low, hasModifier(node, low.kinds.DefaultKeyword) ? "default" : name, binding, false);
}

/** Adds an export of a slot. Only function 0 has any. */
export function exportSlot(low: Lowering, name: string, binding: Binding, typeOnly: boolean): void {
  if (binding.level === 0) low.exports.push({ kind: "local", name, slot: binding.slot, typeOnly });
}

function lowerExportDeclaration(low: Lowering, node: ts.ExportDeclaration): number {
  const ts = low.compiler;
  const clause = node.exportClause;
  const module =
    node.moduleSpecifier !== undefined && ts.isStringLiteral(node.moduleSpecifier)
      ? node.moduleSpecifier.text
      : undefined;
  if (clause === undefined || ts.isNamespaceExport(clause)) {
    if (module !== undefined)
      low.exports.push({ kind: "star", module, as: clause === undefined ? "" : clause.name.text });
    return NONE;
  }
  for (const element of clause.elements) {
    const name = element.name.text;
    const inner = (element.propertyName ?? element.name).text;
    const typeOnly = node.isTypeOnly || element.isTypeOnly;
    if (module !== undefined) low.exports.push({ kind: "from", name, module, imported: inner, typeOnly });
    else exportLocal(low, inner, name, typeOnly);
  }
  return NONE;
}

/** `export { inner as name }`; a name without a slot is a type's. */
function exportLocal(low: Lowering, inner: string, name: string, typeOnly: boolean): void {
  const binding = findBinding(low.scope, inner);
  if (binding === undefined) low.exportedTypes.add(inner);
  else if (low.namespace !== null) low.namespace.members.set(name, binding);
  else exportSlot(low, name, binding, typeOnly);
}

/** `export default value` and `export = value`: a slot that no name reaches. */
function lowerExportAssignment(low: Lowering, node: ts.ExportAssignment): number {
  if (node.isExportEquals === true) low.flags |= FileFlag.CommonJs;
  if (low.compiler.isIdentifier(node.expression)) low.exportedTypes.add(node.expression.text);
  const value = low.named(node.expression, "default");
  const binding = hiddenSlot(low.body, "*default*", SlotKind.Const, NONE);
  low.store(binding, value);
  exportSlot(low, "default", binding, false);
  return NONE;
}

function lowerInterface(low: Lowering, node: ts.InterfaceDeclaration): number {
  if (low.body.level > 0) return NONE;
  const parents = (node.heritageClauses ?? []).flatMap((clause) =>
    clause.types.map((type) => low.types.convert(type, 0)),
  );
  low.typeDeclarations.push({
    name: typeName(low, node.name),
    exported: isExported(low, node),
    members: low.types.members(node.members, 0),
    extends: parents,
  });
  return NONE;
}

/** `type`: the members of its literal parts, and what else it stands for. */
function lowerAlias(low: Lowering, node: ts.TypeAliasDeclaration): number {
  if (low.body.level > 0) return NONE;
  const ts = low.compiler;
  const parts: readonly ts.TypeNode[] = ts.isIntersectionTypeNode(node.type) ? node.type.types : [node.type];
  const literals = parts.filter((part): part is ts.TypeLiteralNode => ts.isTypeLiteralNode(part));
  const others = parts.filter((part) => !ts.isTypeLiteralNode(part));
  low.typeDeclarations.push({
    name: typeName(low, node.name),
    exported: isExported(low, node),
    members: literals.flatMap((part) => low.types.members(part.members, 0)),
    extends: others.map((part) => low.types.convert(part, 0)),
  });
  return NONE;
}

/** Inside a namespace the way annotations name it: `N.T`. */
function typeName(low: Lowering, name: ts.Identifier): string {
  return `${low.namespace?.prefix ?? ""}${entityText(low.compiler, name)}`;
}

function isExported(low: Lowering, node: { readonly modifiers?: ts.NodeArray<ts.ModifierLike> }): boolean {
  return hasModifier(node, low.kinds.ExportKeyword);
}
