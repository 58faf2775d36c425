import type { ts } from "ts-morph";
import { NONE, Op, PropKind, SlotKind } from "../model/lowered.js";
import { hasModifier } from "./functions.js";
import type { Lowering, NamespaceFrame } from "./lowering.js";
import { noteExport } from "./modules.js";
import { type Binding, findBinding } from "./scopes.js";
import { declareHoistedVars } from "./variables.js";

/**
 * A namespace's statements run in a scope of their own inside the surrounding function; what it exports becomes an
 * object in its slot. One that adds to a function, a class or an earlier part of itself sets members instead.
 */
export function lowerNamespace(low: Lowering, node: ts.ModuleDeclaration): number {
  const ts = low.compiler;
  if (isAmbient(low, node)) return NONE;
  const { body } = node;
  if (body === undefined || ts.isIdentifier(body)) return NONE;
  const outerFrame = low.namespace;
  const frame: NamespaceFrame = { prefix: `${outerFrame?.prefix ?? ""}${node.name.text}.`, members: new Map() };
  const outer = low.pushScope();
  low.namespace = frame;
  if (ts.isModuleBlock(body)) {
    if (low.hasVar) declareHoistedVars(low, body.statements);
    low.block(body.statements);
  } else if (ts.isModuleDeclaration(body)) {
    low.block([body]);
    const inner = low.scope?.own(body.name.text);
    if (inner !== undefined) frame.members.set(body.name.text, inner);
  }
  low.namespace = outerFrame;
  low.scope = outer;
  const binding = findBinding(low.scope, node.name.text);
  if (binding === undefined || !namespaceHasValues(low, node)) return NONE;
  publish(low, node, binding, frame);
  noteExport(low, node, node.name.text, binding);
  return NONE;
}

function publish(low: Lowering, node: ts.ModuleDeclaration, binding: Binding, frame: NamespaceFrame): void {
  const start = low.start(node);
  if (binding.record.kind !== SlotKind.Namespace || binding.record.stores > 0) {
    const object = low.read(binding);
    for (const [name, member] of frame.members)
      low.emitAt(start, node.end, Op.SetMember, object, low.string(name), low.read(member));
    return;
  }
  const mark = low.scratch.length;
  for (const [name, member] of frame.members) low.property(PropKind.Named, low.string(name), low.read(member));
  low.store(binding, low.emitAt(start, node.end, Op.Object, low.list(mark)));
}

/** Whether a namespace exists when the program runs: it holds more than types, and is not only declared. */
export function namespaceHasValues(low: Lowering, node: ts.ModuleDeclaration): boolean {
  const ts = low.compiler;
  const { body } = node;
  if (isAmbient(low, node) || body === undefined) return false;
  if (ts.isModuleDeclaration(body)) return namespaceHasValues(low, body);
  if (!ts.isModuleBlock(body)) return false;
  return body.statements.some((statement) => {
    if (ts.isModuleDeclaration(statement)) return namespaceHasValues(low, statement);
    return !ts.isInterfaceDeclaration(statement) && !ts.isTypeAliasDeclaration(statement);
  });
}

/** `declare module "x"`, `declare global`, `declare namespace N` */
function isAmbient(low: Lowering, node: ts.ModuleDeclaration): boolean {
  return hasModifier(node, low.kinds.DeclareKeyword) || !low.compiler.isIdentifier(node.name);
}
