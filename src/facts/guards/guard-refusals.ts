/** Refusing answers after which control goes on. */
import { NONE, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import { type Block, graphOf } from "../../program/facts/control-flow.js";
import { displayName } from "../../program/facts/fact-reader.js";
import { calleeName, refusedStatus } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Frame, Origin } from "../../program/values/origin.js";
import { type Analysis, isVoidAfterAnswer } from "../analysis.js";
import { firstThatMatters, knownAt, rowsAfter } from "./guard-flow.js";
import type { Suspect } from "./guard-running.js";
import { speaksOfRefusal } from "./guard-strength.js";
import { usageOf } from "./guard-uses.js";

/** Whether a function refuses anybody without leaving at once. */
export function mayGoOnAfterRefusing(fn: FunctionView, analysis: Analysis): boolean {
  return denials(fn, analysis).length > 0;
}

const denying = new WeakMap<FunctionView, readonly number[]>();

/** Statements that answer 401 or 403 and after which there is more. */
function denials(fn: FunctionView, analysis: Analysis): readonly number[] {
  let known = denying.get(fn);
  if (known === undefined) {
    const found: number[] = [];
    // `redirect()` of some frameworks throws: nothing runs after it
    const { ends } = analysis.guarantees.flow(fn, null, false).options;
    for (let row = 0; row < fn.valueCount; row += 1) {
      if (ends.has(row) || !looksLikeAnswer(fn, row) || !refusesWithDenial(fn, row, analysis)) continue;
      const rows = rowsAfter(fn, null, { from: row, refusalsEnd: false, known: [] }, analysis);
      if (rows.some((v) => fn.op(v) === Op.Call || fn.op(v) === Op.Tagged)) found.push(row);
    }
    known = found;
    denying.set(fn, known);
  }
  return known;
}

/** Cheap: a statement that may answer 401 or 403. */
function looksLikeAnswer(fn: FunctionView, v: number): boolean {
  const op = fn.op(v);
  if (op === Op.SetMember) return /^status(?:Code)?$/.test(fn.text(fn.b(v))) || setsResponse(fn, v);
  if (op !== Op.Call && op !== Op.New) return false;
  const usage = usageOf(fn, v);
  return !usage.other && !usage.tested;
}

/** Answers 401 or 403 after which something that matters still runs. */
export function goesOnAfterRefusing(fn: FunctionView, frame: Frame | null, analysis: Analysis): readonly Suspect[] {
  const found: Suspect[] = [];
  const flow = analysis.guarantees.flow(fn, frame, false);
  for (const row of denials(fn, analysis)) {
    if (!flow.reachable(row)) continue;
    const way = { from: row, refusalsEnd: false, known: knownAt(fn, frame, row, analysis) };
    const rows = rowsAfter(fn, frame, way, analysis);
    const unthrown = fn.op(row) === Op.New;
    const sent = !setsOnly(fn, row);
    const running = sent ? rows.filter((v) => !isVoid(fn, v, frame, analysis)) : rows;
    const after = firstThatMatters(fn, frame, running, analysis);
    if (after === null || !reachedWithout(fn, frame, row, after.row, analysis)) continue;
    // a status that is set first and replaced later only counts where the request is let on
    if (!sent && after.matter !== "continuation") continue;
    const made = unthrown ? calleeName(fn, fn.callee(row)) : "";
    const name = made || fn.info.name || displayName(fn, row) || fn.parent?.info.name || "the check";
    const note = after.matter === "continuation" ? "The request is let on here" : "This still runs";
    const evidence = [
      { place: fn.place(row), note: unthrown ? "The refusal is made here" : "The caller is turned away here" },
      { place: fn.place(after.row), note },
    ];
    const kind = unthrown ? "refusal-not-thrown" : "no-return-after-rejecting";
    found.push({ kind, name, place: fn.place(row), evidence, confidence: "proven" });
  }
  return found;
}

/** `reply.code(401).send(); done();`: the answer stands, nothing else runs. */
function isVoid(fn: FunctionView, v: number, frame: Frame | null, analysis: Analysis): boolean {
  if (fn.op(v) !== Op.Call) return false;
  return analysis.queries.evaluate({ fn, v: fn.callee(v), frame }).some(isVoidAfterAnswer);
}

/** 401, 403 or a redirect to the sign-in page, by an answer and not by a call that only mentions the number. */
function refusesWithDenial(fn: FunctionView, row: number, analysis: Analysis): boolean {
  // `new ForbiddenError("not for you");`: it was to be thrown
  if (fn.op(row) === Op.New) return speaksOfRefusal(fn, row);
  if (setsOnly(fn, row)) return true;
  if (setsResponse(fn, row)) return /^40[13]$/.test(String(refusedStatus(fn, behind(fn, fn.c(row)), analysis.queries)));
  const status = refusedStatus(fn, row, analysis.queries);
  if (status === 400) return /unauthori[sz]ed|forbidden/i.test(calleeName(fn, fn.callee(row)));
  if (status !== 401 && status !== 403) return false;
  return fn.op(row) !== Op.Call || answers(fn, row, analysis);
}

const SETTERS = /^(?:status|code|sendStatus|writeHead|setStatus|redirect)$/;

function answers(fn: FunctionView, row: number, analysis: Analysis): boolean {
  let current = row;
  for (let i = 0; i < 12 && fn.op(current) === Op.Call; i += 1) {
    const callee = behind(fn, fn.callee(current));
    if (SETTERS.test(calleeName(fn, callee))) return true;
    if (fn.op(callee) !== Op.Member) break;
    current = fn.a(callee);
  }
  const callees = analysis.queries.evaluate({ fn, v: fn.callee(row), frame: null });
  if (callees.some((o) => o.kind === "function" || isAnswerOfContext(o))) return true;
  return callees.some((o) => o.kind === "package" && /(?:^|\.)(?:Next)?Response\.(?:json|redirect)$/.test(o.path));
}

/** `c.json({ error }, 401)`: makes an answer that counts only when it is returned. */
function isAnswerOfContext(callee: Origin): boolean {
  if (callee.kind !== "parameter" || callee.path.length !== 1) return false;
  return callee.fn.info.params.length < 3 && /^(?:json|text|html|body|newResponse)$/.test(callee.path[0]);
}

/** `c.res = new Response("no", { status: 401 })`: the answer lies ready, and whoever runs next replaces it. */
function setsResponse(fn: FunctionView, row: number): boolean {
  if (fn.op(row) !== Op.SetMember || !/^res(?:ponse)?$/.test(fn.text(fn.b(row)))) return false;
  const op = fn.op(behind(fn, fn.c(row)));
  return op === Op.New || op === Op.Call;
}

/** `ctx.status = 401;`, `res.status(401);`: nothing is sent yet. */
function setsOnly(fn: FunctionView, row: number): boolean {
  if (fn.op(row) === Op.SetMember) {
    return /^status(?:Code)?$/.test(fn.text(fn.b(row))) && isDenial(fn, fn.c(row));
  }
  if (fn.op(row) !== Op.Call || !/^(?:status|code)$/.test(fn.memberName(fn.callee(row)))) return false;
  const [status] = fn.args(row);
  return status !== undefined && fn.args(row).length === 1 && isDenial(fn, status);
}

function isDenial(fn: FunctionView, v: number): boolean {
  const value = behind(fn, v);
  return fn.op(value) === Op.Number && /^40[13]$/.test(fn.text(fn.a(value)));
}

/** What follows a refusal that is always made is no way around it. */
function reachedWithout(
  fn: FunctionView,
  frame: Frame | null,
  refusal: number,
  target: number,
  analysis: Analysis,
): boolean {
  const graph = graphOf(fn);
  const { options } = analysis.guarantees.flow(fn, frame, false);
  const seen = new Set<number>([graph.entry]);
  const open = [graph.entry];
  while (open.length > 0) {
    const block = graph.blocks[open.pop() ?? NONE];
    if (block === undefined) continue;
    const holds = refusal >= block.first && refusal < block.end;
    if (target >= block.first && target < block.end && !(holds && refusal < target)) return true;
    if (holds) continue;
    for (const next of edges(fn, block, options.dead)) {
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(next);
    }
  }
  return false;
}

function edges(fn: FunctionView, block: Block, dead: ReadonlyMap<number, 0 | 1>): readonly number[] {
  const found = block.handler === NONE ? [] : [block.handler];
  const row = block.terminator;
  if (row === NONE) return found;
  if (fn.op(row) === Op.Jump) return [...found, fn.a(row)];
  if (fn.op(row) !== Op.Branch) return found;
  if (dead.get(row) !== 1) found.push(fn.b(row));
  if (dead.get(row) !== 0) found.push(fn.c(row));
  return found;
}
