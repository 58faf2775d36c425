/** What is put into a list or a set after it was made: `const ids = []; rows.forEach((row) => ids.push(row.id))`. */
import { NONE, Op } from "../../model/lowered.js";
import type { FunctionView, ProgramFile } from "../linking/function-view.js";
import { givenFrame } from "./call-frames.js";
import type { Origin, OriginQueries, Site } from "./origin.js";
import { siteKey } from "./origin-keys.js";

const FILLING: ReadonlySet<string> = new Set(["push", "unshift", "add"]);
const ROUNDS: ReadonlySet<string> = new Set(["forEach", "map", "flatMap", "filter"]);
const MOST = 12;

interface Filling {
  readonly fn: FunctionView;
  readonly call: number;
}

interface FileFillings {
  /** by function and variable, the calls that fill what it holds */
  readonly byVariable: ReadonlyMap<string, readonly Filling[]>;
  /** by function and value, the variable that it is stored in */
  readonly variableOf: ReadonlyMap<string, string>;
}

const known = new WeakMap<ProgramFile, FileFillings>();
/** lists that are being asked for: `ids.push(...ids)` */
const open = new Set<string>();

/** Values put into the list or set that was made there, by its own function or by closures that go through a list. */
export function filledInto(made: Site, queries: OriginQueries): readonly Origin[] {
  const { fn } = made;
  const fillings = fillingsOf(fn.file);
  const variable = fillings.variableOf.get(`${fn.index}:${made.v}`);
  const calls = variable === undefined ? [] : (fillings.byVariable.get(variable) ?? []);
  const key = siteKey(made);
  if (calls.length === 0 || calls.length > MOST || open.has(key)) return [];
  open.add(key);
  try {
    return calls.flatMap((filling) => [...valuesOf(filling, made, queries)]);
  } finally {
    open.delete(key);
  }
}

function* valuesOf({ fn, call }: Filling, made: Site, queries: OriginQueries): Generator<Origin> {
  const frame = fn === made.fn ? made.frame : roundOf(fn, made, queries);
  if (fn !== made.fn && frame === null) return;
  for (const arg of fn.args(call)) {
    const spread = fn.op(arg) === Op.Spread;
    const values = queries.evaluate({ fn, v: spread ? fn.a(arg) : arg, frame });
    for (const value of values) yield* spread ? queries.project(value, ["[]"]) : [value];
  }
}

/** The frame of a closure that is called for each element of a list. */
function roundOf(fn: FunctionView, { fn: owner, frame }: Site, queries: OriginQueries): Site["frame"] {
  for (const call of owner.calls) {
    const callee = owner.op(call) === Op.Call ? owner.callee(call) : NONE;
    if (callee === NONE || !ROUNDS.has(owner.memberName(callee))) continue;
    const [callback] = owner.args(call);
    if (callback === undefined || owner.op(callback) !== Op.Closure || owner.file.fn(owner.a(callback)) !== fn)
      continue;
    const lists = queries.evaluate({ fn: owner, v: owner.a(callee), frame });
    const elements = lists.flatMap((list) => [...queries.project(list, ["[]"])]);
    for (const closure of queries.evaluate({ fn: owner, v: callback, frame }))
      if (closure.kind === "function") return givenFrame(closure, [elements], frame?.depth ?? 0);
  }
  return null;
}

function fillingsOf(file: ProgramFile): FileFillings {
  let found = known.get(file);
  if (found === undefined) {
    found = findFillings(file);
    known.set(file, found);
  }
  return found;
}

function findFillings(file: ProgramFile): FileFillings {
  const byVariable = new Map<string, Filling[]>();
  for (const fn of file.functions()) {
    for (const call of fn.calls) {
      const key = filledBy(fn, call);
      if (key !== "") byVariable.set(key, [...(byVariable.get(key) ?? []), { fn, call }]);
    }
  }
  return { byVariable, variableOf: byVariable.size === 0 ? new Map() : variablesOf(file, byVariable) };
}

/** The variable whose list a call fills, '' for other calls. */
function filledBy(fn: FunctionView, call: number): string {
  const callee = fn.op(call) === Op.Call ? fn.callee(call) : NONE;
  if (callee === NONE || !FILLING.has(fn.memberName(callee))) return "";
  const receiver = fn.a(callee);
  // of what a function two levels in is handed nothing is known here
  if (fn.op(receiver) !== Op.Var || fn.a(receiver) > 1) return "";
  const owner = fn.ancestor(fn.a(receiver));
  return owner === null ? "" : `${owner.index}:${fn.b(receiver)}`;
}

/** Which of the variables a value was stored in as it was made. */
function variablesOf(file: ProgramFile, filled: ReadonlyMap<string, unknown>): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const fn of file.functions()) {
    for (let row = 0; row < fn.valueCount; row += 1) {
      if (fn.op(row) !== Op.Store || fn.a(row) !== 0) continue;
      const key = `${fn.index}:${fn.b(row)}`;
      const value = fn.op(fn.c(row)) === Op.Cast ? fn.a(fn.c(row)) : fn.c(row);
      if (filled.has(key)) found.set(`${fn.index}:${value}`, key);
    }
  }
  return found;
}
