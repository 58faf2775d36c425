/** Blocks of a function with their edges, and the facts that hold at each value: a forward must-analysis. */
import { NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../linking/function-view.js";
import { BlocksToDo, placesInOrder } from "./block-order.js";
import { type Atom, AtomTable } from "./conditions.js";
import { isAwaited } from "./consumption.js";
import { dereferencesOf } from "./dereferences.js";
import { type FactSet, type FlowEdges, waysInto } from "./flow-ways.js";

/** A function with more blocks than this is not analysed; what asks about it gets "cut". */
export const MAX_BLOCKS = 1500;

export interface Block {
  readonly first: number;
  /** row after the last */
  readonly end: number;
  /** Jump, Branch, Return or Throw row; NONE when the block leaves the function by its end */
  readonly terminator: number;
  readonly handler: number;
}

export interface Graph {
  readonly blocks: readonly Block[];
  readonly blockOf: Int32Array;
  readonly atoms: AtomTable;
  /** calls that are written more than once, with the atom that all of them establish */
  readonly alike: Map<number, number>;
  /** rows that read a member of something looked up, with the atom that it is there */
  readonly found: Map<number, number>;
  readonly entry: number;
  /** what the rows of each block establish together; empty until all atoms are known */
  readonly established: Uint32Array[];
  /** blocks from which control may come to each block, in order; empty until asked for */
  readonly predecessors: number[][];
  /** the place of each block in the order in which control comes by them; empty until asked for */
  readonly places: number[];
}

const graphs = new WeakMap<FunctionView, Graph>();

export function graphOf(fn: FunctionView): Graph {
  let graph = graphs.get(fn);
  if (graph === undefined) {
    graph = buildGraph(fn);
    graphs.set(fn, graph);
  }
  return graph;
}

function buildGraph(fn: FunctionView): Graph {
  const count = fn.valueCount;
  const blocks: Block[] = new Array<Block>(fn.info.blockCount).fill({
    first: 0,
    end: 0,
    terminator: NONE,
    handler: NONE,
  });
  const blockOf = new Int32Array(count).fill(NONE);
  let entry = NONE;
  for (let v = 0; v < count; ) {
    if (fn.op(v) !== Op.Block) {
      v += 1;
      continue;
    }
    const id = fn.a(v);
    if (entry === NONE) entry = id;
    const first = v;
    let terminator = NONE;
    for (v += 1; v < count && fn.op(v) !== Op.Block; v += 1) if (isTerminator(fn.op(v))) terminator = v;
    blockOf.fill(id, first, v);
    blocks[id] = { first, end: v, terminator, handler: fn.b(first) };
  }
  return {
    blocks,
    blockOf,
    atoms: new AtomTable(fn),
    alike: new Map(),
    found: new Map(),
    entry,
    established: [],
    predecessors: [],
    places: [],
  };
}

function predecessorsIn(fn: FunctionView, { blocks, predecessors }: Graph): readonly (readonly number[])[] {
  if (predecessors.length > 0) return predecessors;
  for (let target = 0; target < blocks.length; target += 1) predecessors.push([]);
  for (const [from, block] of blocks.entries())
    for (const target of new Set(targetsOf(fn, block))) predecessors[target]?.push(from);
  return predecessors;
}

/** The place of each block in the order in which control comes by them. */
function placesIn(fn: FunctionView, { blocks, entry, places }: Graph): readonly number[] {
  if (places.length === 0) places.push(...placesInOrder(blocks.length, entry, (index) => targetsOf(fn, blocks[index])));
  return places;
}

function targetsOf(fn: FunctionView, { terminator: row, handler }: Block): number[] {
  const targets = handler === NONE ? [] : [handler];
  if (row !== NONE && fn.op(row) === Op.Jump) targets.push(fn.a(row));
  if (row !== NONE && fn.op(row) === Op.Branch) targets.push(fn.b(row), fn.c(row));
  return targets;
}

/** `await check(id)` in both arms of an `if`: each such call with the first that is written like it. */
function alikeCalls(fn: FunctionView): readonly (readonly [number, number])[] {
  const groups = new Map<string, number[]>();
  for (const call of fn.calls) {
    if (fn.op(call) !== Op.Call || fn.isOptionalCall(call)) continue;
    const parts = [fn.callee(call), ...fn.args(call)].map((part) => writtenAs(fn, part, 0));
    if (parts.includes("")) continue;
    const key = `${isAwaited(fn, call) ? "await " : ""}${parts.join(",")}`;
    groups.set(key, [...(groups.get(key) ?? []), call]);
  }
  return [...groups.values()]
    .filter((calls) => calls.length > 1)
    .flatMap((calls) => calls.map((call) => [call, calls[0]] as const));
}

/** Names, members of names and literals; '' for everything that could differ though written alike. */
function writtenAs(fn: FunctionView, v: number, depth: number): string {
  switch (fn.op(v)) {
    case Op.Var:
      return `${fn.a(v)}.${fn.b(v)}`;
    case Op.Global:
    case Op.String:
    case Op.Number:
      return JSON.stringify(fn.text(fn.a(v)));
    case Op.This:
      return "this";
    case Op.Member: {
      const object = depth > 6 ? "" : writtenAs(fn, fn.a(v), depth + 1);
      return object === "" ? "" : `${object}.${fn.text(fn.b(v))}`;
    }
    default:
      return "";
  }
}

function isTerminator(op: number): boolean {
  return op === Op.Jump || op === Op.Branch || op === Op.Return || op === Op.Throw;
}

export interface FlowOptions {
  /** branch rows whose true (1) or false (0) side cannot be taken under the callers looked at */
  readonly dead: ReadonlyMap<number, 0 | 1>;
  /** calls after which nothing runs */
  readonly ends: ReadonlySet<number>;
}

export const NO_OPTIONS: FlowOptions = { dead: new Map(), ends: new Set() };

/** Which facts hold where. Facts are atoms of the function's own values. */
export class Flow {
  readonly #in: (Uint32Array | null)[];
  readonly #words: number;
  /** by block: the first row after which nothing runs, the end of the block when there is none */
  readonly #ends: Int32Array;
  readonly #ways = new Map<number, readonly FactSet[]>();

  constructor(
    readonly fn: FunctionView,
    readonly graph: Graph,
    readonly options: FlowOptions,
  ) {
    this.#prepare();
    this.#words = Math.max(1, (graph.atoms.size + 31) >>> 5);
    this.#in = new Array<Uint32Array | null>(graph.blocks.length).fill(null);
    this.#ends = firstEnds(graph, options.ends);
    if (graph.entry !== NONE && graph.blocks.length <= MAX_BLOCKS) this.#solve();
  }

  /** All atoms must be known before the sets have a width. */
  #prepare(): void {
    const { fn, graph } = this;
    if (graph.atoms.complete) return;
    for (const block of graph.blocks) {
      if (block.terminator !== NONE && fn.op(block.terminator) === Op.Branch) {
        graph.atoms.onEdge(fn.a(block.terminator), true);
        graph.atoms.onEdge(fn.a(block.terminator), false);
      }
    }
    for (const call of fn.calls) graph.atoms.returned(call);
    for (const [call, first] of alikeCalls(fn)) graph.alike.set(call, graph.atoms.returnedAlike(first));
    for (const [row, value] of dereferencesOf(fn)) graph.found.set(row, graph.atoms.truthy(value));
    graph.atoms.complete = true;
    const words = Math.max(1, (graph.atoms.size + 31) >>> 5);
    for (const block of graph.blocks) {
      const set = new Uint32Array(words);
      this.#establish(block.first, block.end, set);
      graph.established.push(set);
    }
  }

  get cut(): boolean {
    return this.graph.blocks.length > MAX_BLOCKS;
  }

  reachable(v: number): boolean {
    const block = this.graph.blockOf[v];
    if (block === NONE || block === undefined || this.#in[block] === null) return false;
    return this.#ends[block] >= v;
  }

  /** Atoms that hold whenever control reaches the value, or a later row of its block. */
  factsAt(v: number, until = v): readonly Atom[] {
    const block = this.graph.blockOf[v];
    const start = block === NONE || block === undefined ? null : this.#in[block];
    if (start === null) return [];
    const set = Uint32Array.from(start);
    this.#transfer(block, until, set);
    return this.#list(set);
  }

  /** What holds at the value on each way that leads to it. */
  waysTo(v: number, until = v): readonly (readonly Atom[])[] {
    const block = this.graph.blockOf[v];
    if (block === NONE || block === undefined) return [];
    return this.#waysInto(block).map((way) => {
      const set = Uint32Array.from(way);
      this.#transfer(block, until, set);
      return this.#list(set);
    });
  }

  /** The same for every row of the block. */
  #waysInto(block: number): readonly FactSet[] {
    let known = this.#ways.get(block);
    if (known === undefined) {
      known = waysInto(block, { entered: (index) => this.#in[index], into: (index) => this.#incoming(index) });
      this.#ways.set(block, known);
    }
    return known;
  }

  #incoming(target: number): ReturnType<FlowEdges["into"]> {
    const { fn, graph } = this;
    if (target === graph.entry) return null;
    const found: { from: number; extend(set: FactSet): FactSet | null }[] = [];
    for (const from of predecessorsIn(fn, graph)[target] ?? []) {
      const block = graph.blocks[from];
      // any statement of a guarded block may be the one that threw
      if (block.handler === target && this.#in[from] !== null) return null;
      const row = block.terminator;
      if (row === NONE || this.#in[from] === null) continue;
      if (fn.op(row) === Op.Jump && fn.a(row) === target) found.push({ from, extend: (set) => this.#along(from, set) });
      if (fn.op(row) !== Op.Branch) continue;
      for (const side of [1, 0] as const) {
        if ((side === 1 ? fn.b(row) : fn.c(row)) !== target || this.options.dead.get(row) === side) continue;
        found.push({ from, extend: (set) => this.#along(from, set, graph.atoms.onEdge(fn.a(row), side === 1)) });
      }
    }
    return found;
  }

  #along(from: number, set: FactSet, edge: readonly number[] = []): FactSet | null {
    const out = Uint32Array.from(set);
    if (!this.#transfer(from, Number.MAX_SAFE_INTEGER, out)) return null;
    for (const atom of edge) out[atom >>> 5] |= 1 << (atom & 31);
    return out;
  }

  /** Rows at which the function is left normally (Return, or the last row of a block that ends it). */
  exits(): number[] {
    const found: number[] = [];
    for (const [index, block] of this.graph.blocks.entries()) {
      if (this.#in[index] === null) continue;
      const last = block.terminator === NONE ? block.end - 1 : block.terminator;
      const op = this.fn.op(last);
      if (block.terminator !== NONE && op !== Op.Return) continue;
      if (this.#endsBefore(index, last)) continue;
      found.push(last);
    }
    return found.sort((a, b) => a - b);
  }

  /** Those of them that control can still reach from a value. */
  exitsAfter(v: number): number[] {
    const { fn, graph, options } = this;
    const start = graph.blockOf[v];
    if (start === undefined || start === NONE) return [];
    const seen = new Set<number>([start]);
    const open = [start];
    while (open.length > 0) {
      const id = open.pop() ?? NONE;
      const block = graph.blocks[id];
      if (block === undefined || (id !== start && this.#endsBefore(id, block.end - 1))) continue;
      const row = block.terminator;
      const op = row === NONE ? NONE : fn.op(row);
      const dead = options.dead.get(row);
      const next = op === Op.Jump ? [fn.a(row)] : [];
      if (op === Op.Branch && dead !== 1) next.push(fn.b(row));
      if (op === Op.Branch && dead !== 0) next.push(fn.c(row));
      for (const to of [...next, block.handler]) {
        if (to === NONE || seen.has(to)) continue;
        seen.add(to);
        open.push(to);
      }
    }
    return this.exits().filter((row) => seen.has(graph.blockOf[row]));
  }

  #endsBefore(index: number, row: number): boolean {
    return this.#ends[index] <= row && this.#ends[index] < this.graph.blocks[index].end;
  }

  #list(set: Uint32Array): Atom[] {
    const found: Atom[] = [];
    for (let i = 0; i < this.graph.atoms.size; i += 1) {
      if (((set[i >>> 5] >>> (i & 31)) & 1) === 1) found.push(this.graph.atoms.atom(i));
    }
    return found;
  }

  /** Adds what the calls of a block up to a row establish. @returns false when control ends before it */
  #transfer(index: number, until: number, set: Uint32Array): boolean {
    const block = this.graph.blocks[index];
    const end = Math.min(block.end, until);
    const last = Math.min(this.#ends[index], end);
    if (last < block.end) this.#establish(block.first, last, set);
    else {
      const all = this.graph.established[index];
      for (let word = 0; word < set.length; word += 1) set[word] |= all[word];
    }
    return last === end;
  }

  /** Adds what the calls and reads among some rows establish. */
  #establish(first: number, end: number, set: Uint32Array): void {
    const { fn, graph } = this;
    for (let v = first; v < end; v += 1) {
      const op = fn.op(v);
      const found = graph.found.get(v);
      if (found !== undefined) set[found >>> 5] |= 1 << (found & 31);
      if (op !== Op.Call && op !== Op.New && op !== Op.Tagged) continue;
      const atom = graph.atoms.returned(v);
      set[atom >>> 5] |= 1 << (atom & 31);
      const alike = graph.alike.get(v);
      if (alike !== undefined) set[alike >>> 5] |= 1 << (alike & 31);
    }
  }

  /** Atoms that hold at a row on every way that comes by a value before; null when none leads there. */
  factsBehind(v: number): (row: number) => readonly Atom[] | null {
    const start = this.graph.blockOf[v];
    const entered = start === undefined || start === NONE ? null : this.#in[start];
    if (start === undefined || entered === null || entered === undefined) return () => null;
    const into = new Array<Uint32Array | null>(this.graph.blocks.length).fill(null);
    const out = Uint32Array.from(entered);
    const work = this.#blocksToDo();
    if (this.#transfer(start, Number.MAX_SAFE_INTEGER, out)) this.#follow(start, out, work, into);
    this.#propagate(work, into);
    return (row) => {
      const block = this.graph.blockOf[row];
      const set = block === start ? Uint32Array.from(entered) : into[block] && Uint32Array.from(into[block]);
      if (!set) return null;
      this.#transfer(block, row, set);
      return this.#list(set);
    };
  }

  #blocksToDo(): BlocksToDo {
    return new BlocksToDo(placesIn(this.fn, this.graph));
  }

  #solve(): void {
    this.#in[this.graph.entry] = new Uint32Array(this.#words);
    const work = this.#blocksToDo();
    work.add(this.graph.entry);
    this.#propagate(work, this.#in);
  }

  #propagate(work: BlocksToDo, into: (Uint32Array | null)[]): void {
    let budget = this.graph.blocks.length * 40 + 200;
    for (let index = work.next(); index !== NONE && budget > 0; index = work.next()) {
      budget -= 1;
      const start = into[index];
      if (start === null || start === undefined) continue;
      const handler = this.graph.blocks[index].handler;
      if (handler !== NONE) this.#meet(handler, start, work, into);
      const out = Uint32Array.from(start);
      if (this.#transfer(index, Number.MAX_SAFE_INTEGER, out)) this.#follow(index, out, work, into);
    }
  }

  #follow(index: number, out: Uint32Array, work: BlocksToDo, into: (Uint32Array | null)[]): void {
    const { fn, graph, options } = this;
    const row = graph.blocks[index].terminator;
    if (row === NONE) return;
    if (fn.op(row) === Op.Jump) this.#meet(fn.a(row), out, work, into);
    if (fn.op(row) !== Op.Branch) return;
    const dead = options.dead.get(row);
    for (const side of [1, 0] as const) {
      if (dead === side) continue;
      const set = Uint32Array.from(out);
      for (const atom of graph.atoms.onEdge(fn.a(row), side === 1)) set[atom >>> 5] |= 1 << (atom & 31);
      this.#meet(side === 1 ? fn.b(row) : fn.c(row), set, work, into);
    }
  }

  #meet(target: number, facts: Uint32Array, work: BlocksToDo, into: (Uint32Array | null)[]): void {
    if (target < 0 || target >= into.length) return;
    const known = into[target];
    if (known === null) {
      into[target] = Uint32Array.from(facts);
      work.add(target);
      return;
    }
    let changed = false;
    for (let w = 0; w < known.length; w += 1) {
      const met = (known[w] & facts[w]) >>> 0;
      if (met !== known[w]) {
        known[w] = met;
        changed = true;
      }
    }
    if (changed) work.add(target);
  }
}

function firstEnds(graph: Graph, ends: ReadonlySet<number>): Int32Array {
  const found = Int32Array.from(graph.blocks, (block) => block.end);
  for (const row of ends) {
    const block = graph.blockOf[row];
    if (block !== undefined && block !== NONE && row < found[block]) found[block] = row;
  }
  return found;
}
