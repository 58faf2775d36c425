import type { ts } from "ts-morph";
import { NONE, type TypeMember, type TypeRef } from "../model/lowered.js";
import type { Compiler } from "./compiler.js";

const OTHER: TypeRef = { kind: "other" };
const MAX_DEPTH = 3;
const MAX_PARTS = 64;

/** Annotations of one file by name, each stored once. Nothing is resolved here. */
export class TypeTable {
  readonly refs: TypeRef[] = [];
  private readonly byText = new Map<string, number>();

  constructor(
    private readonly compiler: Compiler,
    private readonly text: string,
  ) {}

  /**
   * @param node an annotation, or undefined where there is none
   * @returns its index, or NONE. Equal text means equal index: names are all that is kept
   */
  indexOf(node: ts.TypeNode | undefined): number {
    if (node === undefined) return NONE;
    const key = this.text.slice(node.pos, node.end).trim();
    const known = this.byText.get(key);
    if (known !== undefined) return known;
    const index = this.refs.length;
    this.refs.push(this.convert(node, 0));
    this.byText.set(key, index);
    return index;
  }

  /** One annotation as names, at most three levels deep. */
  convert(node: ts.TypeNode | undefined, depth: number): TypeRef {
    if (node === undefined) return OTHER;
    const ts = this.compiler;
    if (ts.isTypeReferenceNode(node)) return named(entityText(ts, node.typeName), this.all(node.typeArguments, depth));
    if (ts.isParenthesizedTypeNode(node) || ts.isOptionalTypeNode(node) || ts.isRestTypeNode(node))
      return this.convert(node.type, depth);
    if (ts.isTypeOperatorNode(node))
      return node.operator === ts.SyntaxKind.ReadonlyKeyword ? this.convert(node.type, depth) : OTHER;
    if (ts.isLiteralTypeNode(node)) return literal(ts, node.literal);
    if (ts.isTypeQueryNode(node)) return { kind: "typeof", name: entityText(ts, node.exprName) };
    if (ts.isExpressionWithTypeArguments(node))
      return named(
        this.text.slice(node.expression.pos, node.expression.end).trim(),
        this.all(node.typeArguments, depth),
      );
    if (ts.isImportTypeNode(node)) return this.imported(node, depth);
    if (ts.isTypePredicateNode(node)) return named("boolean", []);
    if (ts.isTemplateLiteralTypeNode(node)) return named("string", []);
    return depth < MAX_DEPTH ? this.composite(node, depth) : keyword(this.compiler, node);
  }

  /** Members of an interface or a type literal: properties, methods, getters. */
  members(elements: ts.NodeArray<ts.TypeElement>, depth: number): TypeMember[] {
    const ts = this.compiler;
    const members: TypeMember[] = [];
    for (const element of elements) {
      const name = element.name === undefined ? "" : memberName(ts, element.name);
      if (name === "") continue;
      const optional = element.questionToken !== undefined;
      if (ts.isPropertySignature(element))
        members.push({ name, optional, type: this.convert(element.type, depth + 1) });
      else if (ts.isMethodSignature(element))
        members.push({ name, optional, type: { kind: "function", returns: this.convert(element.type, depth + 1) } });
      else if (ts.isGetAccessorDeclaration(element))
        members.push({ name, optional, type: this.convert(element.type, depth + 1) });
    }
    return members;
  }

  private composite(node: ts.TypeNode, depth: number): TypeRef {
    const ts = this.compiler;
    if (ts.isArrayTypeNode(node)) return { kind: "array", of: this.convert(node.elementType, depth + 1) };
    if (ts.isTupleTypeNode(node)) return { kind: "array", of: { kind: "union", of: this.all(node.elements, depth) } };
    if (ts.isNamedTupleMember(node)) return this.convert(node.type, depth);
    if (ts.isUnionTypeNode(node)) return { kind: "union", of: this.all(node.types, depth) };
    if (ts.isIntersectionTypeNode(node)) return { kind: "intersection", of: this.all(node.types, depth) };
    if (ts.isTypeLiteralNode(node)) return { kind: "object", members: this.members(node.members, depth) };
    if (ts.isFunctionTypeNode(node)) return { kind: "function", returns: this.convert(node.type, depth + 1) };
    if (ts.isIndexedAccessTypeNode(node))
      return { kind: "index", of: this.convert(node.objectType, depth + 1), key: indexKey(ts, node.indexType) };
    return keyword(ts, node);
  }

  private imported(node: ts.ImportTypeNode, depth: number): TypeRef {
    const name = this.text
      .slice(node.pos, node.typeArguments === undefined ? node.end : node.typeArguments.pos - 1)
      .trim();
    return named(name, this.all(node.typeArguments, depth));
  }

  private all(nodes: readonly ts.TypeNode[] | undefined, depth: number): TypeRef[] {
    if (nodes === undefined || depth >= MAX_DEPTH) return [];
    const refs: TypeRef[] = [];
    for (const node of nodes) {
      if (refs.length === MAX_PARTS) break;
      refs.push(this.convert(node, depth + 1));
    }
    return refs;
  }
}

const KEYWORDS = new Set([
  "any",
  "unknown",
  "never",
  "void",
  "string",
  "number",
  "boolean",
  "bigint",
  "symbol",
  "object",
  "undefined",
  "null",
  "this",
  "const",
]);

/** Whether an annotation names something that a later stage could look up; `as any` or `as string[]` do not. */
export function namesSomething(ref: TypeRef): boolean {
  switch (ref.kind) {
    case "name":
      return !KEYWORDS.has(ref.name);
    case "array":
      return namesSomething(ref.of);
    case "union":
    case "intersection":
      return ref.of.some(namesSomething);
    case "typeof":
    case "index":
      return true;
    default:
      return false;
  }
}

/** `A.B.C` as text. */
export function entityText(ts: Compiler, node: ts.EntityName): string {
  return ts.isIdentifier(node) ? node.text : `${entityText(ts, node.left)}.${node.right.text}`;
}

/** A member's name; '' for one that only running the program would tell. */
export function memberName(ts: Compiler, node: ts.PropertyName): string {
  if (!ts.isComputedPropertyName(node)) return node.text;
  return ts.isStringLiteralLike(node.expression) || ts.isNumericLiteral(node.expression) ? node.expression.text : "";
}

function named(name: string, args: readonly TypeRef[]): TypeRef {
  return { kind: "name", name, args };
}

function literal(ts: Compiler, node: ts.Node): TypeRef {
  if (ts.isLiteralExpression(node)) return { kind: "literal", value: node.text };
  if (ts.isPrefixUnaryExpression(node) && ts.isLiteralExpression(node.operand))
    return { kind: "literal", value: `-${node.operand.text}` };
  return named(ts.tokenToString(node.kind) ?? "", []);
}

function keyword(ts: Compiler, node: ts.TypeNode): TypeRef {
  const text = ts.tokenToString(node.kind);
  return text === undefined ? OTHER : named(text, []);
}

function indexKey(ts: Compiler, node: ts.TypeNode): string {
  return ts.isLiteralTypeNode(node) && ts.isLiteralExpression(node.literal) ? node.literal.text : "";
}
