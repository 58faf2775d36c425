/** Reading access to one lowered function: rows by value id, lists, names, places. */
import {
  CALL_TYPE_SHIFT,
  CallFlag,
  FnFlag,
  type LoweredFile,
  type LoweredFunction,
  NONE,
  Op,
  PropKind,
  ROW,
} from "../../model/lowered.js";
import type { Place } from "../../model/place.js";

/** One property of an object literal, in source order. */
export interface PropView {
  readonly kind: number;
  /** name for Named and Getter, '' else */
  readonly name: string;
  /** key value for Computed, NONE else */
  readonly key: number;
  readonly value: number;
}

/** A file of the linked program. Functions are made on demand and kept, so a function's identity is its view. */
export class ProgramFile {
  readonly #functions: (FunctionView | undefined)[];
  #slotsByName: Map<string, number> | undefined;

  constructor(
    readonly path: string,
    readonly lowered: LoweredFile,
    /** small number, dense over the program, in path order */
    readonly id: number,
  ) {
    this.#functions = new Array<FunctionView | undefined>(lowered.functions.length);
  }

  get functionCount(): number {
    return this.lowered.functions.length;
  }

  /** All functions of the file, the module body first. */
  *functions(): Generator<FunctionView> {
    for (let index = 0; index < this.functionCount; index += 1) yield this.fn(index);
  }

  fn(index: number): FunctionView {
    let view = this.#functions[index];
    if (view === undefined) {
      view = new FunctionView(this, index, this.lowered.functions[index]);
      this.#functions[index] = view;
    }
    return view;
  }

  get module(): FunctionView {
    return this.fn(0);
  }

  /** Slot of the module body with that name, NONE if there is none. */
  moduleSlot(name: string): number {
    if (this.#slotsByName === undefined) {
      this.#slotsByName = new Map();
      for (const [slot, info] of this.module.info.slots.entries()) this.#slotsByName.set(info.name, slot);
    }
    return this.#slotsByName.get(name) ?? NONE;
  }

  place(start: number, length: number): Place {
    return { file: this.path, start, end: start + length };
  }
}

export class FunctionView {
  readonly #code: Int32Array;
  readonly #tail: Int32Array;
  readonly #base: number;
  readonly valueCount: number;
  /** stable name over the whole program; used in keys */
  readonly id: string;
  #keys: (string | undefined)[] | undefined;
  #props: Map<number, readonly PropView[]> | undefined;
  #lists: Map<number, Int32Array> | undefined;
  #body: BodyIndex | undefined;

  constructor(
    readonly file: ProgramFile,
    readonly index: number,
    readonly info: LoweredFunction,
  ) {
    this.#code = file.lowered.code;
    this.#tail = file.lowered.tail;
    this.#base = info.codeAt * ROW;
    this.valueCount = info.valueCount;
    this.id = `${file.id}:${index}`;
  }

  /** Names a value of it over the whole program. */
  key(v: number): string {
    this.#keys ??= new Array<string | undefined>(this.valueCount);
    let key = this.#keys[v];
    if (key === undefined) {
      key = `${this.id}:${v}`;
      if (v >= 0) this.#keys[v] = key;
    }
    return key;
  }

  op(v: number): number {
    return this.#code[this.#base + v * ROW];
  }
  a(v: number): number {
    return this.#code[this.#base + v * ROW + 1];
  }
  b(v: number): number {
    return this.#code[this.#base + v * ROW + 2];
  }
  c(v: number): number {
    return this.#code[this.#base + v * ROW + 3];
  }
  start(v: number): number {
    return this.#code[this.#base + v * ROW + 4];
  }

  text(string: number): string {
    return string === NONE ? "" : (this.file.lowered.strings[string] ?? "");
  }

  /** Items of a list operand. Arguments are asked for again and again, and a view of them costs more than finding it. */
  list(at: number): Int32Array {
    if (at === NONE || this.#tail[at] === 0) return EMPTY;
    this.#lists ??= new Map();
    let list = this.#lists.get(at);
    if (list === undefined) {
      list = this.#tail.subarray(at + 1, at + 1 + this.#tail[at]);
      this.#lists.set(at, list);
    }
    return list;
  }

  /** Argument values of a Call or New; an item may be a Spread. */
  args(v: number): Int32Array {
    return this.list(this.b(v));
  }

  /** Values put into a Template, in source order. */
  templateValues(v: number): readonly number[] {
    return Array.from(this.list(this.a(v))).filter((_, i) => i % 2 === 1);
  }

  callee(v: number): number {
    return this.a(v);
  }

  isOptionalCall(v: number): boolean {
    return (this.c(v) & CallFlag.Optional) !== 0;
  }

  /** First type argument of a call as an index into the file's types, NONE without one. */
  typeArgument(v: number): number {
    return (this.c(v) >> CALL_TYPE_SHIFT) - 1;
  }

  /** Name of a Member, '' for other operations. */
  memberName(v: number): string {
    return this.op(v) === Op.Member ? this.text(this.b(v)) : "";
  }

  /** Properties of an Object, in source order. Objects are read again for each of their members. */
  props(v: number): readonly PropView[] {
    this.#props ??= new Map();
    let props = this.#props.get(v);
    if (props === undefined) {
      props = this.#readProps(v);
      this.#props.set(v, props);
    }
    return props;
  }

  #readProps(v: number): readonly PropView[] {
    const list = this.list(this.a(v));
    const props: PropView[] = [];
    for (let i = 0; i + 2 < list.length; i += 3) {
      const kind = list[i];
      const named = kind === PropKind.Named || kind === PropKind.Getter;
      props.push({
        kind,
        name: named ? this.text(list[i + 1]) : "",
        key: kind === PropKind.Computed ? list[i + 1] : NONE,
        value: list[i + 2],
      });
    }
    return props;
  }

  /** Value of the last property with that name written in an Object, NONE without one. Spreads are not followed. */
  prop(v: number, name: string): number {
    let found = NONE;
    if (v === NONE || this.op(v) !== Op.Object) return found;
    for (const prop of this.props(v)) if (prop.name === name) found = prop.value;
    return found;
  }

  /** Place of a value; values without a span take that of the function. */
  place(v: number): Place {
    const start = v === NONE ? NONE : this.start(v);
    if (start === NONE) return this.file.place(this.info.at.start, this.info.at.length);
    return this.file.place(start, this.#code[this.#base + v * ROW + 5]);
  }

  get ownPlace(): Place {
    return this.file.place(this.info.at.start, this.info.at.length);
  }

  get parent(): FunctionView | null {
    return this.info.parent === NONE ? null : this.file.fn(this.info.parent);
  }

  ancestor(depth: number): FunctionView | null {
    let fn: FunctionView | null = this;
    for (let i = 0; i < depth && fn !== null; i += 1) fn = fn.parent;
    return fn;
  }

  get isAsync(): boolean {
    return (this.info.flags & FnFlag.Async) !== 0;
  }

  get hasBody(): boolean {
    return (this.info.flags & (FnFlag.NoBody | FnFlag.NotLowered)) === 0;
  }

  /** Class that `this` means here: of the nearest enclosing method or field initialiser; NONE in plain functions. */
  get thisClass(): number {
    let fn: FunctionView | null = this;
    while (fn !== null) {
      if (fn.info.class !== NONE) return fn.info.class;
      if ((fn.info.flags & FnFlag.Arrow) === 0) return NONE;
      fn = fn.parent;
    }
    return NONE;
  }

  /** Values stored to a slot of this function by its own body, in order. */
  storesTo(slot: number): readonly number[] {
    return this.#indexed.stores.get(slot) ?? [];
  }

  /** Rows of those stores. */
  storeRowsTo(slot: number): readonly number[] {
    const rows: number[] = [];
    for (let v = 0; v < this.valueCount; v += 1) {
      if (this.op(v) === Op.Store && this.a(v) === 0 && this.b(v) === slot) rows.push(v);
    }
    return rows;
  }

  /** Return terminators with their rows. */
  get returns(): readonly number[] {
    return this.#indexed.returns;
  }

  /** Rows of Call, New and Tagged, in evaluation order. */
  get calls(): Int32Array {
    return this.#indexed.calls;
  }

  /** Rows of ImportOf: what is imported or required where it is needed. */
  get imports(): readonly number[] {
    return this.#indexed.imports;
  }

  get #indexed(): BodyIndex {
    if (this.#body === undefined) {
      const bodies = indexes.get(this.info) ?? this.#indexBody();
      indexes.set(this.info, bodies);
      this.#body = bodies;
    }
    return this.#body;
  }

  #indexBody(): BodyIndex {
    const stores = new Map<number, number[]>();
    const returns: number[] = [];
    const calls: number[] = [];
    const imports: number[] = [];
    for (let v = 0; v < this.valueCount; v += 1) {
      const op = this.op(v);
      if (op === Op.Store && this.a(v) === 0) {
        const known = stores.get(this.b(v));
        if (known) known.push(this.c(v));
        else stores.set(this.b(v), [this.c(v)]);
      } else if (op === Op.Return) returns.push(v);
      else if (op === Op.Call || op === Op.New || op === Op.Tagged) calls.push(v);
      else if (op === Op.ImportOf) imports.push(v);
    }
    return { stores, returns, calls: Int32Array.from(calls), imports: imports.length === 0 ? NONE_OF_THEM : imports };
  }
}

/** What is looked up in a body again and again. It holds for as long as the lowered function does, over several runs. */
interface BodyIndex {
  readonly stores: ReadonlyMap<number, readonly number[]>;
  readonly returns: readonly number[];
  readonly calls: Int32Array;
  readonly imports: readonly number[];
}

const NONE_OF_THEM: readonly number[] = [];

const indexes = new WeakMap<LoweredFunction, BodyIndex>();
const EMPTY = new Int32Array(0);
