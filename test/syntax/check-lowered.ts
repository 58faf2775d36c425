import {
  CALL_TYPE_SHIFT,
  type LoweredFile,
  type LoweredFunction,
  NONE,
  Op,
  PropKind,
  ROW,
} from "../../src/model/lowered.js";

const TERMINATORS = new Set<number>([Op.Jump, Op.Branch, Op.Return, Op.Throw]);

/**
 * Checks what every reader of a lowered file relies on: operands are earlier values of the same function, each block
 * has one row and at most one terminator, at its end, lists and indexes lie within their tables.
 *
 * @returns what is wrong, nothing for a sound file
 */
export function checkLowered(file: LoweredFile): string[] {
  const problems: string[] = [];
  file.functions.forEach((fn, index) => {
    const check = new FunctionCheck(file, fn, (text) => problems.push(`fn ${index} ${fn.name}: ${text}`));
    check.run();
  });
  const rows = file.functions.reduce((sum, fn) => sum + fn.valueCount, 0);
  if (rows * ROW !== file.code.length) problems.push(`${file.code.length / ROW} rows, functions have ${rows}`);
  for (const cls of file.classes) checkClass(file, cls, problems);
  for (const entry of file.exports) {
    if (entry.kind === "local" && !(entry.slot in file.functions[0].slots))
      problems.push(`export ${entry.name}: no slot ${entry.slot}`);
  }
  for (const entry of file.imports) {
    if (entry.slot !== NONE && !(entry.slot in file.functions[0].slots))
      problems.push(`import ${entry.name}: no slot ${entry.slot}`);
  }
  return problems;
}

function checkClass(file: LoweredFile, cls: LoweredFile["classes"][number], problems: string[]): void {
  const owner = file.functions[cls.inFn];
  const values = [
    ...cls.decorators,
    ...cls.members.flatMap((member) => member.decorators),
    ...(cls.extends === NONE ? [] : [cls.extends]),
  ];
  for (const member of cls.members) {
    if (member.fn === NONE) continue;
    const fn = file.functions[member.fn];
    if (fn === undefined) problems.push(`class ${cls.name}: member ${member.name} has no function`);
    else values.push(...fn.params.flatMap((param) => param.decorators));
  }
  for (const value of values)
    if (value < 0 || value >= owner.valueCount)
      problems.push(`class ${cls.name}: value ${value} of ${owner.valueCount}`);
  for (const init of [cls.init, cls.staticInit])
    if (init !== NONE && file.functions[init] === undefined) problems.push(`class ${cls.name}: no function ${init}`);
}

class FunctionCheck {
  private readonly seen = new Set<number>();
  private open = false;
  private value = 0;

  constructor(
    private readonly file: LoweredFile,
    private readonly fn: LoweredFunction,
    private readonly report: (text: string) => void,
  ) {}

  run(): void {
    const { fn, file } = this;
    for (this.value = 0; this.value < fn.valueCount; this.value++) {
      const at = (fn.codeAt + this.value) * ROW;
      const [op, a, b, c, start, length] = file.code.subarray(at, at + ROW);
      if (op === Op.Block) this.block(a, b);
      else if (!this.open) this.report(`value ${this.value} outside of a block`);
      if (TERMINATORS.has(op)) this.open = false;
      this.row(op, a, b, c);
      if (start !== NONE && (start < 0 || length < 0)) this.report(`value ${this.value}: span ${start} ${length}`);
    }
    if (this.seen.size !== fn.blockCount) this.report(`${this.seen.size} blocks, ${fn.blockCount} announced`);
    for (const [index, slot] of fn.slots.entries()) this.slot(slot, index);
  }

  private block(id: number, handler: number): void {
    if (this.open && this.value > 0) {
      // a block without a terminator leaves the function; only code that nothing reaches may stand after it
      const before = this.file.code[(this.fn.codeAt + this.value - 1) * ROW];
      if (before === Op.Branch) this.report(`block ${id} after a branch`);
    }
    if (this.seen.has(id)) this.report(`block ${id} twice`);
    this.seen.add(id);
    this.target(id);
    if (handler !== NONE) this.target(handler);
    this.open = true;
  }

  private slot(slot: LoweredFunction["slots"][number], index: number): void {
    if (slot.stores !== 1 && slot.storedBy !== NONE)
      this.report(`slot ${slot.name}: ${slot.stores} stores and one value`);
    if (slot.storedBy === NONE) return;
    const at = (this.fn.codeAt + slot.storedBy) * ROW;
    if (this.file.code[at] !== Op.Store || this.file.code[at + 2] !== index)
      this.report(`slot ${slot.name} is not stored by ${slot.storedBy}`);
  }

  private target(block: number): void {
    if (block < 0 || block >= this.fn.blockCount)
      this.report(`value ${this.value}: block ${block} of ${this.fn.blockCount}`);
  }

  private use(value: number): void {
    if (value < 0 || value >= this.value) {
      this.report(`value ${this.value}: operand ${value}`);
      return;
    }
    const op = this.file.code[(this.fn.codeAt + value) * ROW];
    if (op === Op.Block || op === Op.Store || op === Op.SetMember || op === Op.SetIndex || TERMINATORS.has(op))
      this.report(`value ${this.value}: operand ${value} is no value`);
  }

  private text(index: number): void {
    if (!(index in this.file.strings)) this.report(`value ${this.value}: string ${index}`);
  }

  private list(offset: number): number[] {
    const { tail } = this.file;
    const count = tail[offset];
    if (offset < 0 || count === undefined || count < 0 || offset + 1 + count > tail.length) {
      this.report(`value ${this.value}: list ${offset}`);
      return [];
    }
    return [...tail.subarray(offset + 1, offset + 1 + count)];
  }

  private variable(depth: number, slot: number): void {
    let owner: LoweredFunction | undefined = this.fn;
    for (let up = 0; up < depth; up++) owner = owner === undefined ? undefined : this.file.functions[owner.parent];
    if (owner === undefined || !(slot in owner.slots)) this.report(`value ${this.value}: slot ${slot} ${depth} up`);
  }

  private row(op: number, a: number, b: number, c: number): void {
    switch (op) {
      case Op.Undefined:
      case Op.Null:
      case Op.True:
      case Op.False:
      case Op.This:
      case Op.Super:
      case Op.Caught:
      case Op.Block:
        break;
      case Op.String:
      case Op.Number:
      case Op.Regex:
      case Op.Global:
      case Op.ImportOf:
        this.text(a);
        break;
      case Op.Var:
        this.variable(a, b);
        break;
      case Op.Store:
        this.variable(a, b);
        this.use(c);
        break;
      case Op.Param:
        if (!(a in this.fn.params)) this.report(`value ${this.value}: parameter ${a}`);
        break;
      case Op.Closure:
        if (!(a in this.file.functions)) this.report(`value ${this.value}: function ${a}`);
        break;
      case Op.Class:
        if (!(a in this.file.classes)) this.report(`value ${this.value}: class ${a}`);
        break;
      case Op.Jump:
        this.target(a);
        break;
      default:
        this.compound(op, a, b, c);
    }
  }

  private compound(op: number, a: number, b: number, c: number): void {
    switch (op) {
      case Op.Template:
        for (const [i, item] of this.list(a).entries()) {
          if (i % 2 === 0) this.text(item);
          else this.use(item);
        }
        break;
      case Op.Array:
        for (const item of this.list(a)) this.use(item);
        break;
      case Op.Object:
        this.properties(this.list(a));
        break;
      case Op.Call:
      case Op.New:
        this.use(a);
        for (const item of this.list(b)) this.use(item);
        if (c >> CALL_TYPE_SHIFT > this.file.types.length) this.report(`value ${this.value}: type`);
        break;
      case Op.Rest:
        this.use(a);
        for (const item of this.list(b)) this.text(item);
        break;
      case Op.Branch:
        this.use(a);
        this.target(b);
        this.target(c);
        if (b === c || this.seen.has(b) || this.seen.has(c))
          this.report(`value ${this.value}: branch to a block that is not fresh`);
        break;
      case Op.Return:
      case Op.Yield:
        if (a !== NONE) this.use(a);
        break;
      default:
        this.simple(op, a, b, c);
    }
  }

  private simple(op: number, a: number, b: number, c: number): void {
    switch (op) {
      case Op.Unary:
        this.text(a);
        this.use(b);
        break;
      case Op.Binary:
        this.text(a);
        this.use(b);
        this.use(c);
        break;
      case Op.Logic:
        this.use(b);
        this.use(c);
        break;
      case Op.SetMember:
        this.use(a);
        this.text(b);
        this.use(c);
        break;
      case Op.Member:
        this.use(a);
        this.text(b);
        break;
      case Op.Cond:
      case Op.SetIndex:
        this.use(a);
        this.use(b);
        this.use(c);
        break;
      case Op.Index:
      case Op.Default:
      case Op.Tagged:
      case Op.Jsx:
        this.use(a);
        this.use(b);
        break;
      case Op.Cast:
        this.use(a);
        if (!(b in this.file.types)) this.report(`value ${this.value}: type ${b}`);
        break;
      case Op.Element:
      case Op.Iterated:
      case Op.Spread:
      case Op.Await:
      case Op.Throw:
        this.use(a);
        break;
      default:
        this.report(`value ${this.value}: unknown operation ${op}`);
    }
  }

  private properties(items: readonly number[]): void {
    if (items.length % 3 !== 0) this.report(`value ${this.value}: ${items.length} numbers are no triples`);
    for (let i = 0; i + 2 < items.length; i += 3) {
      if (items[i] === PropKind.Named || items[i] === PropKind.Getter) this.text(items[i + 1]);
      if (items[i] === PropKind.Computed) this.use(items[i + 1]);
      this.use(items[i + 2]);
    }
  }
}
