import type { ts } from "ts-morph";
import { FileFlag, NONE, Op, PropKind } from "../model/lowered.js";
import type { Kinds } from "./compiler.js";
import { matters } from "./effects.js";
import type { HandlerTable, Lowering } from "./lowering.js";

type Element = ts.JsxElement | ts.JsxSelfClosingElement | ts.JsxFragment;

export function registerJsx(table: HandlerTable, K: Kinds): void {
  const lower = (low: Lowering, node: Element): number => lowerElement(low, node, true);
  table.on<ts.JsxElement>(K.JsxElement, lower);
  table.on<ts.JsxSelfClosingElement>(K.JsxSelfClosingElement, lower);
  table.on<ts.JsxFragment>(K.JsxFragment, lower);
  table.on<ts.JsxExpression>(K.JsxExpression, (low, node) =>
    node.expression === undefined ? low.emit(Op.Undefined) : low.expression(node.expression),
  );
}

/**
 * A component is a Jsx value with its props, children among them. An intrinsic tag keeps only what calls, renders or
 * makes a function; one inside another that has nothing of the kind is left out.
 *
 * @param wanted whether a value is needed in any case, because the element is an expression by itself
 * @returns the value, NONE for an element that was left out
 */
function lowerElement(low: Lowering, node: Element, wanted: boolean): number {
  low.flags |= FileFlag.Jsx;
  const ts = low.compiler;
  const opening = ts.isJsxElement(node) ? node.openingElement : ts.isJsxSelfClosingElement(node) ? node : undefined;
  const component = opening === undefined ? NONE : lowerComponent(low, opening.tagName);
  const intrinsic = component === NONE;
  const mark = low.scratch.length;
  if (opening !== undefined) lowerAttributes(low, opening.attributes, intrinsic);
  if (!ts.isJsxSelfClosingElement(node)) lowerChildren(low, node.children, intrinsic);
  if (intrinsic && !wanted && low.scratch.length === mark) return NONE;
  const start = low.start(node);
  const props = low.emitAt(start, node.end, Op.Object, low.list(mark));
  const tag = intrinsic ? low.emit(Op.String, low.string(tagText(low, opening))) : component;
  return low.emitAt(start, node.end, Op.Jsx, tag, props);
}

function tagText(low: Lowering, opening: ts.JsxOpeningLikeElement | undefined): string {
  return opening === undefined ? "" : low.text.slice(low.start(opening.tagName), opening.tagName.end);
}

/** The component's value; NONE for an intrinsic tag (`div`, `my-tag`, `svg:path`). */
function lowerComponent(low: Lowering, tag: ts.JsxTagNameExpression): number {
  const ts = low.compiler;
  if (ts.isJsxNamespacedName(tag)) return NONE;
  if (ts.isIdentifier(tag)) {
    const first = tag.text.charCodeAt(0);
    if ((first >= 97 && first <= 122) || tag.text.includes("-")) return NONE;
  }
  return low.expression(tag);
}

function lowerAttributes(low: Lowering, attributes: ts.JsxAttributes, intrinsic: boolean): void {
  const ts = low.compiler;
  for (const attribute of attributes.properties) {
    if (ts.isJsxSpreadAttribute(attribute)) {
      if (!intrinsic || matters(low, attribute.expression))
        low.property(PropKind.Spread, NONE, low.expression(attribute.expression));
      continue;
    }
    const { initializer } = attribute;
    const expression =
      initializer !== undefined && ts.isJsxExpression(initializer) ? initializer.expression : initializer;
    if (intrinsic && (expression === undefined || !matters(low, expression))) continue;
    const name = low.text.slice(low.start(attribute.name), attribute.name.end);
    const value = expression === undefined ? low.emit(Op.True) : low.named(expression, name);
    low.property(PropKind.Named, low.string(name), value);
  }
}

/** Children go under `children`, as an array when there are several. */
function lowerChildren(low: Lowering, children: ts.NodeArray<ts.JsxChild>, intrinsic: boolean): void {
  const mark = low.scratch.length;
  for (const child of children) {
    const value = lowerChild(low, child, intrinsic);
    if (value !== NONE) low.scratch.push(value);
  }
  const count = low.scratch.length - mark;
  if (count === 0) return;
  const only = low.scratch.data[mark];
  if (count === 1) low.scratch.length = mark;
  const value = count === 1 ? only : low.emit(Op.Array, low.list(mark));
  low.property(PropKind.Named, low.string("children"), value);
}

function lowerChild(low: Lowering, child: ts.JsxChild, intrinsic: boolean): number {
  const ts = low.compiler;
  if (ts.isJsxText(child)) return NONE;
  if (!ts.isJsxExpression(child)) return lowerElement(low, child, false);
  const { expression } = child;
  if (expression === undefined || (intrinsic && !matters(low, expression))) return NONE;
  const value = low.expression(expression);
  return child.dotDotDotToken === undefined ? value : low.emit(Op.Spread, value);
}
