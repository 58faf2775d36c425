import type { ts } from "ts-morph";
import { CALL_TYPE_SHIFT, CallFlag, FnHint, ImportForm, NONE, Op } from "../model/lowered.js";
import { collectionCall } from "./collections.js";
import type { Kinds } from "./compiler.js";
import type { HandlerTable, Lowering } from "./lowering.js";
import { findBinding } from "./scopes.js";

type Link = ts.CallExpression | ts.PropertyAccessExpression | ts.ElementAccessExpression | ts.NonNullExpression;

export function registerChains(table: HandlerTable, K: Kinds): void {
  table.on<ts.CallExpression>(K.CallExpression, lowerChain);
  table.on<ts.PropertyAccessExpression>(K.PropertyAccessExpression, lowerChain);
  table.on<ts.ElementAccessExpression>(K.ElementAccessExpression, lowerChain);
  table.on<ts.NewExpression>(K.NewExpression, lowerNew);
  table.on<ts.TaggedTemplateExpression>(K.TaggedTemplateExpression, lowerTagged);
  table.on<ts.TemplateExpression>(K.TemplateExpression, lowerTemplate);
}

/** `a.b().c()` nests to the left; builders have thousands of links, so a loop. All links start where the root starts. */
function lowerChain(low: Lowering, node: Link): number {
  const spine: Link[] = [];
  let root: ts.Expression = node;
  while (isLink(low, root)) {
    spine.push(root);
    root = root.expression;
  }
  const start = low.start(root);
  let at = spine.length - 1;
  let value = moduleReference(low, spine[at], root, start);
  if (value === NONE) {
    const taken = collectionLinks(low, spine, root, start);
    value = taken.value === NONE ? low.expression(root) : taken.value;
    at -= taken.links;
  } else at--;
  for (; at >= 0; at--) value = link(low, spine[at], value, start);
  return value;
}

/** `find(list, test)` is lowered as `list.find(test)`: whatever reads the one reads the other. */
function collectionLinks(
  low: Lowering,
  spine: readonly Link[],
  root: ts.Expression,
  start: number,
): { readonly value: number; readonly links: number } {
  const K = low.kinds;
  if (root.kind !== K.Identifier) return { value: NONE, links: 0 };
  const links = spine.at(-1)?.kind === K.PropertyAccessExpression ? 2 : 1;
  const node = spine.at(-links);
  const taken = node?.kind === K.CallExpression ? collectionCall(low, node) : null;
  if (taken === null) return { value: NONE, links: 0 };
  const list = low.expression(taken.list);
  const callee = low.emitAt(start, taken.call.expression.end, Op.Member, list, low.string(taken.method), 0);
  const mark = low.scratch.length;
  for (const argument of taken.others) low.scratch.push(low.expression(argument));
  const given = low.list(mark);
  low.noteCall(callee);
  return { value: low.emitAt(start, taken.call.end, Op.Call, callee, given, 0), links };
}

function isLink(low: Lowering, node: ts.Expression): node is Link {
  const K = low.kinds;
  const { kind } = node;
  return (
    kind === K.PropertyAccessExpression ||
    kind === K.CallExpression ||
    kind === K.ElementAccessExpression ||
    kind === K.NonNullExpression
  );
}

function link(low: Lowering, node: Link, value: number, start: number): number {
  const K = low.kinds;
  switch (node.kind) {
    case K.PropertyAccessExpression:
      return low.emitAt(
        start,
        node.end,
        Op.Member,
        value,
        low.string(node.name.text),
        node.questionDotToken === undefined ? 0 : 1,
      );
    case K.CallExpression: {
      const optional = (node.flags & low.compiler.NodeFlags.OptionalChain) === 0 ? 0 : CallFlag.Optional;
      return call(low, Op.Call, node, value, optional, start);
    }
    case K.ElementAccessExpression:
      return lowerIndex(low, node, value, start);
    default:
      return value;
  }
}

function lowerIndex(low: Lowering, node: ts.ElementAccessExpression, value: number, start: number): number {
  const optional = node.questionDotToken === undefined ? 0 : 1;
  const key = node.argumentExpression;
  if (low.compiler.isStringLiteralLike(key))
    return low.emitAt(start, node.end, Op.Member, value, low.string(key.text), optional);
  return low.emitAt(start, node.end, Op.Index, value, low.expression(key), optional);
}

function call(
  low: Lowering,
  op: number,
  node: ts.CallExpression | ts.NewExpression,
  callee: number,
  flags: number,
  start: number,
): number {
  const mark = low.scratch.length;
  if (node.arguments !== undefined) for (const argument of node.arguments) low.scratch.push(low.expression(argument));
  const list = low.list(mark);
  low.noteCall(callee);
  const type = node.typeArguments === undefined ? NONE : low.types.indexOf(node.typeArguments[0]);
  return low.emitAt(start, node.end, op, callee, list, flags | ((type + 1) << CALL_TYPE_SHIFT));
}

function lowerNew(low: Lowering, node: ts.NewExpression): number {
  const start = low.start(node);
  return call(low, Op.New, node, low.expression(node.expression), 0, start);
}

/** `import("m")` and `require("m")` with a literal, as the innermost call of a chain; NONE for anything else. */
function moduleReference(low: Lowering, node: Link, root: ts.Expression, start: number): number {
  if (node.kind !== low.kinds.CallExpression) return NONE;
  const dynamic = root.kind === low.kinds.ImportKeyword;
  if (!dynamic && !isRequire(low, root)) return NONE;
  const first = node.arguments[0];
  if (first === undefined || !low.compiler.isStringLiteralLike(first)) return NONE;
  return low.emitAt(
    start,
    node.end,
    Op.ImportOf,
    low.string(first.text),
    dynamic ? ImportForm.Dynamic : ImportForm.Require,
  );
}

function isRequire(low: Lowering, node: ts.Expression): boolean {
  return low.compiler.isIdentifier(node) && node.text === "require" && findBinding(low.scope, "require") === undefined;
}

function lowerTagged(low: Lowering, node: ts.TaggedTemplateExpression): number {
  const tag = low.expression(node.tag);
  const template = low.compiler.isTemplateExpression(node.template)
    ? lowerTemplate(low, node.template)
    : plainTemplate(low, node.template);
  low.body.hints |= FnHint.TaggedTemplate;
  low.noteCall(tag);
  return low.emitAt(low.start(node), node.end, Op.Tagged, tag, template);
}

function plainTemplate(low: Lowering, node: ts.NoSubstitutionTemplateLiteral): number {
  const mark = low.scratch.length;
  low.scratch.push(low.string(node.text));
  return low.emitAt(low.start(node), node.end, Op.Template, low.list(mark));
}

function lowerTemplate(low: Lowering, node: ts.TemplateExpression): number {
  const mark = low.scratch.length;
  low.scratch.push(low.string(node.head.text));
  for (const span of node.templateSpans) {
    low.scratch.push(low.expression(span.expression));
    low.scratch.push(low.string(span.literal.text));
  }
  return low.emitAt(low.start(node), node.end, Op.Template, low.list(mark));
}
