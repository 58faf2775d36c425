/** Calls of checks whose outcome reaches nobody: not awaited, result unused, caught away, behind `?.`. */
import { isVerifyingCall } from "../../frameworks/knowledge/request.js";
import type { Confidence, GuardFaultKind } from "../../model/facts.js";
import { NONE, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import { isAwaited } from "../../program/facts/consumption.js";
import type { Exit } from "../../program/facts/exits.js";
import { displayName } from "../../program/facts/fact-reader.js";
import { type Fact, uniqueFacts } from "../../program/facts/facts.js";
import { calleeName } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin, Site } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import { isDecisionName } from "../decisions/decision-names.js";
import { isIdentity } from "../decisions/decisions.js";
import { toldOpen } from "../entries/told-open.js";
import { firstThatMatters, rowsAfter } from "./guard-flow.js";
import type { Running, Suspect } from "./guard-running.js";
import {
  changesSomething,
  ensuredBy,
  givesPromise,
  packageGuard,
  protects,
  protectsMore,
  refusesCallers,
} from "./guard-strength.js";
import { membersRead, type Usage, usageOf, usersOf } from "./guard-uses.js";

type FunctionOrigin = Extract<Origin, { kind: "function" }>;

const RETURN: Exit = { kind: "return" };
const EXITS: readonly Exit[] = [RETURN, { kind: "truthy" }, { kind: "falsy" }];

const loose = new WeakMap<FunctionView, ReadonlySet<number>>();

/**
 * Calls of a function that may be checks without effect, judged without its callers: they end in nothing or in a
 * condition, and what they call can refuse.
 */
export function looseCalls(fn: FunctionView, analysis: Analysis): ReadonlySet<number> {
  let known = loose.get(fn);
  if (known === undefined) {
    known = new Set(fn.calls.filter((v) => fn.op(v) === Op.Call && isLoose(fn, v, analysis)));
    loose.set(fn, known);
  }
  return known;
}

function isLoose(fn: FunctionView, v: number, analysis: Analysis): boolean {
  const usage = usageOf(fn, v);
  if (usage.other && !usage.tested && membersRead(fn, v) === null) return false;
  if (fn.isOptionalCall(v)) return !usage.other && !usage.tested;
  if (usage.tested && isAwaited(fn, v)) return false;
  const site: Site = { fn, v, frame: null };
  const asks = usage.tested && isDecisionName(calleeName(fn, fn.callee(v)));
  return analysis.queries.evaluate({ fn, v: fn.callee(v), frame: null }).some((callee) => {
    // what a constructor is given is known with the object
    if (asks && callee.kind === "parameter") return true;
    if (usage.tested && !givesPromise(callee, analysis)) return false;
    // somebody who catches it wanted to know who calls, if anybody
    if (isVerifyingCall(callee)) return !isAwaited(fn, v) && catchCall(fn, v) === NONE;
    if (packageGuard(callee, site, analysis) !== null) return true;
    if (callee.kind !== "function" || !callee.fn.hasBody) return false;
    const waited = isAwaited(fn, v) || !givesPromise(callee, analysis);
    if (waited && catchCall(fn, v) === NONE && !isMereQuestion(callee, site, analysis)) return false;
    // a promise is true whatever it decides
    if (asks) return true;
    // who is only asked inside says nothing yet: what is asked for depends on the arguments
    return (
      EXITS.some((exit) => analysis.guarantees.ensures(callee.fn, exit, null).length > 0) || refusesBelow(callee.fn)
    );
  });
}

/** What is wrong with one call. */
export function looseCall(running: Running): readonly Suspect[] {
  const { fn, v } = running.site;
  if (!looseCalls(fn, running.analysis).has(v)) return [];
  const usage = usageOf(fn, v);
  const found =
    optionalCall(running, usage) ?? caughtAway(running, usage) ?? notAwaited(running, usage) ?? unused(running, usage);
  return found === null ? [] : [found];
}

function suspect(running: Running, kind: GuardFaultKind, note: string, confidence: Confidence): Suspect {
  const { fn, v } = running.site;
  const name = displayName(fn, fn.callee(v)) || calleeName(fn, fn.callee(v));
  const [callee] = running.callees;
  const evidence = [{ place: fn.place(v), note }];
  if (callee?.kind === "function") evidence.push({ place: headOf(callee.fn), note: `'${name}' is defined here` });
  return { kind, name, place: fn.place(v), evidence, confidence };
}

/** Place of a function's first line only. */
function headOf(fn: FunctionView): ReturnType<FunctionView["place"]> {
  const { start } = fn.info.at;
  const next = fn.file.lowered.lineStarts.find((at) => at > start) ?? start + fn.info.at.length;
  return fn.file.place(start, Math.max(1, Math.min(fn.info.at.length, next - start - 1)));
}

/** `assertMember(user, org);` or `if (!canEdit(user))` with a promise. */
function notAwaited(running: Running, usage: Usage): Suspect | null {
  const { site, callees, analysis } = running;
  const { fn, v } = site;
  if (callees.length === 0 || isAwaited(fn, v) || fn.isOptionalCall(v)) return null;
  const handler = catchCall(fn, v);
  if (handler !== NONE && isAwaited(fn, handler)) return null;
  if (!callees.every((callee) => givesPromise(callee, analysis))) return null;
  if (usage.tested) {
    const tells = callees.every((callee) => tellsSomething(callee, site, analysis));
    return tells
      ? suspect(running, "not-awaited", "A promise is tested here, which is true whatever it decides", "proven")
      : null;
  }
  if (usage.other || awaitedElsewhere(fn, v, callees, analysis)) return null;
  const guards = callees.every((callee) => throwsForCallers(callee, running));
  return guards ? suspect(running, "not-awaited", "Nothing waits for the promise of this call", "proven") : null;
}

/** A condition on a promise is worth a finding only where its outcome would have been about the caller. */
function tellsSomething(callee: Origin, site: Site, analysis: Analysis): boolean {
  if (packageGuard(callee, site, analysis) === "truthy") return true;
  if (callee.kind !== "function") return false;
  const told = (["truthy", "falsy"] as const).some((kind) =>
    protects(ensuredBy(callee, site, { kind }, analysis), analysis),
  );
  return told || (isDecisionName(calleeName(site.fn, site.fn.callee(site.v))) && isToldOfCaller(site, analysis));
}

/** `hasPermission(req.user, permission)`: however it comes to its answer, the answer is about the caller. */
function isToldOfCaller({ fn, v, frame }: Site, { queries }: Analysis): boolean {
  return Array.from(fn.args(v)).some((arg) =>
    leaves(queries.evaluate({ fn, v: arg, frame })).some(
      (o) => isIdentity(o) || (o.kind === "source" && (o.source === "request" || o.source === "context")),
    ),
  );
}

function throwsForCallers(callee: Origin, running: Running): boolean {
  const { site, analysis } = running;
  if (packageGuard(callee, site, analysis) === "return") return true;
  if (callee.kind !== "function" || changesSomething(callee.fn, analysis)) return false;
  const facts = ensuredBy(callee, site, RETURN, analysis);
  if (facts.length === 0) return false;
  const before = running.facts();
  return protectsMore(facts, before, analysis) || (!protects(facts, analysis) && refusesCallers(callee.fn));
}

/** The same check with `await` in the same function: the other call is for something else, as a preload is. */
function awaitedElsewhere(fn: FunctionView, v: number, callees: readonly Origin[], analysis: Analysis): boolean {
  const functions = callees.flatMap((o) => (o.kind === "function" ? [o.fn] : []));
  return fn.calls.some((other) => {
    if (other === v || !isAwaited(fn, other) || fn.op(other) !== Op.Call) return false;
    return analysis.queries
      .evaluate({ fn, v: fn.callee(other), frame: null })
      .some((o) => o.kind === "function" && functions.includes(o.fn));
  });
}

/** `await assertMember(user).catch(() => undefined)`: whatever it says, control goes on. */
function caughtAway(running: Running, usage: Usage): Suspect | null {
  const { site, callees, analysis } = running;
  const { fn, v } = site;
  if (usage.other || usage.tested || callees.length === 0) return null;
  const handler = catchCall(fn, v);
  if (handler === NONE || !isAwaited(fn, handler)) return null;
  const [given] = fn.args(handler);
  if (given === undefined) return null;
  const handlers = analysis.queries.evaluate({ fn, v: given, frame: site.frame });
  const dropped = handlers.length > 0 && handlers.every((o) => o.kind === "function" && comesBack(o.fn, analysis));
  if (!dropped || !callees.every((callee) => throwsForCallers(callee, running))) return null;
  const after = rowsAfter(fn, site.frame, { from: handler, refusalsEnd: false, known: [] }, analysis);
  const matter = firstThatMatters(fn, site.frame, after, analysis);
  if (matter === null) return null;
  const found = suspect(running, "swallowed-by-catch", "Its rejection is caught and dropped", "proven");
  const evidence = [...found.evidence, { place: fn.place(matter.row), note: "This runs whatever was decided" }];
  return { ...found, evidence };
}

function catchCall(fn: FunctionView, v: number): number {
  for (const user of usersOf(fn, v)) {
    if (fn.op(user) !== Op.Member || fn.memberName(user) !== "catch") continue;
    const call = usersOf(fn, user).find((row) => fn.op(row) === Op.Call && fn.callee(row) === user);
    if (call !== undefined) return call;
  }
  return NONE;
}

function comesBack(fn: FunctionView, analysis: Analysis): boolean {
  return fn.hasBody && !analysis.guarantees.neverReturns(fn);
}

/** A check that only tells, and nobody listens. */
function unused(running: Running, usage: Usage): Suspect | null {
  const { site, callees, analysis } = running;
  const { fn, v } = site;
  if (usage.tested || callees.length === 0 || catchCall(fn, v) !== NONE) return null;
  const promised = callees.some((callee) => givesPromise(callee, analysis));
  if (promised && !isAwaited(fn, v)) return null;
  const dropped = usage.other ? null : callees.every((callee) => onlyTells(callee, running));
  const ignored = dropped ?? callees.every((callee) => ignoresVerdict(callee, running));
  if (!ignored || !goesOn(running)) return null;
  return suspect(running, "result-unused", "What this call found is not looked at", "proven");
}

function goesOn({ site, analysis }: Running): boolean {
  const rows = rowsAfter(site.fn, site.frame, { from: site.v, refusalsEnd: false, known: [] }, analysis);
  return firstThatMatters(site.fn, site.frame, rows, analysis) !== null;
}

function onlyTells(callee: Origin, running: Running): boolean {
  const { site, analysis } = running;
  if (packageGuard(callee, site, analysis) === "truthy") return true;
  if (callee.kind !== "function" || !isMereCheck(callee, analysis)) return false;
  const returned = ensuredBy(callee, site, RETURN, analysis);
  if (protects(returned, analysis)) return false;
  const before = uniqueFacts([...running.facts(), ...returned]);
  const told = (["truthy", "falsy", "accepted"] as const)
    .map((kind) => ensuredBy(callee, site, { kind }, analysis))
    .find((facts) => protectsMore(facts, before, analysis));
  return told !== undefined && (refusesCallers(callee.fn) || isPredicate(callee.fn, site, analysis));
}

/** Called for its answer alone: it leaves nothing behind and says that it refuses, or answers yes or no. */
function isMereQuestion(callee: FunctionOrigin, site: Site, analysis: Analysis): boolean {
  if (!refusesBelow(callee.fn) && !isPredicate(callee.fn, site, analysis)) return false;
  return isMereCheck(callee, analysis);
}

/** A function that leaves something on what it was given is called for that. */
function isMereCheck(callee: FunctionOrigin, analysis: Analysis): boolean {
  const { fn } = callee;
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) === Op.SetMember || fn.op(v) === Op.SetIndex) {
      const target = behind(fn, fn.a(v));
      const op = fn.op(target);
      if (op !== Op.Object && op !== Op.Array) return false;
    }
    if (fn.op(v) === Op.Store && fn.a(v) > 0) return false;
  }
  return !changesSomething(fn, analysis);
}

/** Every way out returns a boolean: it was asked something. */
function isPredicate(fn: FunctionView, site: Site, analysis: Analysis): boolean {
  const answers = analysis.queries.returnsOf(fn);
  const falsy = answers.some((o) => o.kind === "constant" && o.value === false);
  const named = /^(?:is|has|can|may|check|verify|validate|allow)/i.test(calleeName(site.fn, site.fn.callee(site.v)));
  return falsy || (named && answers.every((o) => o.kind === "constant" || o.kind === "derived"));
}

/** `const { body } = await parse(request)`: the members that say no are not among those that are read. */
function ignoresVerdict(callee: Origin, running: Running): boolean {
  const { site, analysis } = running;
  const read = membersRead(site.fn, site.v);
  if (read === null || read.size === 0 || callee.kind !== "function" || !isMereCheck(callee, analysis)) return false;
  // it was told not to ask, and has nothing to say
  if (toldOpen({ site, callees: [callee] }, analysis) !== null) return false;
  if (protects(ensuredBy(callee, site, RETURN, analysis), analysis) || !refusesBelow(callee.fn)) return false;
  const before: readonly Fact[] = running.facts();
  if (protects(before, analysis)) return false;
  const names = returnedNames(callee.fn);
  if ([...read].some((name) => !names.has(name))) return false;
  const telling = [...names].filter((name) =>
    [true, false].some((truthy) =>
      protects(ensuredBy(callee, site, { kind: "member", name, truthy }, analysis), analysis),
    ),
  );
  return telling.length > 0 && !telling.some((name) => read.has(name));
}

/** A refusal in the function or in a closure that it hands back. */
function refusesBelow(fn: FunctionView): boolean {
  if (refusesCallers(fn)) return true;
  for (let v = 0; v < fn.valueCount; v += 1)
    if (fn.op(v) === Op.Closure && refusesCallers(fn.file.fn(fn.a(v)))) return true;
  return false;
}

/** Names of the members of every object that a function returns. */
function returnedNames(fn: FunctionView): ReadonlySet<string> {
  const names = new Set<string>();
  for (const row of fn.returns) {
    if (fn.a(row) === NONE) continue;
    const value = behind(fn, fn.a(row));
    if (fn.op(value) === Op.Object) for (const prop of fn.props(value)) names.add(prop.name);
  }
  return names;
}

/** `guard?.(req)` as the only check. */
function optionalCall(running: Running, usage: Usage): Suspect | null {
  const { site, callees, analysis } = running;
  const { fn, v } = site;
  if (!fn.isOptionalCall(v) || usage.other || usage.tested) return null;
  const before = running.facts();
  const known = callees.filter((o) => o.kind === "function" || o.kind === "package");
  const proven = known.some((callee) => protectsMore(ensuredBy(callee, site, RETURN, analysis), before, analysis));
  if (proven && goesOn(running))
    return suspect(running, "optional-call", "Without the function nothing is checked", "proven");
  if (known.length > 0 || protects(before, analysis)) return null;
  const name = calleeName(fn, fn.callee(v));
  const check = analysis.guarantees.checks.namedCheck(name, site, "return", analysis.queries);
  if (check === undefined || !goesOn(running)) return null;
  return suspect(running, "optional-call", "Without the function nothing is checked", "named");
}
