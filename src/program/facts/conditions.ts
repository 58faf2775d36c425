/** Taking conditions apart: which simple statements are true on one side of a branch. */
import { LogicKind, NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../linking/function-view.js";
import { presenceTest } from "./emptiness.js";
import { loopOver } from "./loop-heads.js";

export type AtomKind =
  /** the value is truthy, or not nullish */
  | "truthy"
  | "falsy"
  /** the Binary `===` (or `==`) holds */
  | "equal"
  | "unequal"
  /** some other Binary holds (`<`, `in`, `instanceof`) */
  | "holds"
  | "fails"
  /** the call came back normally */
  | "returned"
  /** the loop over the list at that row came to its end */
  | "done";

export interface Atom {
  readonly kind: AtomKind;
  /** value of the function; variables and casts are looked through */
  readonly v: number;
}

const MAX_PARTS = 24;

/** Statements of one function, numbered so that sets of them are bits. */
export class AtomTable {
  readonly #ids = new Map<string, number>();
  readonly #atoms: Atom[] = [];
  readonly #edges = new Map<number, readonly number[]>();
  complete = false;

  constructor(private readonly fn: FunctionView) {}

  get size(): number {
    return this.#atoms.length;
  }

  atom(id: number): Atom {
    return this.#atoms[id];
  }

  returned(call: number): number {
    return this.#intern({ kind: "returned", v: call });
  }

  truthy(value: number): number {
    return this.#intern({ kind: "truthy", v: value });
  }

  /** That one of several calls written alike came back: it holds where each way passed another of them. */
  returnedAlike(first: number): number {
    return this.#intern({ kind: "returned", v: first }, `alike:${first}`);
  }

  /** Atoms that hold on the true or false side of a branch on `test`. */
  onEdge(test: number, sense: boolean): readonly number[] {
    const key = test * 2 + (sense ? 1 : 0);
    let known = this.#edges.get(key);
    if (known === undefined) {
      const isDone = !sense && loopOver(this.fn, test) !== NONE;
      const atoms: readonly Atom[] = isDone ? [{ kind: "done", v: test }] : atomsOf(this.fn, test, sense);
      known = atoms.map((atom) => this.#intern(atom));
      this.#edges.set(key, known);
    }
    return known;
  }

  #intern(atom: Atom, key = `${atom.kind}:${atom.v}`): number {
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#atoms.length;
      this.#atoms.push(atom);
      this.#ids.set(key, id);
    }
    return id;
  }
}

/** What is known when `test` came out as `sense`. */
export function atomsOf(fn: FunctionView, test: number, sense: boolean): readonly Atom[] {
  const found: Atom[] = [];
  const open: { v: number; sense: boolean }[] = [{ v: test, sense }];
  while (open.length > 0 && found.length < MAX_PARTS) {
    const next = open.pop();
    if (next === undefined) break;
    const v = behind(fn, next.v);
    const asked = presenceTest(fn, v);
    if (fn.op(v) === Op.Unary && fn.text(fn.a(v)) === "!") open.push({ v: fn.b(v), sense: !next.sense });
    else if (fn.op(v) === Op.Logic) pushLogic(fn, v, next.sense, open, found);
    else if (fn.op(v) === Op.Binary) found.push(...binaryAtoms(fn, v, next.sense));
    else if (isBooleanCall(fn, v)) open.push({ v: fn.args(v)[0], sense: next.sense });
    else if (asked !== null) open.push({ v: asked.of, sense: asked.there === next.sense });
    else {
      found.push({ kind: next.sense ? "truthy" : "falsy", v });
      const only = next.sense ? onlyTruthyStore(fn, v) : NONE;
      if (only !== NONE) open.push({ v: only, sense: true });
    }
  }
  return found;
}

/** `let user = null; if (id) user = await find(id)`: when it is truthy, that one store was what made it so. */
function onlyTruthyStore(fn: FunctionView, v: number): number {
  if (fn.op(v) !== Op.Var || fn.a(v) !== 0) return NONE;
  const slot = fn.info.slots[fn.b(v)];
  const stores = fn.storesTo(fn.b(v));
  if (slot === undefined || slot.storedInInner || stores.length < 2) return NONE;
  const truthy = stores.filter(
    (value) => fn.op(value) !== Op.Null && fn.op(value) !== Op.Undefined && fn.op(value) !== Op.False,
  );
  const [only] = truthy;
  return truthy.length === 1 && only < v ? only : NONE;
}

function pushLogic(
  fn: FunctionView,
  v: number,
  sense: boolean,
  open: { v: number; sense: boolean }[],
  found: Atom[],
): void {
  const conjunctive = fn.a(v) === LogicKind.And ? sense : !sense;
  if (conjunctive) open.push({ v: fn.b(v), sense }, { v: fn.c(v), sense });
  else if (sense && isFalsyLiteral(fn, fn.c(v))) open.push({ v: fn.b(v), sense });
  else found.push({ kind: sense ? "truthy" : "falsy", v });
}

/** `allowed ?? false` is true only when what stands before it is. */
function isFalsyLiteral(fn: FunctionView, v: number): boolean {
  return isWrittenFalsy(fn, behind(fn, v));
}

/** `false`, `null` or `undefined` stands there. */
export function isWrittenFalsy(fn: FunctionView, v: number): boolean {
  const op = fn.op(v);
  return op === Op.False || op === Op.Null || op === Op.Undefined;
}

function binaryAtoms(fn: FunctionView, v: number, sense: boolean): Atom[] {
  const operator = fn.text(fn.a(v));
  const equality = operator === "===" || operator === "==";
  if (!equality && operator !== "!==" && operator !== "!=") return [{ kind: sense ? "holds" : "fails", v }];
  const equal = equality === sense;
  const left = behind(fn, fn.b(v));
  const right = behind(fn, fn.c(v));
  return (
    comparedWith(fn, v, left, right, equal) ??
    comparedWith(fn, v, right, left, equal) ?? [{ kind: equal ? "equal" : "unequal", v }]
  );
}

/** What `value === literal` says about the value itself, null when the other side is no such literal. */
function comparedWith(fn: FunctionView, v: number, value: number, other: number, equal: boolean): Atom[] | null {
  const op = fn.op(other);
  if (op === Op.Null || op === Op.Undefined) return [{ kind: equal ? "falsy" : "truthy", v: value }];
  if (op === Op.True || op === Op.False) {
    return equal ? [...atomsOf(fn, value, op === Op.True)] : [{ kind: "unequal", v }];
  }
  if (op !== Op.String || fn.text(fn.a(other)) !== "undefined" || !isTypeof(fn, value)) return null;
  return [{ kind: equal ? "falsy" : "truthy", v: behind(fn, fn.b(value)) }];
}

function isTypeof(fn: FunctionView, v: number): boolean {
  return fn.op(v) === Op.Unary && fn.text(fn.a(v)) === "typeof";
}

function isBooleanCall(fn: FunctionView, v: number): boolean {
  if (fn.op(v) !== Op.Call) return false;
  const callee = fn.callee(v);
  return fn.op(callee) === Op.Global && fn.text(fn.a(callee)) === "Boolean" && fn.args(v).length === 1;
}

/** The value behind variables with a single store, casts and awaits, within the function. */
export function behind(fn: FunctionView, v: number, depth = 0): number {
  let current = v;
  for (let i = 0; i < 32; i += 1) {
    const op = fn.op(current);
    if (op === Op.Cast || op === Op.Await) current = fn.a(current);
    else if (op === Op.Var && fn.a(current) === 0) {
      const slot = fn.info.slots[fn.b(current)];
      const stores = fn.storesTo(fn.b(current));
      if (slot === undefined || slot.storedInInner || stores.length !== 1 || stores[0] >= current) return current;
      current = stores[0];
    } else if (op === Op.Element) {
      const gathered = depth > MAX_GATHERED ? NONE : gatheredAt(fn, current, depth);
      if (gathered === NONE) return current;
      current = gathered;
    } else return current;
    if (current === NONE) return v;
  }
  return current;
}

const MAX_GATHERED = 4;

/** `const [row, access] = await Promise.all([find(id), accessTo(id)])`: what was put in at that index; NONE otherwise. */
export function gatheredAt(fn: FunctionView, element: number, depth = 0): number {
  const all = behind(fn, fn.a(element), depth + 1);
  if (fn.op(all) !== Op.Call || fn.memberName(fn.callee(all)) !== "all") return NONE;
  const object = fn.a(fn.callee(all));
  if (fn.op(object) !== Op.Global || fn.text(fn.a(object)) !== "Promise" || fn.args(all).length !== 1) return NONE;
  const list = behind(fn, fn.args(all)[0], depth + 1);
  if (fn.op(list) !== Op.Array) return NONE;
  const items = fn.list(fn.a(list)).subarray(0, fn.b(element) + 1);
  if (
    fn.c(element) !== 0 ||
    items.length <= fn.b(element) ||
    items.some((item) => item === NONE || fn.op(item) === Op.Spread)
  )
    return NONE;
  return items.at(-1) ?? NONE;
}
