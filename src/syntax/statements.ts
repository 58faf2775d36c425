import type { ts } from "ts-morph";
import { FnHint, NONE, Op, SlotKind } from "../model/lowered.js";
import { lowerClass } from "./classes.js";
import type { Kinds } from "./compiler.js";
import { declareNames, lowerBlockStatements } from "./declarations.js";
import { Label } from "./emitter.js";
import type { HandlerTable, Lowering } from "./lowering.js";
import { noteExport } from "./modules.js";
import { bindName, declareBinding } from "./patterns.js";
import { findBinding, hiddenSlot } from "./scopes.js";

export function registerStatements(table: HandlerTable, K: Kinds): void {
  table.on<ts.ExpressionStatement>(K.ExpressionStatement, lowerExpressionStatement);
  table.on<ts.Block>(K.Block, (low, node) => {
    lowerScoped(low, node.statements);
    return NONE;
  });
  table.on<ts.ClassDeclaration>(K.ClassDeclaration, lowerClassDeclaration);
  table.on<ts.IfStatement>(K.IfStatement, lowerIf);
  table.on<ts.ReturnStatement>(K.ReturnStatement, lowerReturn);
  table.on<ts.ThrowStatement>(K.ThrowStatement, lowerThrow);
  table.on<ts.TryStatement>(K.TryStatement, lowerTry);
  table.on<ts.SwitchStatement>(K.SwitchStatement, lowerSwitch);
  table.on<ts.WithStatement>(K.WithStatement, (low, node) => {
    low.expression(node.expression);
    lowerEmbedded(low, node.statement);
    return NONE;
  });
}

/** A block's statements in a scope of their own. */
export function lowerScoped(low: Lowering, statements: readonly ts.Statement[]): void {
  const outer = low.pushScope();
  lowerBlockStatements(low, statements);
  low.scope = outer;
}

/** The body of an `if` or a loop. A bare function declaration there is hoisted as in a block. */
export function lowerEmbedded(low: Lowering, node: ts.Statement): void {
  if (node.kind === low.kinds.FunctionDeclaration) lowerScoped(low, [node]);
  else low.statement(node);
}

/** Directives such as 'use strict' are statements too, and mean nothing here. */
function lowerExpressionStatement(low: Lowering, node: ts.ExpressionStatement): number {
  return node.expression.kind === low.kinds.StringLiteral ? NONE : low.expression(node.expression);
}

function lowerClassDeclaration(low: Lowering, node: ts.ClassDeclaration): number {
  const name = node.name?.text ?? "default";
  const value = lowerClass(low, node, name);
  const binding =
    node.name === undefined ? hiddenSlot(low.body, "*default*", SlotKind.Class, NONE) : findBinding(low.scope, name);
  if (binding === undefined) return NONE;
  low.store(binding, value);
  noteExport(low, node, name, binding);
  return NONE;
}

/** `else if` chains run for thousands of links in generated code: a loop with one common join. */
function lowerIf(low: Lowering, node: ts.IfStatement): number {
  const { body, compiler } = low;
  const join = new Label();
  body.hints |= FnHint.Branches;
  for (let current = node; ; ) {
    const whenTrue = body.newBlock();
    const whenFalse = body.newBlock();
    branchOn(low, current.expression, whenTrue, whenFalse);
    body.place(whenTrue);
    lowerEmbedded(low, current.thenStatement);
    body.jump(join);
    body.place(whenFalse);
    const otherwise = current.elseStatement;
    if (otherwise !== undefined && compiler.isIfStatement(otherwise)) {
      current = otherwise;
      continue;
    }
    if (otherwise !== undefined) lowerEmbedded(low, otherwise);
    break;
  }
  body.land(join);
  return NONE;
}

/** Lowers a condition and ends the block with a branch on it. Both targets must be fresh. */
export function branchOn(low: Lowering, test: ts.Expression, whenTrue: number, whenFalse: number): void {
  const value = low.expression(test);
  const start = low.start(test);
  low.body.branch(value, whenTrue, whenFalse, start, test.end - start);
}

function lowerReturn(low: Lowering, node: ts.ReturnStatement): number {
  const value = node.expression === undefined ? NONE : low.expression(node.expression);
  const start = low.start(node);
  low.body.leave(Op.Return, value, start, node.end - start);
  return NONE;
}

function lowerThrow(low: Lowering, node: ts.ThrowStatement): number {
  const value = low.expression(node.expression);
  const start = low.start(node);
  low.body.hints |= FnHint.Throws;
  low.body.leave(Op.Throw, value, start, node.end - start);
  return NONE;
}

/**
 * Every block of the `try` part names the handler, and the part opens a block of its own, so that what held before
 * it is what enters the handler at least. `finally` follows on the normal path.
 */
function lowerTry(low: Lowering, node: ts.TryStatement): number {
  const { body } = low;
  const join = new Label();
  const outer = body.handler;
  if (node.catchClause === undefined) {
    lowerScoped(low, node.tryBlock.statements);
  } else {
    const handler = body.newBlock();
    body.handler = handler;
    body.place(body.newBlock());
    lowerScoped(low, node.tryBlock.statements);
    body.jump(join);
    body.handler = outer;
    body.place(handler);
    lowerCatch(low, node.catchClause);
    body.jump(join);
    body.land(join);
  }
  if (node.finallyBlock !== undefined) lowerFinally(low, node.finallyBlock);
  return NONE;
}

/** On no normal path when all the ways before it leave; its code then stands in a block nobody jumps to. */
function lowerFinally(low: Lowering, node: ts.Block): void {
  const reached = low.body.open;
  lowerScoped(low, node.statements);
  if (!reached) low.body.close();
}

function lowerCatch(low: Lowering, node: ts.CatchClause): void {
  const outer = low.pushScope();
  if (node.variableDeclaration !== undefined) {
    declareBinding(low, node.variableDeclaration.name, SlotKind.Catch, NONE);
    bindName(low, node.variableDeclaration.name, low.emit(Op.Caught));
  }
  lowerScoped(low, node.block.statements);
  low.scope = outer;
}

/**
 * A comparison and a branch per case. A case's body is the branch's target itself unless the body before falls
 * through into it: then both jump to a third block.
 */
function lowerSwitch(low: Lowering, node: ts.SwitchStatement): number {
  const { body } = low;
  const clauses = node.caseBlock.clauses;
  const subject = low.expression(node.expression);
  const exit = new Label();
  const outer = low.pushScope();
  declareNames(
    low,
    clauses.flatMap((clause) => [...clause.statements]),
  );
  const matched = lowerTests(low, clauses, subject);
  body.targets.push({ names: [], breakTo: exit, continueTo: null, bare: true });
  clauses.forEach((clause, index) => {
    enterClause(low, matched[index]);
    lowerBlockStatements(low, clause.statements);
  });
  body.targets.pop();
  low.scope = outer;
  body.jump(exit);
  const unmatched = matched[clauses.length];
  if (unmatched !== NONE) body.place(unmatched);
  body.land(exit);
  return NONE;
}

/** @returns the block that each clause's test leads to, and last the one where no test matched, NONE with a `default` */
function lowerTests(low: Lowering, clauses: readonly ts.CaseOrDefaultClause[], subject: number): number[] {
  const { body } = low;
  const matched: number[] = [];
  const fallback = clauses.findIndex((clause) => clause.kind === low.kinds.DefaultClause);
  const equals = low.string("===");
  for (const clause of clauses) {
    if (!low.compiler.isCaseClause(clause)) {
      matched.push(NONE);
      continue;
    }
    const start = low.start(clause.expression);
    const length = clause.expression.end - start;
    const test = low.emitAt(
      start,
      clause.expression.end,
      Op.Binary,
      equals,
      subject,
      low.expression(clause.expression),
    );
    const hit = body.newBlock();
    const miss = body.newBlock();
    body.hints |= FnHint.Branches;
    body.branch(test, hit, miss, start, length);
    body.place(miss);
    matched.push(hit);
  }
  // what follows the last test is the default's body, or the way out, both placed later
  const rest = new Label();
  body.jump(rest);
  if (fallback >= 0) matched[fallback] = rest.id;
  matched.push(fallback >= 0 ? NONE : rest.id);
  return matched;
}

function enterClause(low: Lowering, block: number): void {
  const { body } = low;
  if (body.open) {
    const shared = new Label();
    body.jump(shared);
    body.place(block);
    body.jump(shared);
    body.land(shared);
  } else {
    body.place(block);
  }
}
