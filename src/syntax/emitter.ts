import { NONE, Op, ROW } from "../model/lowered.js";

/** An Int32Array that grows by doubling. */
export class IntBuffer {
  data: Int32Array;
  length = 0;

  constructor(capacity: number) {
    this.data = new Int32Array(capacity);
  }

  push(value: number): void {
    if (this.length === this.data.length) this.reserve(1);
    this.data[this.length++] = value;
  }

  append(source: Int32Array, count: number): void {
    this.reserve(count);
    this.data.set(source.subarray(0, count), this.length);
    this.length += count;
  }

  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.data.length) return;
    const larger = new Int32Array(Math.max(needed, this.data.length * 2));
    larger.set(this.data.subarray(0, this.length));
    this.data = larger;
  }

  toArray(): Int32Array {
    return this.data.slice(0, this.length);
  }
}

/** A jump target that gets its block id at the first jump, so that a join nobody reaches leaves no block behind. */
export class Label {
  id: number = NONE;
}

/** What `break` and `continue` may aim at. */
export interface JumpTarget {
  readonly names: readonly string[];
  readonly breakTo: Label;
  /** null for a labelled block and for `switch` */
  readonly continueTo: Label | null;
  /** a labelled block takes only `break name`; loops and `switch` take a bare one too */
  readonly bare: boolean;
}

/** A slot while its function is being lowered; becomes the model's `Slot` as it stands. */
export interface SlotRecord {
  readonly name: string;
  kind: number;
  type: number;
  stores: number;
  storedBy: number;
  storedInInner: boolean;
}

/** The rows of one function while it is being lowered. Bodies are pooled by nesting level, see `reset`. */
export class Body {
  /** index of the function in the file */
  fn = 0;
  blockCount = 0;
  hints = 0;
  /** handler that blocks opened from now on name */
  handler: number = NONE;
  slots: SlotRecord[] = [];
  targets: JumpTarget[] = [];
  rows = 0;
  open = false;
  code = new Int32Array(64 * ROW);

  /** @param level how many functions enclose this one: what `Var` depths are counted with */
  constructor(readonly level: number) {}

  /** Starts a function: forgets the previous one of this level and opens block 0. */
  reset(fn: number): void {
    this.fn = fn;
    this.blockCount = 0;
    this.hints = 0;
    this.handler = NONE;
    this.slots = [];
    this.targets = [];
    this.rows = 0;
    this.open = false;
    this.place(this.newBlock());
  }

  /**
   * Appends a row. Code after a terminator opens a block of its own that nothing jumps to.
   *
   * @returns the new value's id
   */
  emit(op: number, a: number, b: number, c: number, start: number, length: number): number {
    if (!this.open) this.place(this.newBlock());
    return this.row(op, a, b, c, start, length);
  }

  newBlock(): number {
    return this.blockCount++;
  }

  /** Opens a block; an open one falls through into it. */
  place(block: number): void {
    if (this.open) this.row(Op.Jump, block, NONE, NONE, NONE, 0);
    this.row(Op.Block, block, this.handler, NONE, NONE, 0);
    this.open = true;
  }

  /** Ends the open block, if there is one, with a jump. */
  jump(label: Label): void {
    if (!this.open) return;
    if (label.id === NONE) label.id = this.newBlock();
    this.row(Op.Jump, label.id, NONE, NONE, NONE, 0);
    this.open = false;
  }

  /** Opens the label's block, if anything jumped to it; without that the flow stays as it is. */
  land(label: Label): void {
    if (label.id !== NONE) this.place(label.id);
  }

  branch(test: number, whenTrue: number, whenFalse: number, start: number, length: number): void {
    this.emit(Op.Branch, test, whenTrue, whenFalse, start, length);
    this.open = false;
  }

  /** A terminator that leaves the function. */
  leave(op: number, value: number, start: number, length: number): void {
    this.emit(op, value, NONE, NONE, start, length);
    this.open = false;
  }

  /** Ends the open block without a terminator: nothing of what follows is reached from here. */
  close(): void {
    this.open = false;
  }

  opOf(value: number): number {
    return this.code[value * ROW];
  }

  operandA(value: number): number {
    return this.code[value * ROW + 1];
  }

  operandB(value: number): number {
    return this.code[value * ROW + 2];
  }

  private row(op: number, a: number, b: number, c: number, start: number, length: number): number {
    const at = this.rows * ROW;
    if (at === this.code.length) {
      const larger = new Int32Array(this.code.length * 2);
      larger.set(this.code);
      this.code = larger;
    }
    const code = this.code;
    code[at] = op;
    code[at + 1] = a;
    code[at + 2] = b;
    code[at + 3] = c;
    code[at + 4] = start;
    code[at + 5] = length;
    return this.rows++;
  }
}
