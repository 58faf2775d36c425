/** Refusing answers after which control goes on, and catches that let the request pass after a failed check. */
import { NONE, Op } from "../model/lowered.js";
import type { Place } from "../model/place.js";
import { behind } from "../program/conditions.js";
import { type Block, graphOf } from "../program/control-flow.js";
import { displayName } from "../program/fact-reader.js";
import type { FunctionView } from "../program/function-view.js";
import type { Frame, Site } from "../program/origin.js";
import { calleeName, refusedStatus } from "../program/refusals.js";
import type { Analysis } from "./analysis.js";
import { firstThatMatters, knownAt, matterOf, rowsAfter } from "./guard-flow.js";
import type { Suspect } from "./guard-running.js";
import { ensuredBy, packageGuard, protects, speaksOfRefusal } from "./guard-strength.js";
import { usageOf } from "./guard-uses.js";

/** Whether a function refuses anybody without leaving at once, or catches what a check throws. */
export function mayGoOnAfterRefusing(fn: FunctionView, analysis: Analysis): boolean {
  return denials(fn, analysis).length > 0 || guardedHandlers(fn, analysis).length > 0;
}

const denying = new WeakMap<FunctionView, readonly number[]>();

/** Statements that answer 401 or 403 and after which there is more. */
function denials(fn: FunctionView, analysis: Analysis): readonly number[] {
  let known = denying.get(fn);
  if (known === undefined) {
    const found: number[] = [];
    for (let row = 0; row < fn.valueCount; row += 1) {
      if (!looksLikeAnswer(fn, row) || !refusesWithDenial(fn, row, analysis)) continue;
      const rows = rowsAfter(fn, null, { from: row, refusalsEnd: false, known: [] }, analysis);
      if (rows.some((v) => fn.op(v) === Op.Call || fn.op(v) === Op.Tagged)) found.push(row);
    }
    known = found;
    denying.set(fn, known);
  }
  return known;
}

const handling = new WeakMap<FunctionView, readonly number[]>();

/** Catches around something that may be a check. */
function guardedHandlers(fn: FunctionView, analysis: Analysis): readonly number[] {
  let known = handling.get(fn);
  if (known === undefined) {
    const graph = graphOf(fn);
    const all = new Set(graph.blocks.map((block) => block.handler).filter((h) => h !== NONE));
    known = [...all].filter((handler) =>
      graph.blocks
        .filter((block) => block.handler === handler)
        .some((block) => rowsOf(block).some((v) => fn.op(v) === Op.Call && mayThrowAsGuard(fn, v, analysis))),
    );
    handling.set(fn, known);
  }
  return known;
}

function mayThrowAsGuard(fn: FunctionView, v: number, analysis: Analysis): boolean {
  const site: Site = { fn, v, frame: null };
  return analysis.queries
    .evaluate({ fn, v: fn.callee(v), frame: null })
    .some(
      (callee) =>
        packageGuard(callee, site, analysis) === "return" ||
        (callee.kind === "function" && analysis.guarantees.ensures(callee.fn, { kind: "return" }, null).length > 0),
    );
}

/** Cheap: a statement that may answer 401 or 403. */
function looksLikeAnswer(fn: FunctionView, v: number): boolean {
  const op = fn.op(v);
  if (op === Op.SetMember) return /^status(?:Code)?$/.test(fn.text(fn.b(v)));
  if (op !== Op.Call) return false;
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
    const after = firstThatMatters(fn, frame, rows, analysis);
    if (after === null || !reachedWithout(fn, frame, row, after.row, analysis)) continue;
    // a status that is set first and replaced later only counts where the request is let on
    if (setsOnly(fn, row) && after.matter !== "continuation") continue;
    const name = fn.info.name || displayName(fn, row) || "the check";
    const note = after.matter === "continuation" ? "The request is let on here" : "This still runs";
    const evidence = [
      { place: fn.place(row), note: "The caller is turned away here" },
      { place: fn.place(after.row), note },
    ];
    found.push({ kind: "no-return-after-rejecting", name, place: fn.place(row), evidence, confidence: "proven" });
  }
  return found;
}

/** 401, 403 or a redirect to the sign-in page, by an answer and not by a call that only mentions the number. */
function refusesWithDenial(fn: FunctionView, row: number, analysis: Analysis): boolean {
  if (setsOnly(fn, row)) return true;
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
  if (callees.some((o) => o.kind === "function")) return true;
  return callees.some((o) => o.kind === "package" && /(?:^|\.)(?:Next)?Response\.(?:json|redirect)$/.test(o.path));
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

/** Catches around a check that let the request pass. */
export function goesOnAfterCatch(fn: FunctionView, frame: Frame | null, analysis: Analysis): readonly Suspect[] {
  return guardedHandlers(fn, analysis).flatMap((handler) => {
    const found = judgeCatch(fn, frame, handler, analysis);
    return found === null ? [] : [found];
  });
}

function judgeCatch(fn: FunctionView, frame: Frame | null, handler: number, analysis: Analysis): Suspect | null {
  const graph = graphOf(fn);
  const body = graph.blocks.filter((block) => block.handler === handler).flatMap((block) => rowsOf(block));
  const guard = body.find((v) => fn.op(v) === Op.Call && throwsAsGuard({ fn, v, frame }, analysis));
  const first = graph.blocks[handler]?.first;
  if (guard === undefined || first === undefined) return null;
  const ends = analysis.guarantees.flow(fn, frame, true);
  if (!ends.reachable(first)) return null;
  const after = rowsAfter(fn, frame, { from: first, refusalsEnd: true, known: [] }, analysis);
  const shared = new Set(
    graph.blocks
      .filter((block) => block.handler === handler)
      .flatMap((block) => rowsAfter(fn, frame, { from: block.end - 1, refusalsEnd: true, known: [] }, analysis)),
  );
  const own = after.filter((v) => !shared.has(v));
  const matter = firstThatMatters(fn, frame, after, analysis);
  if (
    matter === null ||
    !shared.has(matter.row) ||
    !judgesOnlyTheError(fn, own, { fn, v: matter.row, frame }, analysis)
  )
    return null;
  const everything = rowsAfter(fn, frame, { from: first, refusalsEnd: false, known: [] }, analysis);
  const mixed = everything.some((v) => !shared.has(v) && refuses(fn, v, analysis));
  const unused = isStatement(fn, guard);
  // without a refusal anywhere it is a way to try: who is there is looked at later
  if (!mixed && (!unused || matter.matter === "continuation")) return null;
  const name = mixed ? fn.info.name || displayName(fn, guard) : displayName(fn, guard);
  return {
    kind: mixed ? "continues-after-catch" : "swallowed-by-catch",
    name,
    place: placeOfCatch(fn, Math.max(...body), own),
    evidence: [
      { place: fn.place(guard), note: "This check may fail" },
      { place: fn.place(matter.row), note: "This runs although it failed" },
    ],
    confidence: "proven",
  };
}

function rowsOf(block: Block): readonly number[] {
  return Array.from({ length: block.end - block.first }, (_, i) => block.first + i);
}

function throwsAsGuard(site: Site, analysis: Analysis): boolean {
  const { fn, v, frame } = site;
  if (fn.isOptionalCall(v)) return false;
  const callees = analysis.queries.evaluate({ fn, v: fn.callee(v), frame });
  return (
    callees.length > 0 &&
    callees.every((callee) => {
      if (packageGuard(callee, site, analysis) === "return") return true;
      return callee.kind === "function" && protects(ensuredBy(callee, site, { kind: "return" }, analysis), analysis);
    })
  );
}

function isStatement(fn: FunctionView, v: number): boolean {
  const usage = usageOf(fn, v);
  return !usage.other && !usage.tested;
}

function refuses(fn: FunctionView, v: number, analysis: Analysis): boolean {
  const op = fn.op(v);
  if (op === Op.Throw) return true;
  return op === Op.Call && (refusedStatus(fn, v, analysis.queries) > 0 || speaksOfRefusal(fn, v));
}

/** The catch asks nothing but what went wrong, and makes no second attempt at finding out who calls. */
function judgesOnlyTheError(fn: FunctionView, own: readonly number[], target: Site, analysis: Analysis): boolean {
  return own.every((v) => {
    const op = fn.op(v);
    if (op === Op.Branch) return mentionsCaught(fn, fn.a(v), 0);
    if (op !== Op.Call) return true;
    const site: Site = { fn, v, frame: target.frame };
    return matterOf(site, analysis) === null && !throwsAsGuard(site, analysis);
  });
}

function mentionsCaught(fn: FunctionView, v: number, depth: number): boolean {
  if (depth > 8 || v === NONE) return false;
  const value = behind(fn, v);
  switch (fn.op(value)) {
    case Op.Caught:
      return true;
    case Op.Member:
    case Op.Cast:
    case Op.Await:
      return mentionsCaught(fn, fn.a(value), depth + 1);
    case Op.Unary:
      return mentionsCaught(fn, fn.b(value), depth + 1);
    case Op.Binary:
    case Op.Logic:
      return mentionsCaught(fn, fn.b(value), depth + 1) || mentionsCaught(fn, fn.c(value), depth + 1);
    case Op.Call:
      return [fn.callee(value), ...fn.args(value)].some((part) => mentionsCaught(fn, part, depth + 1));
    default:
      return false;
  }
}

/** The line of the catch: it has no row of its own, but stands between the last row of the try and its first. */
function placeOfCatch(fn: FunctionView, lastOfTry: number, own: readonly number[]): Place {
  const starts = fn.file.lowered.lineStarts;
  const lineOf = (at: number): number => starts.findLastIndex((start) => start <= at);
  const last = lastSpan(fn, lastOfTry);
  const inside = own.map((v) => fn.start(v)).filter((at) => at !== NONE);
  const above = lineOf(last);
  const below = inside.length === 0 ? above + 1 : lineOf(Math.min(...inside));
  const line = Math.min(below, Math.max(above + 1, below - 1), starts.length - 1);
  const start = starts[line];
  const end = line + 1 < starts.length ? starts[line + 1] - 1 : start + 1;
  return fn.file.place(start, Math.max(1, end - start));
}

function lastSpan(fn: FunctionView, from: number): number {
  for (let v = from; v >= 0; v -= 1) if (fn.start(v) !== NONE) return fn.place(v).end;
  return fn.info.at.start;
}
