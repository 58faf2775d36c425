import type { ts } from "ts-morph";
import {
  type Export,
  FnHint,
  type Import,
  type LoweredClass,
  type LoweredFunction,
  NONE,
  Op,
  ROW,
  SlotKind,
  type TypeDeclaration,
} from "../model/lowered.js";
import type { Compiler, Kinds } from "./compiler.js";
import { Body, IntBuffer } from "./emitter.js";
import { type Binding, Scope } from "./scopes.js";
import { TypeTable } from "./types.js";

const MAX_STRING = 20_000;

/** A function's row of the table, filled in when its body is finished. */
export type FunctionRecord = { -readonly [K in keyof LoweredFunction]: LoweredFunction[K] };

/** Names that a namespace exports; null outside of namespaces. */
export interface NamespaceFrame {
  readonly prefix: string;
  readonly members: Map<string, Binding>;
}

export type Handler<T extends ts.Node> = { run(low: Lowering, node: T): number }["run"];

/** Lowering functions by node kind. */
export class HandlerTable {
  readonly byKind: Handler<ts.Node>[];

  constructor(size: number, fallback: Handler<ts.Node>) {
    this.byKind = new Array<Handler<ts.Node>>(size).fill(fallback);
  }

  on<T extends ts.Node>(kind: T["kind"], handler: Handler<T>): void {
    this.byKind[kind] = handler;
  }
}

/** Buffers that every file uses anew: allocating typed arrays is dear, and most files are small. */
export class Workspace {
  readonly code = new IntBuffer(16_384);
  readonly tail = new IntBuffer(4_096);
  /** operands of lists under construction */
  readonly scratch = new IntBuffer(256);
  private readonly bodies: Body[] = [];

  clear(): void {
    this.code.length = 0;
    this.tail.length = 0;
    this.scratch.length = 0;
  }

  /** The body of a nesting level. */
  body(level: number): Body {
    let body = this.bodies[level];
    if (body === undefined) {
      body = new Body(level);
      this.bodies.push(body);
    }
    return body;
  }
}

/** What depends on the compiler only and is shared by all files. */
export interface Tables {
  readonly expressions: HandlerTable;
  readonly statements: HandlerTable;
  /** lowers a list of statements in the scope at hand */
  readonly block: (low: Lowering, statements: readonly ts.Statement[]) => void;
  /** per kind: 1 acts (call, assignment …), 2 makes a function, 4 is a leaf */
  readonly traits: Uint8Array;
  /** operator and keyword texts by kind */
  readonly tokens: readonly string[];
  readonly workspace: Workspace;
}

/** Everything known about the file being lowered. One per file; the subjects' modules work on it. */
export class Lowering {
  readonly kinds: Kinds;
  readonly types: TypeTable;
  readonly strings: string[] = [];
  readonly imports: Import[] = [];
  readonly exports: Export[] = [];
  readonly typeDeclarations: TypeDeclaration[] = [];
  readonly functions: FunctionRecord[] = [];
  readonly classes: LoweredClass[] = [];
  readonly code: IntBuffer;
  readonly tail: IntBuffer;
  readonly scratch: IntBuffer;
  readonly hasVar: boolean;
  flags = 0;
  /** first internal failure, for the file's `problem` */
  failure = "";
  body: Body;
  scope: Scope | null = null;
  /** above 0 inside an operand that is known to do nothing, so that nested ones need no look */
  quiet = 0;
  namespace: NamespaceFrame | null = null;
  /** names of a type exported by a separate `export { T }` */
  readonly exportedTypes = new Set<string>();
  /** slots behind `exports.name` */
  readonly commonJs = new Map<string, Binding>();
  private pendingName = "";
  private readonly workspace: Workspace;
  private readonly expressions: readonly Handler<ts.Node>[];
  private readonly statements: readonly Handler<ts.Node>[];
  private readonly interned = new Map<string, number>();

  constructor(
    readonly compiler: Compiler,
    readonly tables: Tables,
    readonly source: ts.SourceFile,
    readonly text: string,
    readonly outline: boolean,
  ) {
    this.kinds = compiler.SyntaxKind;
    this.types = new TypeTable(compiler, text);
    this.hasVar = /\bvar\b/.test(text);
    this.expressions = tables.expressions.byKind;
    this.statements = tables.statements.byKind;
    this.workspace = tables.workspace;
    this.workspace.clear();
    this.code = this.workspace.code;
    this.tail = this.workspace.tail;
    this.scratch = this.workspace.scratch;
    this.body = this.workspace.body(0);
  }

  /** Lowers an expression. @returns its value's id */
  expression(node: ts.Expression): number {
    return this.expressions[node.kind](this, node);
  }

  statement(node: ts.Statement): void {
    this.statements[node.kind](this, node);
  }

  /** Lowers a list of statements in the scope at hand. */
  block(statements: readonly ts.Statement[]): void {
    this.tables.block(this, statements);
  }

  /** Lowers a value that takes its name from where it is put: `const name = () => …`, `{ name: function () {} }`. */
  named(node: ts.Expression, name: string): number {
    const { kinds } = this;
    let inner = node;
    while (inner.kind === kinds.ParenthesizedExpression && this.compiler.isParenthesizedExpression(inner)) {
      inner = inner.expression;
    }
    const { kind } = inner;
    if (kind === kinds.ArrowFunction || kind === kinds.FunctionExpression || kind === kinds.ClassExpression) {
      this.pendingName = name;
    }
    return this.expression(inner);
  }

  /** The name that the function or class about to be lowered was given from outside. */
  takeName(): string {
    const name = this.pendingName;
    this.pendingName = "";
    return name;
  }

  /** Index of a name or literal in the file's string table. */
  string(text: string): number {
    const known = this.interned.get(text);
    if (known !== undefined) return known;
    const index = this.strings.length;
    this.interned.set(text, index);
    this.strings.push(text.length > MAX_STRING ? text.slice(0, MAX_STRING) : text);
    return index;
  }

  emit(op: number, a: number = NONE, b: number = NONE, c: number = NONE): number {
    return this.body.emit(op, a, b, c, NONE, 0);
  }

  emitAt(start: number, end: number, op: number, a: number = NONE, b: number = NONE, c: number = NONE): number {
    return this.body.emit(op, a, b, c, start, end - start);
  }

  /** A member read that stands for the source from start to end. */
  member(object: number, name: string, start: number, end: number): number {
    return this.emitAt(start, end, Op.Member, object, this.string(name), 0);
  }

  /** Where a node's own text starts, without comments and white space. */
  start(node: ts.Node): number {
    return node.getStart(this.source);
  }

  /** Moves the operands collected since `mark` into the tail. @returns the list's offset */
  list(mark: number): number {
    const { scratch, tail } = this;
    const offset = tail.length;
    tail.push(scratch.length - mark);
    for (let i = mark; i < scratch.length; i++) tail.push(scratch.data[i]);
    scratch.length = mark;
    return offset;
  }

  /** Adds a property to an object's list under construction. Not before its value is lowered: that may build lists. */
  property(kind: number, key: number, value: number): void {
    this.scratch.push(kind);
    this.scratch.push(key);
    this.scratch.push(value);
  }

  /** Reads a declared name. */
  read(binding: Binding): number {
    return this.emit(Op.Var, this.body.level - binding.level, binding.slot);
  }

  /** Writes a declared name; a write from an inner function counts against the slot too. */
  store(binding: Binding, value: number): void {
    const { record } = binding;
    const depth = this.body.level - binding.level;
    const id = this.emit(Op.Store, depth, binding.slot, value);
    record.stores = Math.min(2, record.stores + 1);
    record.storedBy = depth === 0 && record.stores === 1 ? id : NONE;
    if (depth > 0) record.storedInInner = true;
  }

  /** Notes a call for the hints: of the function at hand, and of the one whose parameter is called. */
  noteCall(callee: number): void {
    const { body } = this;
    body.hints |= FnHint.Calls;
    if (body.opOf(callee) !== Op.Var) return;
    const owner = this.workspace.body(body.level - body.operandA(callee));
    if (owner.slots[body.operandB(callee)].kind === SlotKind.Param) owner.hints |= FnHint.CallsParameter;
  }

  pushScope(): Scope | null {
    const outer = this.scope;
    this.scope = new Scope(outer, this.body);
    return outer;
  }

  /** Starts a function's body one level further in. @returns what `leaveBody` needs */
  enterBody(fn: number): Scope | null {
    this.body = this.workspace.body(this.body.level + 1);
    this.body.reset(fn);
    return this.pushScope();
  }

  leaveBody(outer: Scope | null): void {
    const { body } = this;
    const record = this.functions[body.fn];
    record.slots = body.slots;
    record.hints = body.hints;
    record.codeAt = this.code.length / ROW;
    record.valueCount = body.rows;
    record.blockCount = body.blockCount;
    this.code.append(body.code, body.rows * ROW);
    this.scope = outer;
    if (body.level > 0) this.body = this.workspace.body(body.level - 1);
  }
}
