import type { ts } from "ts-morph";
import { FnFlag, type LoweredClass, type LoweredMember, MemberKind, NONE, Op, SlotKind } from "../model/lowered.js";
import type { Kinds } from "./compiler.js";
import { addFunction, hasModifier, lowerDecorators, lowerFunction, lowerGuarded, methodFlags } from "./functions.js";
import type { HandlerTable, Lowering } from "./lowering.js";
import { memberName } from "./types.js";
import { declareHoistedVars } from "./variables.js";

/** A class's row of the table while its members are being lowered. */
type ClassRecord = { -readonly [K in keyof LoweredClass]: LoweredClass[K] };

export function registerClasses(table: HandlerTable, K: Kinds): void {
  table.on<ts.ClassExpression>(K.ClassExpression, lowerClassExpression);
}

/** A class expression's own name is visible inside it only. */
function lowerClassExpression(low: Lowering, node: ts.ClassExpression): number {
  const name = low.takeName();
  if (node.name === undefined) return lowerClass(low, node, name);
  const outer = low.pushScope();
  const binding = low.scope?.declare(node.name.text, SlotKind.Class, NONE);
  const value = lowerClass(low, node, node.name.text);
  if (binding !== undefined) low.store(binding, value);
  low.scope = outer;
  return value;
}

/**
 * Lowers a class: decorators and `extends` as values where it stands, methods as functions, field initialisers as
 * one function per kind. @returns the Class value
 */
export function lowerClass(low: Lowering, node: ts.ClassLikeDeclaration, name: string): number {
  const start = low.start(node);
  const index = low.classes.length;
  const record: ClassRecord = {
    name,
    inFn: low.body.fn,
    extends: NONE,
    implements: [],
    decorators: [],
    init: NONE,
    staticInit: NONE,
    members: [],
    at: { start, length: node.end - start },
  };
  low.classes.push(record);
  record.decorators = lowerDecorators(low, node);
  lowerHeritage(low, node, record);
  record.members = lowerMembers(low, node, index);
  record.init = lowerFields(low, node, index, false);
  record.staticInit = lowerFields(low, node, index, true);
  return low.emitAt(start, node.end, Op.Class, index);
}

function lowerHeritage(low: Lowering, node: ts.ClassLikeDeclaration, record: ClassRecord): void {
  if (node.heritageClauses === undefined) return;
  for (const clause of node.heritageClauses) {
    if (clause.token === low.kinds.ExtendsKeyword) {
      if (clause.types.length > 0) record.extends = low.expression(clause.types[0].expression);
    } else {
      record.implements = clause.types.map((type) => low.text.slice(low.start(type.expression), type.expression.end));
    }
  }
}

function lowerMembers(low: Lowering, node: ts.ClassLikeDeclaration, cls: number): LoweredMember[] {
  const ts = low.compiler;
  const members: LoweredMember[] = [];
  for (const member of node.members) {
    if (ts.isPropertyDeclaration(member)) {
      members.push(describeMember(low, member, MemberKind.Field, NONE, low.types.indexOf(member.type)));
    } else if (ts.isMethodDeclaration(member) || ts.isConstructorDeclaration(member) || ts.isAccessor(member)) {
      if (member.body === undefined && isOverload(low, node, member)) continue;
      members.push(lowerMethod(low, member, cls));
    }
  }
  return members;
}

type Method = ts.MethodDeclaration | ts.ConstructorDeclaration | ts.AccessorDeclaration;

function lowerMethod(low: Lowering, node: Method, cls: number): LoweredMember {
  const K = low.kinds;
  const kind =
    node.kind === K.Constructor
      ? MemberKind.Constructor
      : node.kind === K.GetAccessor
        ? MemberKind.Getter
        : node.kind === K.SetAccessor
          ? MemberKind.Setter
          : MemberKind.Method;
  const described = describeMember(low, node, kind, NONE, NONE);
  const fn = lowerFunction(low, node, described.name, methodFlags(low, node), cls);
  return { ...described, fn };
}

/** A signature whose implementation follows; abstract and ambient methods have none and stay. */
function isOverload(low: Lowering, node: ts.ClassLikeDeclaration, member: Method): boolean {
  const name = nameOf(low, member);
  return node.members.some(
    (other) =>
      other.kind === member.kind &&
      "body" in other &&
      other.body !== undefined &&
      other !== member &&
      nameOf(low, other) === name,
  );
}

function describeMember(
  low: Lowering,
  node: Method | ts.PropertyDeclaration,
  kind: number,
  fn: number,
  type: number,
): LoweredMember {
  const K = low.kinds;
  const start = low.start(node);
  return {
    name: nameOf(low, node),
    kind,
    static: hasModifier(node, K.StaticKeyword),
    access: hasModifier(node, K.PrivateKeyword)
      ? "private"
      : hasModifier(node, K.ProtectedKeyword)
        ? "protected"
        : "public",
    override: hasModifier(node, K.OverrideKeyword),
    abstract: hasModifier(node, K.AbstractKeyword),
    fn,
    type,
    decorators: lowerDecorators(low, node),
    at: { start, length: node.end - start },
  };
}

/** A computed name that is no literal is kept as its source text, brackets and all: no plain name can be equal to it. */
function nameOf(low: Lowering, node: ts.ClassElement): string {
  if (node.kind === low.kinds.Constructor) return "constructor";
  if (node.name === undefined) return "";
  const name = memberName(low.compiler, node.name);
  return name === "" && low.compiler.isComputedPropertyName(node.name)
    ? low.text.slice(low.start(node.name), node.name.end)
    : name;
}

/** Field initialisers (and static blocks) as one synthetic function of SetMember on This. @returns its index or NONE */
function lowerFields(low: Lowering, node: ts.ClassLikeDeclaration, cls: number, isStatic: boolean): number {
  const ts = low.compiler;
  const fields = node.members.filter((member) => {
    if (ts.isClassStaticBlockDeclaration(member)) return isStatic;
    return (
      ts.isPropertyDeclaration(member) &&
      member.initializer !== undefined &&
      hasModifier(member, low.kinds.StaticKeyword) === isStatic
    );
  });
  if (fields.length === 0) return NONE;
  const start = low.start(node);
  const index = low.functions.length;
  const record = addFunction(
    low,
    "",
    { start, length: node.end - start },
    FnFlag.FieldInit | (isStatic ? FnFlag.Static : 0),
    cls,
  );
  if (low.outline) {
    record.flags |= FnFlag.NotLowered;
    return index;
  }
  lowerGuarded(low, index, () => {
    for (const field of fields) lowerField(low, field);
  });
  return index;
}

function lowerField(low: Lowering, node: ts.ClassElement): void {
  const ts = low.compiler;
  if (ts.isClassStaticBlockDeclaration(node)) {
    const outer = low.pushScope();
    if (low.hasVar) declareHoistedVars(low, node.body.statements);
    low.block(node.body.statements);
    low.scope = outer;
  } else if (ts.isPropertyDeclaration(node) && node.initializer !== undefined) {
    const start = low.start(node);
    const name = memberName(ts, node.name);
    const object = low.emit(Op.This);
    if (name === "" && ts.isComputedPropertyName(node.name)) {
      const key = low.expression(node.name.expression);
      low.emitAt(start, node.end, Op.SetIndex, object, key, low.expression(node.initializer));
    } else {
      low.emitAt(start, node.end, Op.SetMember, object, low.string(name), low.named(node.initializer, name));
    }
  }
}
