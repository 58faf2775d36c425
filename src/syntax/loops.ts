import type { ts } from "ts-morph";
import { FnHint, IterKind, NONE, Op } from "../model/lowered.js";
import type { Kinds } from "./compiler.js";
import { type JumpTarget, Label } from "./emitter.js";
import type { HandlerTable, Lowering } from "./lowering.js";
import { bindName } from "./patterns.js";
import { branchOn, lowerEmbedded } from "./statements.js";
import { writeTo } from "./targets.js";
import { declareList, lowerDeclarationList } from "./variables.js";

export function registerLoops(table: HandlerTable, K: Kinds): void {
  table.on<ts.WhileStatement>(K.WhileStatement, (low, node) => lowerWhile(low, node, []));
  table.on<ts.DoStatement>(K.DoStatement, (low, node) => lowerDo(low, node, []));
  table.on<ts.ForStatement>(K.ForStatement, (low, node) => lowerFor(low, node, []));
  table.on<ts.ForOfStatement>(K.ForOfStatement, (low, node) => lowerForEach(low, node, []));
  table.on<ts.ForInStatement>(K.ForInStatement, (low, node) => lowerForEach(low, node, []));
  table.on<ts.LabeledStatement>(K.LabeledStatement, lowerLabelled);
  table.on<ts.BreakStatement>(K.BreakStatement, (low, node) => jumpOut(low, node.label, false));
  table.on<ts.ContinueStatement>(K.ContinueStatement, (low, node) => jumpOut(low, node.label, true));
}

function jumpOut(low: Lowering, label: ts.Identifier | undefined, again: boolean): number {
  const { targets } = low.body;
  for (let i = targets.length - 1; i >= 0; i--) {
    const target = targets[i];
    if (label === undefined ? !target.bare : !target.names.includes(label.text)) continue;
    const to = again ? target.continueTo : target.breakTo;
    if (to === null) continue;
    low.body.jump(to);
    break;
  }
  return NONE;
}

function lowerLabelled(low: Lowering, node: ts.LabeledStatement): number {
  const ts = low.compiler;
  const names = [node.label.text];
  let statement = node.statement;
  while (ts.isLabeledStatement(statement)) {
    names.push(statement.label.text);
    statement = statement.statement;
  }
  if (ts.isWhileStatement(statement)) return lowerWhile(low, statement, names);
  if (ts.isDoStatement(statement)) return lowerDo(low, statement, names);
  if (ts.isForStatement(statement)) return lowerFor(low, statement, names);
  if (ts.isForOfStatement(statement) || ts.isForInStatement(statement)) return lowerForEach(low, statement, names);
  const exit = new Label();
  inside(low, { names, breakTo: exit, continueTo: null, bare: false }, statement);
  low.body.land(exit);
  return NONE;
}

function inside(low: Lowering, target: JumpTarget, statement: ts.Statement): void {
  low.body.targets.push(target);
  lowerEmbedded(low, statement);
  low.body.targets.pop();
}

/** A block that can be jumped back to. */
function openHeader(low: Lowering): Label {
  const header = new Label();
  header.id = low.body.newBlock();
  low.body.place(header.id);
  return header;
}

/** Ends the header with its test. @returns the fresh block in which the test failed; NONE when it cannot fail */
function enterLoop(low: Lowering, test: ts.Expression | undefined): number {
  const { body } = low;
  const enter = body.newBlock();
  if (test === undefined || test.kind === low.kinds.TrueKeyword) {
    body.place(enter);
    return NONE;
  }
  const done = body.newBlock();
  body.hints |= FnHint.Branches;
  branchOn(low, test, enter, done);
  body.place(enter);
  return done;
}

/** Closes the loop's end; `done` is reached by the failed test only, `exit` by every `break` as well. */
function leaveLoop(low: Lowering, done: number, exit: Label): void {
  if (done !== NONE) low.body.place(done);
  low.body.land(exit);
}

function lowerWhile(low: Lowering, node: ts.WhileStatement, names: readonly string[]): number {
  const header = openHeader(low);
  const exit = new Label();
  const done = enterLoop(low, node.expression);
  inside(low, { names, breakTo: exit, continueTo: header, bare: true }, node.statement);
  low.body.jump(header);
  leaveLoop(low, done, exit);
  return NONE;
}

function lowerDo(low: Lowering, node: ts.DoStatement, names: readonly string[]): number {
  const { body } = low;
  const again = openHeader(low);
  const exit = new Label();
  const test = new Label();
  inside(low, { names, breakTo: exit, continueTo: test, bare: true }, node.statement);
  body.land(test);
  if (body.open) {
    const done = enterLoop(low, node.expression);
    body.jump(again);
    leaveLoop(low, done, exit);
  } else {
    body.land(exit);
  }
  return NONE;
}

function lowerFor(low: Lowering, node: ts.ForStatement, names: readonly string[]): number {
  const { body } = low;
  const outer = low.pushScope();
  if (node.initializer !== undefined) lowerInitializer(low, node.initializer);
  const header = openHeader(low);
  const exit = new Label();
  const update = new Label();
  const done = enterLoop(low, node.condition);
  inside(low, { names, breakTo: exit, continueTo: update, bare: true }, node.statement);
  body.land(update);
  if (body.open && node.incrementor !== undefined) low.expression(node.incrementor);
  body.jump(header);
  low.scope = outer;
  leaveLoop(low, done, exit);
  return NONE;
}

function lowerInitializer(low: Lowering, node: ts.ForInitializer): void {
  if (low.compiler.isVariableDeclarationList(node)) {
    declareList(low, node);
    lowerDeclarationList(low, node);
  } else {
    low.expression(node);
  }
}

/** `for (x of xs)`: the header branches on the collection; its false edge means "done", not "empty". */
function lowerForEach(low: Lowering, node: ts.ForOfStatement | ts.ForInStatement, names: readonly string[]): number {
  const { body } = low;
  const collection = low.expression(node.expression);
  const outer = low.pushScope();
  const header = openHeader(low);
  const exit = new Label();
  const enter = body.newBlock();
  const done = body.newBlock();
  const start = low.start(node.expression);
  body.hints |= FnHint.Branches;
  body.branch(collection, enter, done, start, node.expression.end - start);
  body.place(enter);
  bindItem(low, node, low.emit(Op.Iterated, collection, iteration(low, node)));
  inside(low, { names, breakTo: exit, continueTo: header, bare: true }, node.statement);
  body.jump(header);
  low.scope = outer;
  leaveLoop(low, done, exit);
  return NONE;
}

function iteration(low: Lowering, node: ts.ForOfStatement | ts.ForInStatement): number {
  if (node.kind === low.kinds.ForInStatement) return IterKind.In;
  return node.awaitModifier === undefined ? IterKind.Of : IterKind.Await;
}

function bindItem(low: Lowering, node: ts.ForOfStatement | ts.ForInStatement, item: number): void {
  const head = node.initializer;
  if (!low.compiler.isVariableDeclarationList(head)) {
    writeTo(low, head, item);
    return;
  }
  declareList(low, head);
  for (const declaration of head.declarations) bindName(low, declaration.name, item);
}
