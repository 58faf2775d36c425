/** What can still run after a row of a function, and whether any of it matters to someone who was turned away. */
import { NONE, Op } from "../../model/lowered.js";
import { type Atom, atomsOf, behind } from "../../program/facts/conditions.js";
import { graphOf } from "../../program/facts/control-flow.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Frame, Origin, Site } from "../../program/values/origin.js";
import { type Analysis, isContinuation, passesError } from "../analysis.js";
import { externalEffect } from "../entries/effects.js";

export interface WayOn {
  /** row after which to look */
  readonly from: number;
  /** whether answers that refuse end the way */
  readonly refusalsEnd: boolean;
  /** statements known to hold from there on: sides of branches that contradict them are not taken */
  readonly known: readonly Atom[];
}

/** Rows that control can reach after a row, in order. */
export function rowsAfter(fn: FunctionView, frame: Frame | null, way: WayOn, analysis: Analysis): readonly number[] {
  const graph = graphOf(fn);
  const { options } = analysis.guarantees.flow(fn, frame, way.refusalsEnd);
  const known = new Set(way.known.map((atom) => atomKey(fn, atom)));
  const seen = new Set<number>();
  const found: number[] = [];
  const open: { block: number; at: number }[] = [{ block: graph.blockOf[way.from], at: way.from + 1 }];
  while (open.length > 0) {
    const next = open.pop();
    if (next === undefined || next.block === NONE || next.block === undefined) continue;
    const block = graph.blocks[next.block];
    let ended = false;
    for (let v = next.at; v < block.end && !ended; v += 1) {
      found.push(v);
      ended = options.ends.has(v);
    }
    if (ended || block.terminator === NONE) continue;
    for (const target of successors(fn, block.terminator, options.dead, known)) {
      if (seen.has(target)) continue;
      seen.add(target);
      open.push({ block: target, at: graph.blocks[target].first });
    }
  }
  return found.sort((a, b) => a - b);
}

function successors(
  fn: FunctionView,
  row: number,
  dead: ReadonlyMap<number, 0 | 1>,
  known: ReadonlySet<string>,
): readonly number[] {
  if (fn.op(row) === Op.Jump) return [fn.a(row)];
  if (fn.op(row) !== Op.Branch) return [];
  return ([1, 0] as const)
    .filter((side) => dead.get(row) !== side)
    .filter((side) => !atomsOf(fn, fn.a(row), side === 1).some((atom) => known.has(atomKey(fn, opposite(atom)))))
    .map((side) => (side === 1 ? fn.b(row) : fn.c(row)));
}

const OPPOSITE: Readonly<Record<Atom["kind"], Atom["kind"]>> = {
  truthy: "falsy",
  falsy: "truthy",
  equal: "unequal",
  unequal: "equal",
  holds: "fails",
  fails: "holds",
  returned: "returned",
  done: "done",
};

function opposite(atom: Atom): Atom {
  return { kind: OPPOSITE[atom.kind], v: atom.v };
}

/** Equal for statements about what is written alike; calls are alike only when they are the same call. */
function atomKey(fn: FunctionView, atom: Atom): string {
  return `${atom.kind}:${textOf(fn, atom.v, 0)}`;
}

export function textOf(fn: FunctionView, v: number, depth: number): string {
  if (depth > 6) return `#${v}`;
  const value = behind(fn, v);
  switch (fn.op(value)) {
    case Op.Var:
      return `var${fn.a(value)}.${fn.b(value)}`;
    case Op.Param:
      return `param${fn.a(value)}`;
    case Op.This:
      return "this";
    case Op.Global:
    case Op.String:
    case Op.Number:
      return JSON.stringify(fn.text(fn.a(value)));
    case Op.Member:
      return `${textOf(fn, fn.a(value), depth + 1)}.${fn.text(fn.b(value))}`;
    case Op.Binary: {
      const sides = [textOf(fn, fn.b(value), depth + 1), textOf(fn, fn.c(value), depth + 1)];
      return `(${sides.join(fn.text(fn.a(value)).replace("!", "=").slice(0, 2))})`;
    }
    default:
      return `#${value}`;
  }
}

/** What holds at a row, and which flags its block sets to a constant: `ok = false`. */
export function knownAt(fn: FunctionView, frame: Frame | null, row: number, analysis: Analysis): readonly Atom[] {
  const graph = graphOf(fn);
  const known = [...analysis.guarantees.flow(fn, frame, false).factsAt(row)];
  const block = graph.blocks[graph.blockOf[row]];
  for (let v = block.first; v < block.end; v += 1) {
    if (fn.op(v) !== Op.Store || fn.a(v) !== 0) continue;
    const op = fn.op(fn.c(v));
    const truthy = op === Op.True;
    if (!truthy && op !== Op.False && op !== Op.Null && op !== Op.Undefined) continue;
    for (let read = 0; read < fn.valueCount; read += 1)
      if (fn.op(read) === Op.Var && fn.a(read) === 0 && fn.b(read) === fn.b(v))
        known.push({ kind: truthy ? "truthy" : "falsy", v: read });
  }
  return known;
}

export type Matter = "continuation" | "data" | "effect";

/** Whether a row lets the request on, or touches data or the world outside. */
export function matterOf(site: Site, analysis: Analysis): Matter | null {
  const { fn, v, frame } = site;
  const op = fn.op(v);
  if (op !== Op.Call && op !== Op.Tagged) return null;
  const callees = analysis.queries.evaluate({ fn, v: fn.callee(v), frame });
  if (callees.some(isContinuation)) return passesError(site, callees, analysis.queries) ? null : "continuation";
  if (analysis.data.recognise(site, callees, analysis.queries) !== null) return "data";
  if (externalEffect(callees) !== null) return "effect";
  return callees.some((o) => o.kind === "function" && actsBelow(o, analysis)) ? "data" : null;
}

const acts = new WeakMap<FunctionView, boolean>();

function actsBelow(origin: Extract<Origin, { kind: "function" }>, analysis: Analysis): boolean {
  return analysis.reachability.reach(origin.fn) !== "never" || hasEffect(origin.fn, analysis, new Set(), 0);
}

function hasEffect(fn: FunctionView, analysis: Analysis, visited: Set<FunctionView>, depth: number): boolean {
  const known = acts.get(fn);
  if (known !== undefined) return known;
  if (visited.has(fn) || depth > 8 || visited.size > 80) return false;
  visited.add(fn);
  const answer = Array.from(fn.calls).some((v) => {
    const callees = analysis.queries.evaluate({ fn, v: fn.callee(v), frame: null });
    if (externalEffect(callees) !== null) return true;
    return callees.some((o) => o.kind === "function" && hasEffect(o.fn, analysis, visited, depth + 1));
  });
  if (depth === 0 || answer) acts.set(fn, answer);
  return answer;
}

/** The first row among some that matters. */
export function firstThatMatters(
  fn: FunctionView,
  frame: Frame | null,
  rows: readonly number[],
  analysis: Analysis,
): { readonly row: number; readonly matter: Matter } | null {
  for (const row of rows) {
    const matter = matterOf({ fn, v: row, frame }, analysis);
    if (matter !== null) return { row, matter };
  }
  return null;
}
