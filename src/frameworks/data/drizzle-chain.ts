/** Drizzle's query builders as they are written: which calls make up one query, and which call is the last. */
import { NONE, Op } from "../../model/lowered.js";
import { canAvoid } from "../../program/facts/avoidance.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Site } from "../../program/values/origin.js";

export interface DrizzleStep {
  readonly name: string;
  readonly site: Site;
  readonly conditional: boolean;
}

const START = new Set(["select", "selectDistinct", "selectDistinctOn", "insert", "update", "delete", "$count"]);
const FIND = new Set(["findFirst", "findMany"]);
const STEP = new Set(
  (
    "from where set values innerJoin leftJoin rightJoin fullJoin crossJoin limit offset orderBy groupBy having for " +
    "as returning returningId onConflictDoUpdate onConflictDoNothing onDuplicateKeyUpdate execute all get run as prepare $dynamic union unionAll then"
  ).split(" "),
);

export function isDrizzleMethod(name: string): boolean {
  return STEP.has(name) || FIND.has(name) || START.has(name);
}

/** A query whose last call is at a site; null when the site is none, or is continued. */
export interface DrizzleQuery {
  readonly steps: readonly DrizzleStep[];
  /** `query.<table>.findMany`: the property; '' for builders */
  readonly property: string;
}

export function drizzleQueryAt(site: Site): DrizzleQuery | null {
  const { fn, v } = site;
  if (fn.op(v) !== Op.Call || isContinued(fn, v)) return null;
  const found = chain(fn, v);
  if (found === null) return null;
  const [first] = found.calls;
  const start = fn.memberName(fn.callee(first));
  if (FIND.has(start)) {
    const table = fn.a(fn.callee(first));
    if (fn.op(table) !== Op.Member || fn.memberName(fn.a(table)) !== "query") return null;
    return { steps: steps(fn, found.calls, site), property: fn.memberName(table) };
  }
  if (!START.has(start)) return null;
  return { steps: steps(fn, found.calls, site), property: "" };
}

/** The value that names the table: the argument of `from`, `insert`, `update`, `delete`; NONE without one. */
export function tableArgument(query: DrizzleQuery): Site | null {
  for (const step of query.steps) {
    const [first] = step.site.fn.args(step.site.v);
    if (first !== undefined && /^(?:from|insert|update|delete|\$count)$/.test(step.name))
      return { ...step.site, v: first };
  }
  return null;
}

/** Calls from the first builder call outwards, through a variable that holds an unfinished builder. */
function chain(fn: FunctionView, v: number): { calls: number[] } | null {
  const calls: number[] = [];
  let current = v;
  for (let i = 0; i < 40; i += 1) {
    if (fn.op(current) === Op.Await || fn.op(current) === Op.Cast) {
      current = fn.a(current);
      continue;
    }
    if (fn.op(current) === Op.Var && fn.a(current) === 0) {
      const before = fn.storesTo(fn.b(current)).filter((store) => store < current && fn.op(store) === Op.Call);
      const [made] = before;
      if (made === undefined || made >= v || calls.includes(made)) break;
      // statements in between are added as steps of their own
      current = made;
      continue;
    }
    if (fn.op(current) !== Op.Call || fn.op(fn.callee(current)) !== Op.Member) break;
    const name = fn.memberName(fn.callee(current));
    if (!isDrizzleMethod(name)) break;
    calls.unshift(current);
    if (START.has(name) || FIND.has(name)) return { calls };
    current = fn.a(fn.callee(current));
  }
  return null;
}

function steps(fn: FunctionView, calls: readonly number[], use: Site): readonly DrizzleStep[] {
  const all = new Map<number, boolean>(calls.map((call) => [call, false]));
  const slot = slotOf(fn, calls);
  if (slot !== NONE) {
    for (const call of fn.calls) {
      if (all.has(call) || call > use.v || rootSlot(fn, call) !== slot) continue;
      all.set(call, canAvoid(fn, calls[0], call, use.v));
    }
  }
  return [...all]
    .sort(([a], [b]) => a - b)
    .map(([v, conditional]) => ({ name: fn.memberName(fn.callee(v)), site: { fn, v, frame: use.frame }, conditional }))
    .filter((step) => isDrizzleMethod(step.name));
}

/** Variable that holds one of the calls. */
function slotOf(fn: FunctionView, calls: readonly number[]): number {
  return fn.info.slots.findIndex((_, slot) => fn.storesTo(slot).some((store) => calls.includes(store)));
}

function rootSlot(fn: FunctionView, v: number): number {
  let current = v;
  while (fn.op(current) === Op.Call || fn.op(current) === Op.Member) current = fn.a(current);
  return fn.op(current) === Op.Var && fn.a(current) === 0 ? fn.b(current) : NONE;
}

const continued = new WeakMap<FunctionView, ReadonlySet<number>>();

/** Calls on whose result another builder method is called, at once or through a variable. */
function isContinued(fn: FunctionView, v: number): boolean {
  let known = continued.get(fn);
  if (known === undefined) {
    const made = new Set<number>();
    for (const call of fn.calls) {
      if (fn.op(call) !== Op.Call) continue;
      const callee = fn.callee(call);
      if (fn.op(callee) !== Op.Member || !STEP.has(fn.memberName(callee)) || fn.memberName(callee) === "then") continue;
      const receiver = fn.a(callee);
      made.add(receiver);
      if (fn.op(receiver) === Op.Var && fn.a(receiver) === 0) {
        for (const store of fn.storesTo(fn.b(receiver))) if (store < call) made.add(store);
      }
    }
    for (const call of supersededCalls(fn)) made.add(call);
    known = made;
    continued.set(fn, known);
  }
  return known.has(v);
}

/** Calls on a variable that are statements of their own: of several on one variable only the last is the query. */
function supersededCalls(fn: FunctionView): readonly number[] {
  const last = new Map<number, number>();
  const found: number[] = [];
  for (const call of fn.calls) {
    if (fn.op(call) !== Op.Call || !STEP.has(fn.memberName(fn.callee(call)))) continue;
    const slot = rootSlot(fn, call);
    if (slot === NONE || !fn.storesTo(slot).some((store) => chain(fn, store) !== null)) continue;
    const before = last.get(slot);
    if (before !== undefined) found.push(before);
    last.set(slot, call);
  }
  return found;
}
