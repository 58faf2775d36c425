/** Catches that let the request pass after a failed check. */
import { NONE, Op } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import { behind } from "../../program/facts/conditions.js";
import { type Block, graphOf } from "../../program/facts/control-flow.js";
import { displayName } from "../../program/facts/fact-reader.js";
import type { Fact } from "../../program/facts/facts.js";
import { refusedStatus } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Frame, Site } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import { isCalledOptional } from "../entries/optional-authentication.js";
import { firstThatMatters, matterOf, rowsAfter } from "./guard-flow.js";
import type { Suspect } from "./guard-running.js";
import { changesSomething, ensuredBy, packageGuard, protects, speaksOfRefusal } from "./guard-strength.js";
import { usageOf } from "./guard-uses.js";

/** Whether a function catches what a check may throw. */
export function mayGoOnAfterCatch(fn: FunctionView, analysis: Analysis): boolean {
  return guardedHandlers(fn, analysis).length > 0;
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
  // `auth({ optional: true })` lets everyone on, and says so
  if (isCalledOptional(frame, analysis.queries)) return null;
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
  const unused = isStatement(fn, guard) && onlyChecks({ fn, v: guard, frame }, analysis);
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
      if (callee.kind !== "function") return false;
      const ensured = ensuredBy(callee, site, { kind: "return" }, analysis).filter((fact) => !isFieldThere(fact));
      return protects(ensured, analysis);
    })
  );
}

/** `if (!document.label) throw …`: what is checked is a value that a row holds, whoever's row it is. */
function isFieldThere(fact: Fact): boolean {
  return (
    fact.kind === "present" &&
    fact.of.every(
      (o) => o.kind === "source" && o.source === "row" && !/^(?:\[\])?$/.test(o.path) && !HOLDER.test(o.path),
    )
  );
}

/** fields that say who somebody is or what they may do */
const HOLDER = /user|member|owner|account|author|role|permission|admin|scope|session|token|key|secret|id$/i;

/** What is called for what it does may fail like any other thing. */
function onlyChecks({ fn, v, frame }: Site, analysis: Analysis): boolean {
  return analysis.queries
    .evaluate({ fn, v: fn.callee(v), frame })
    .every((callee) => callee.kind !== "function" || !changesSomething(callee.fn, analysis));
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
