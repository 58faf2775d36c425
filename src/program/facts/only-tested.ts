/**
 * Whether a value is only asked whether it is there, how many it are, or what it equals: `if (found.length > 0) throw`,
 * `return !taken`. Nothing of it goes anywhere.
 */
import { NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../linking/function-view.js";
import { isWaitedForTogether } from "../values/promises.js";
import { canAvoid } from "./avoidance.js";
import { gatheredAt } from "./conditions.js";
import { calleeName } from "./refusals.js";

const ANSWERING = /^(?:some|every|includes|has)$/;
const COMPARING = /^(?:[!=]==?|[<>]=?|in|instanceof)$/;
const MAX_ROWS = 4000;

/**
 * True when every use of a value of this function is a test, and there is one.
 *
 * @param keeps calls on the value that leave of it only what may go on
 */
export function isOnlyTested(fn: FunctionView, value: number, keeps: (call: number) => boolean = () => false): boolean {
  if (fn.valueCount > MAX_ROWS) return false;
  const uses = new Uses(fn, value, keeps, false);
  return uses.run() && uses.tested;
}

/** True when it is given back as it is and goes nowhere else, so that nobody sees it but whoever called. */
export function isTestedOrGivenBack(fn: FunctionView, value: number): boolean {
  return fn.valueCount <= MAX_ROWS && new Uses(fn, value, () => false, true).run();
}

class Uses {
  readonly #carried = new Set<number>();
  /** lists that it was put into to be waited for, and what comes of waiting */
  readonly #lists = new Set<number>();
  /** variables that hold it, with the rows that store it there */
  readonly #slots = new Map<number, Set<number>>();
  tested = false;

  constructor(
    private readonly fn: FunctionView,
    value: number,
    private readonly keeps: (call: number) => boolean,
    private readonly mayBeGivenBack: boolean,
  ) {
    this.#carried.add(value);
  }

  /** False when it goes somewhere. */
  run(): boolean {
    // a loop may bring a variable back to where it was read before
    for (let round = 0; round < 2; round += 1) {
      for (let row = 0; row < this.fn.valueCount; row += 1) if (!this.#row(row)) return false;
    }
    return true;
  }

  /** False when the row lets the value go. */
  #row(row: number): boolean {
    const { fn } = this;
    const a = fn.a(row);
    switch (fn.op(row)) {
      case Op.Var:
        if (a === 0 && this.#isStoredFor(fn.b(row), row)) this.#carried.add(row);
        return true;
      case Op.Await:
      case Op.Cast:
      case Op.Default:
        if (this.#lists.has(a)) this.#lists.add(row);
        else this.#carries(row, [a]);
        return true;
      case Op.Element:
        return this.#carries(row, [this.#lists.has(a) ? gatheredAt(fn, row) : a]);
      case Op.Member:
        // what a helper that finds somebody reads of them is a check of its own
        if (this.mayBeGivenBack && this.#holds(a) && fn.text(fn.b(row)) !== "length") return false;
        return this.#carries(row, [a]);
      case Op.Index:
        return this.#carries(row, [a]);
      case Op.Logic:
        return this.#carries(row, [fn.b(row), fn.c(row)]);
      case Op.Cond:
        return this.#test([a]) && this.#carries(row, [fn.b(row), fn.c(row)]);
      case Op.Unary:
        return this.#test([fn.b(row)]);
      case Op.Binary:
        if (COMPARING.test(fn.text(a))) return this.#test([fn.b(row), fn.c(row)]);
        return !this.#holds(fn.b(row)) && !this.#holds(fn.c(row));
      case Op.Branch:
        return this.#test([a]);
      case Op.Store:
        return this.#store(row);
      case Op.Call:
      case Op.New:
        return this.#call(row);
      default:
        return !this.#leaks(row);
    }
  }

  #holds(v: number): boolean {
    return v !== NONE && (this.#carried.has(v) || this.#lists.has(v));
  }

  #carries(row: number, from: readonly number[]): boolean {
    if (from.some((v) => this.#holds(v))) this.#carried.add(row);
    return true;
  }

  #test(operands: readonly number[]): boolean {
    if (operands.some((v) => this.#holds(v))) this.tested = true;
    return true;
  }

  #store(row: number): boolean {
    const { fn } = this;
    if (!this.#holds(fn.c(row))) return true;
    const slot = fn.b(row);
    if (fn.a(row) !== 0 || fn.parent === null || isReadInside(fn, slot)) return false;
    const rows = this.#slots.get(slot) ?? new Set<number>();
    this.#slots.set(slot, rows.add(row));
    return true;
  }

  /** Whether a read may still see it: `rows = rows.filter(…)` has put something else in its place before. */
  #isStoredFor(slot: number, read: number): boolean {
    const { fn } = this;
    const rows = this.#slots.get(slot);
    if (rows === undefined) return false;
    const others = fn.storeRowsTo(slot).filter((row) => !rows.has(row) && row < read);
    return [...rows].some((row) => !others.some((other) => other > row && !canAvoid(fn, row, other, read)));
  }

  #call(row: number): boolean {
    const { fn } = this;
    const callee = fn.callee(row);
    if (isWaitedForTogether(fn, row) && fn.args(row).some((arg) => this.#lists.has(arg))) {
      this.#lists.add(row);
      return true;
    }
    if (fn.args(row).some((arg) => this.#holds(arg)) && isMatched(fn, row)) return this.#test(Array.from(fn.args(row)));
    for (const arg of fn.args(row)) {
      if (this.#holds(fn.op(arg) === Op.Spread ? fn.a(arg) : arg)) return false;
    }
    if (!this.#holds(callee)) return true;
    if (!ANSWERING.test(fn.memberName(callee)) && !this.keeps(row)) return false;
    this.tested = true;
    return true;
  }

  /** It is among the items of a list, and that list goes elsewhere than into `Promise.all`. */
  #isKeptIn(list: number): boolean {
    const { fn } = this;
    if (!Array.from(fn.list(fn.a(list))).some((item) => this.#holds(item))) return false;
    const together = Array.from(fn.calls).some((call) => isWaitedForTogether(fn, call) && fn.args(call)[0] === list);
    if (together) this.#lists.add(list);
    return !together;
  }

  #leaks(row: number): boolean {
    const { fn } = this;
    switch (fn.op(row)) {
      case Op.Return:
        return !this.mayBeGivenBack && this.#holds(fn.a(row));
      case Op.Throw:
      case Op.Yield:
      case Op.Iterated:
      case Op.Rest:
      case Op.Spread:
      case Op.Tagged:
        return this.#holds(fn.a(row));
      case Op.SetMember:
      case Op.SetIndex:
        return this.#holds(fn.a(row)) || this.#holds(fn.c(row));
      case Op.Array:
        return this.#isKeptIn(row);
      case Op.Template:
        return Array.from(fn.list(fn.a(row))).some((item) => this.#holds(item));
      case Op.Object:
        return Array.from(fn.props(row)).some((prop) => this.#holds(prop.value) || this.#holds(prop.key));
      default:
        return false;
    }
  }
}

/** `match(row.kind).with("a", () => …).exhaustive()`: which of them runs is all that comes of it. */
function isMatched(fn: FunctionView, call: number): boolean {
  if (fn.op(call) !== Op.Call || calleeName(fn, fn.callee(call)) !== "match" || fn.args(call).length !== 1)
    return false;
  const chain = new Set([call]);
  for (const next of fn.calls) {
    const callee = fn.op(next) === Op.Call ? fn.callee(next) : NONE;
    if (callee === NONE || fn.op(callee) !== Op.Member || !chain.has(fn.a(callee))) continue;
    const handed = Array.from(fn.args(next)).filter((arg) => fn.op(arg) === Op.Closure);
    if (handed.some((arg) => fn.file.fn(fn.a(arg)).info.params.length > 0)) return false;
    chain.add(next);
  }
  return chain.size > 1;
}

/** A function inside reads the variable: where it goes from there is not followed. */
export function isReadInside(fn: FunctionView, slot: number): boolean {
  for (let index = fn.index + 1; index < fn.file.functionCount; index += 1) {
    const inner = fn.file.fn(index);
    const up = levelsAbove(inner, fn);
    if (up === NONE) continue;
    for (let v = 0; v < inner.valueCount; v += 1) {
      if (inner.op(v) === Op.Var && inner.a(v) === up && inner.b(v) === slot) return true;
    }
  }
  return false;
}

/** How many functions lie between one and the other around it, NONE when it does not lie in it. */
function levelsAbove(inner: FunctionView, outer: FunctionView): number {
  let up = 1;
  for (let at = inner.parent; at !== null; at = at.parent, up += 1) if (at === outer) return up;
  return NONE;
}
