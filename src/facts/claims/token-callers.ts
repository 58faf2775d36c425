/** Who calls a function of the project, found by its name and confirmed by what the callee evaluates to. */
import { Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Site } from "../../program/values/origin.js";
import type { TokenContext } from "./token-context.js";
import { usersOf } from "./token-values.js";

const MAX_CALLERS = 24;
const MAX_CANDIDATES = 120;

export class TokenCallers {
  readonly #known = new Map<FunctionView, readonly Site[]>();

  constructor(private readonly context: TokenContext) {}

  /** Calls of a function, at most two dozen. */
  of(fn: FunctionView): readonly Site[] {
    let known = this.#known.get(fn);
    if (known === undefined) {
      known = this.#find(fn);
      this.#known.set(fn, known);
    }
    return known;
  }

  #find(fn: FunctionView): readonly Site[] {
    const { name } = fn.info;
    if (name === "") return [];
    const { index, queries } = this.context.input;
    const candidates = [...index.callsOfName(name), ...index.callsOfMember(name)].slice(0, MAX_CANDIDATES);
    const found: Site[] = [];
    for (const site of candidates) {
      if (found.length >= MAX_CALLERS) break;
      const callees = queries.evaluate({ ...site, v: site.fn.callee(site.v) });
      if (callees.some((o) => o.kind === "function" && o.fn === fn)) found.push(site);
    }
    return found;
  }
}

/** Row of the parent that makes a function value, -1 when the function is declared and not an expression. */
export function closureRow(fn: FunctionView): number {
  const { parent } = fn;
  if (parent === null) return -1;
  for (let v = 0; v < parent.valueCount; v += 1) if (parent.op(v) === Op.Closure && parent.a(v) === fn.index) return v;
  return -1;
}

/** The call of the parent that a function expression is handed to, -1 when it is used otherwise. */
export function handedTo(fn: FunctionView): number {
  const { parent } = fn;
  const row = closureRow(fn);
  if (parent === null || row < 0) return -1;
  return usersOf(parent, row).find((user) => parent.op(user) === Op.Call && parent.callee(user) !== row) ?? -1;
}
