/** What the two sides of a branch lead to: refusals, ways through, and what only one of them meets. */
import { NONE, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import { graphOf } from "../../program/facts/control-flow.js";
import { calleeName, refusedStatus } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { LinkQueries } from "../../program/values/origin.js";
import { textOf } from "./bypass-text.js";

/**
 * `auth`: turns away who is not known or not allowed. `missing`: 404. `input`: another status, for what was sent.
 * `negative`: `return false` of a test. `other`: anything else.
 */
export type Flavour = "auth" | "missing" | "input" | "negative" | "other";

export interface Refusal {
  readonly row: number;
  readonly flavour: Flavour;
}

export interface Side {
  readonly blocks: ReadonlySet<number>;
  /** refusals that can be met on the way */
  readonly refusals: readonly Refusal[];
  /** rows of normal exits that can be reached without meeting a refusal */
  readonly passes: readonly number[];
  /** some way hands the continuation to another guard */
  readonly handsOn: boolean;
}

const AUTH_TEXT =
  /unauthori[sz]ed|forbidden|unauthenticated|access_?denied|permission|not_?allowed|not_?permitted|\bauth|credential|invalid_?token|sign_?in|log_?in|privilege|denied/i;
const MISSING_TEXT = /not_?found/i;
const GUARDING = /auth|guard|session|token|jwt|verif|protect|signed|sign_?in|require(?:d|s)?[A-Z_]/i;

const refusalsOf = new WeakMap<FunctionView, ReadonlyMap<number, Flavour>>();

/** Rows of a function that refuse. */
export function refusals(fn: FunctionView, queries: LinkQueries): ReadonlyMap<number, Flavour> {
  let known = refusalsOf.get(fn);
  if (known === undefined) {
    known = collect(fn, queries);
    refusalsOf.set(fn, known);
  }
  return known;
}

function collect(fn: FunctionView, queries: LinkQueries): ReadonlyMap<number, Flavour> {
  const found = new Map<number, Flavour>();
  const answers = answersOf(fn, queries);
  for (let v = 0; v < fn.valueCount; v += 1) {
    const op = fn.op(v);
    if (op === Op.Throw) found.set(v, flavourOfThrown(fn, fn.a(v), queries));
    else if (op === Op.Call || op === Op.SetMember) {
      const status = refusedStatus(fn, v, queries);
      if (status > 0) found.set(v, flavourOfStatus(status, textOf(fn, v)));
      else if (op === Op.Call && handsError(fn, v)) found.set(v, flavourOfThrown(fn, fn.args(v)[0] ?? NONE, queries));
    } else if (op === Op.Return && fn.a(v) !== NONE) {
      const flavour = flavourOfReturned(fn, fn.a(v), answers, queries);
      if (flavour !== null) found.set(v, flavour);
    }
  }
  return found;
}

function flavourOfReturned(fn: FunctionView, v: number, answers: boolean, queries: LinkQueries): Flavour | null {
  const status = refusedStatus(fn, behind(fn, v), queries);
  if (status > 0) return flavourOfStatus(status, textOf(fn, v));
  return answers && isNo(fn, v, queries) ? "negative" : null;
}

/** Whether some return of the function says yes, so that its `false` and `null` say no. */
function answersOf(fn: FunctionView, queries: LinkQueries): boolean {
  return fn.returns.some((row) => fn.a(row) !== NONE && !isNo(fn, fn.a(row), queries));
}

function isNo(fn: FunctionView, v: number, queries: LinkQueries): boolean {
  if (v === NONE) return false;
  const value = behind(fn, v);
  const op = fn.op(value);
  if (op === Op.False || op === Op.Null) return true;
  if (op !== Op.Var) return false;
  const origins = queries.evaluate({ fn, v: value, frame: null });
  return origins.length > 0 && origins.every((o) => o.kind === "constant" && (o.value === false || o.value === null));
}

/** `next(new Error(…))` */
function handsError(fn: FunctionView, v: number): boolean {
  const [first] = fn.args(v);
  return calleeName(fn, fn.callee(v)) === "next" && first !== undefined && fn.op(behind(fn, first)) === Op.New;
}

function flavourOfThrown(fn: FunctionView, thrown: number, queries: LinkQueries): Flavour {
  if (thrown === NONE) return "other";
  const value = behind(fn, thrown);
  const words: string[] = [textOf(fn, value)];
  if (fn.op(value) === Op.New || fn.op(value) === Op.Call) {
    const status = refusedStatus(fn, value, queries);
    if (status === 401 || status === 403) return "auth";
    if (status === 404) return "missing";
    for (const arg of fn.args(value)) words.push(...wordsIn(fn, arg, 0));
  }
  const text = words.join(" ");
  return AUTH_TEXT.test(text) ? "auth" : MISSING_TEXT.test(text) ? "missing" : "other";
}

function wordsIn(fn: FunctionView, v: number, depth: number): readonly string[] {
  const value = behind(fn, v);
  const op = fn.op(value);
  if (op === Op.String || op === Op.Number) return [fn.text(fn.a(value))];
  if (op === Op.Template) return [...fn.list(fn.a(value))].filter((_, i) => i % 2 === 0).map((s) => fn.text(s));
  if (op === Op.Member) return [fn.text(fn.b(value))];
  if (op === Op.Object && depth < 3) return [...fn.props(value)].flatMap((p) => [...wordsIn(fn, p.value, depth + 1)]);
  return [];
}

function flavourOfStatus(status: number, text: string): Flavour {
  if (status === 401 || status === 403) return "auth";
  if (status === 404) return "missing";
  return AUTH_TEXT.test(text) ? "auth" : "input";
}

/** Where one target of a branch leads. */
export function sideFrom(fn: FunctionView, target: number, queries: LinkQueries): Side {
  const { blocks } = graphOf(fn);
  const rows = refusals(fn, queries);
  const seen = new Set<number>();
  const found: Refusal[] = [];
  const passes: number[] = [];
  let handed = false;
  const open = [target];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const block = blocks[id];
    if (block === undefined || seen.has(id)) continue;
    seen.add(id);
    // where an exception would lead is no way that the condition chose, but a failed check may turn away there
    const caught = blocks[block.handler];
    const thrown = caught === undefined ? null : firstRefusal(caught.first, caught.end, rows);
    if (thrown?.flavour === "auth") found.push(thrown);
    const refused = firstRefusal(block.first, block.end, rows);
    if (refused !== null) {
      found.push(refused);
      continue;
    }
    // another guard decides; whoever it lets through was not let through here
    const guard = guardHandedTo(fn, block.first, block.end);
    if (guard !== NONE) {
      found.push({ row: guard, flavour: "auth" });
      handed = true;
      continue;
    }
    const row = block.terminator;
    if (row === NONE || fn.op(row) === Op.Return) passes.push(row === NONE ? block.end - 1 : row);
    else if (fn.op(row) === Op.Jump) open.push(fn.a(row));
    else if (fn.op(row) === Op.Branch) open.push(fn.b(row), fn.c(row));
  }
  return { blocks: seen, refusals: found, passes, handsOn: handed };
}

/** `verifyToken(req, res, next)`: the row that hands the continuation to another guard, NONE without one. */
function guardHandedTo(fn: FunctionView, first: number, end: number): number {
  for (let v = first; v < end; v += 1) {
    if (fn.op(v) !== Op.Call || !GUARDING.test(calleeName(fn, fn.callee(v)))) continue;
    const hands = fn.args(v).some((arg) => {
      const value = behind(fn, arg);
      return fn.op(value) === Op.Param && fn.info.params[fn.a(value)]?.name === "next";
    });
    if (hands) return v;
  }
  return NONE;
}

function firstRefusal(first: number, end: number, rows: ReadonlyMap<number, Flavour>): Refusal | null {
  for (let v = first; v < end; v += 1) {
    const flavour = rows.get(v);
    if (flavour !== undefined) return { row: v, flavour };
  }
  return null;
}

/** Refusals that one side can meet and the other cannot. */
export function onlyIn(side: Side, other: Side): readonly Refusal[] {
  const rows = new Set(other.refusals.map((r) => r.row));
  return side.refusals.filter((r) => !rows.has(r.row));
}

/** Calls in the blocks of a side that the other does not reach. */
export function callsOnlyIn(fn: FunctionView, side: Side, other: Side): readonly number[] {
  const { blockOf } = graphOf(fn);
  return [...fn.calls].filter((v) => side.blocks.has(blockOf[v]) && !other.blocks.has(blockOf[v]));
}

export const RECORDS = /audit|^log|record|track/i;

/** True when the way through leaves a record. */
export function leavesRecord(fn: FunctionView, side: Side, other: Side): boolean {
  return callsOnlyIn(fn, side, other).some((v) => RECORDS.test(textOf(fn, fn.callee(v)).replace(/^console\.\w+/, "")));
}
