/**
 * `if (!guard(req, res)) return;`: what was asked has sent the refusal itself, and whoever asked only leaves. For those
 * who look at what an accepted request comes to, that side of the branch cannot be taken.
 */
import { NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../linking/function-view.js";
import { takeOver } from "../linking/taken-over.js";
import type { LinkQueries } from "../values/origin.js";
import { behind, isWrittenFalsy } from "./conditions.js";
import { type Flow, graphOf } from "./control-flow.js";

type Sides = ReadonlyMap<number, 0 | 1>;

interface Flows {
  readonly queries: LinkQueries;
  flow(fn: FunctionView, frame: null, refusalsEnd: boolean): Flow;
}

const NO_SIDES: Sides = new Map();
const MAX_CALLEES = 3;

export class AnsweredSides {
  readonly #sides = new Map<FunctionView, Sides>();
  readonly #answering = new Map<FunctionView, { readonly truthy: boolean; readonly falsy: boolean }>();

  /** @param before what it found of functions that both programs have is taken over */
  constructor(
    readonly flows: Flows,
    before?: AnsweredSides,
  ) {
    if (before === undefined) return;
    takeOver(this.#sides, before.#sides, flows.queries.program);
    takeOver(this.#answering, before.#answering, flows.queries.program);
  }

  /** Branches of the function with the side (1 for the true one) on which it was refused before. */
  of(fn: FunctionView): Sides {
    const known = this.#sides.get(fn);
    if (known !== undefined) return known;
    this.#sides.set(fn, NO_SIDES);
    const sides = this.#compute(fn);
    this.#sides.set(fn, sides);
    return sides;
  }

  #compute(fn: FunctionView): Sides {
    const { blocks } = graphOf(fn);
    const found = new Map<number, 0 | 1>();
    for (const { terminator: row } of blocks) {
      if (row === NONE || fn.op(row) !== Op.Branch) continue;
      for (const side of [0, 1] as const) {
        const block = blocks[side === 1 ? fn.b(row) : fn.c(row)];
        if (block === undefined || !onlyLeaves(fn, block.first, block.terminator)) continue;
        if (this.#isAnswered(fn, fn.a(row), side === 1)) found.set(row, side);
      }
    }
    return found.size === 0 ? NO_SIDES : found;
  }

  #isAnswered(fn: FunctionView, test: number, truth: boolean): boolean {
    const asked = behind(fn, test);
    if (fn.op(asked) === Op.Unary && fn.text(fn.a(asked)) === "!") return this.#isAnswered(fn, fn.b(asked), !truth);
    if (fn.op(asked) !== Op.Call) return false;
    const callees = this.flows.queries.evaluate({ fn, v: fn.callee(asked), frame: null });
    if (callees.length === 0 || callees.length > MAX_CALLEES) return false;
    return callees.every(
      (o) => o.kind === "function" && o.fn.hasBody && this.#answers(o.fn)[truth ? "truthy" : "falsy"],
    );
  }

  /** With which answers a function says that it has refused already: some of its ways out give it, and all of them refuse first. */
  #answers(fn: FunctionView): { readonly truthy: boolean; readonly falsy: boolean } {
    const known = this.#answering.get(fn);
    if (known !== undefined) return known;
    this.#answering.set(fn, { truthy: false, falsy: false });
    const all = this.flows.flow(fn, null, false).exits();
    const open = this.flows.flow(fn, null, true).exits();
    const among = (exits: readonly number[], truth: boolean): boolean =>
      exits.some((row) => mayBe(fn, fn.op(row) === Op.Return ? fn.a(row) : NONE, truth));
    const answers = (truth: boolean): boolean =>
      open.length > 0 && open.length < all.length && among(all, truth) && !among(open, truth);
    const found = { truthy: answers(true), falsy: answers(false) };
    this.#answering.set(fn, found);
    return found;
  }
}

/** Nothing but `return;`, `return null;` and the like. */
function onlyLeaves(fn: FunctionView, first: number, terminator: number): boolean {
  if (terminator === NONE || fn.op(terminator) !== Op.Return) return false;
  for (let v = first; v < terminator; v += 1) if (fn.op(v) !== Op.Block && !isWrittenFalsy(fn, v)) return false;
  const value = fn.a(terminator);
  return value === NONE || !mayBe(fn, value, true);
}

const THINGS: ReadonlySet<number> = new Set([Op.True, Op.Object, Op.Array, Op.New, Op.Closure]);

function mayBe(fn: FunctionView, value: number, truth: boolean): boolean {
  if (value === NONE) return !truth;
  const written = behind(fn, value);
  if (isWrittenFalsy(fn, written)) return !truth;
  return THINGS.has(fn.op(written)) ? truth : true;
}
