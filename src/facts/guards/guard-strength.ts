/** Whether calling something protects what comes after it, judged by what its coming back ensures. */
import type { DataCall } from "../../frameworks/data/data-call.js";
import { isVerifyingCall } from "../../frameworks/knowledge/request.js";
import { engineCall, isAsyncDecision } from "../../frameworks/knowledge/verdicts.js";
import { NONE, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import type { Exit } from "../../program/facts/exits.js";
import { type Fact, factKey } from "../../program/facts/facts.js";
import { calleeName } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { frameFor, MAX_FRAME_DEPTH } from "../../program/values/call-frames.js";
import type { Origin, PackageOrigin, Site } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import { decisionsIn } from "../decisions/decisions.js";
import { externalEffect } from "../entries/effects.js";

/** True when facts show who calls, or that the caller is allowed. */
export function protects(facts: readonly Fact[], analysis: Analysis): boolean {
  const level = analysis.guarantees.checks.level(facts, analysis.queries);
  if (level !== null && level.level !== "presence") return true;
  return decisionsIn(facts, analysis.data, analysis.queries).length > 0;
}

/** True when facts protect more than others that hold anyway. */
export function protectsMore(facts: readonly Fact[], before: readonly Fact[], analysis: Analysis): boolean {
  if (!protects(facts, analysis)) return false;
  if (!protects(before, analysis)) return true;
  const known = new Set(before.map(factKey));
  return decisionsIn(facts, analysis.data, analysis.queries).some((decision) => !known.has(factKey(decision.fact)));
}

/** What a call ensures as if its promise were waited for. Several callees: what they have in common is not asked. */
export function ensuredBy(callee: Origin, site: Site, exit: Exit, analysis: Analysis): readonly Fact[] {
  if (callee.kind === "function") {
    const frame = frameFor(callee, site);
    return frame.depth > MAX_FRAME_DEPTH ? [] : analysis.guarantees.ensures(callee.fn, exit, frame);
  }
  if (callee.kind !== "package") return [];
  const check = analysis.guarantees.checks.check(callee, site, analysis.queries);
  const asked = exit.kind === "return" || exit.kind === "accepted" ? "return" : exit.kind;
  if (check === undefined || check.on !== asked) return [];
  const via = [{ name: calleeName(site.fn, site.fn.callee(site.v)), place: site.fn.place(site.v), definedAt: null }];
  return [{ kind: "passed", name: callee.path, args: [], level: check.level, named: check.named, via }];
}

/** A check of a package that was listed as one. */
export function packageGuard(callee: Origin, site: Site, analysis: Analysis): "return" | "truthy" | null {
  if (isRequestGuard(callee, site)) return "return";
  // what becomes of an engine's verdict is judged by itself (AG503)
  if (callee.kind !== "package" || engineCall(callee, site, analysis.queries) !== null) return null;
  const check = analysis.guarantees.checks.check(callee, site, analysis.queries);
  return check === undefined || check.level === "check" || check.level === "secret" ? null : check.on;
}

/** `request.jwtVerify()`: without a callback its failure is in the promise, and only there. */
function isRequestGuard(callee: Origin, { fn, v }: Site): boolean {
  return isVerifyingCall(callee) && Array.from(fn.args(v)).every((arg) => fn.op(behind(fn, arg)) === Op.Object);
}

const ASYNC_CHECKS: readonly { readonly module: RegExp; readonly path: RegExp }[] = [
  { module: /^jose$/, path: /^(?:jwtVerify|jwtDecrypt|compactVerify)$/ },
  { module: /^@nestjs\/jwt$/, path: /\.verifyAsync$/ },
  { module: /^hono\/(?:utils\/)?jwt$/, path: /^(?:Jwt\.)?verify/ },
  { module: /^(?:firebase-admin|firebase-admin\/auth|google-auth-library)$/, path: /verify(?:IdToken|SessionCookie)$/ },
  { module: /^@clerk\//, path: /^(?:auth\.protect|auth\(\)\.protect|verifyWebhook)$/ },
  { module: /^@octokit\/webhooks/, path: /verify/ },
  { module: /^@upstash\/qstash/, path: /verify$/ },
];

function isAsyncPackage(callee: PackageOrigin): boolean {
  if (isAsyncDecision(callee)) return true;
  return ASYNC_CHECKS.some((rule) => rule.module.test(callee.module) && rule.path.test(callee.path));
}

/** True when calling it gives a promise. */
export function givesPromise(callee: Origin, analysis: Analysis): boolean {
  if (callee.kind === "package") return isAsyncPackage(callee);
  if (isVerifyingCall(callee)) return true;
  return callee.kind === "function" && functionGivesPromise(callee.fn, analysis, 0);
}

function functionGivesPromise(fn: FunctionView, analysis: Analysis, depth: number): boolean {
  if (fn.isAsync) return true;
  if (depth > 4 || fn.returns.length === 0) return false;
  return fn.returns.every((row) => {
    const v = fn.a(row) === NONE ? NONE : withoutCasts(fn, fn.a(row));
    if (v === NONE || fn.op(v) !== Op.Call) return false;
    if (isAwaitable(analysis.data.loading({ fn, v, frame: null }, analysis.queries))) return true;
    const callees = analysis.queries.evaluate({ fn, v: fn.callee(v), frame: null });
    return (
      callees.length > 0 &&
      callees.every((o) =>
        o.kind === "function" ? functionGivesPromise(o.fn, analysis, depth + 1) : givesPromise(o, analysis),
      )
    );
  });
}

/** Layers whose queries may give the rows themselves: databases in the same process. */
const AT_ONCE: ReadonlySet<string> = new Set(["sqlite", "drizzle", "d1"]);

/** A query is a promise, or becomes one when it is waited for. */
function isAwaitable(call: DataCall | null): boolean {
  return call !== null && !AT_ONCE.has(call.layer);
}

function withoutCasts(fn: FunctionView, v: number): number {
  let current = v;
  while (fn.op(current) === Op.Cast) current = fn.a(current);
  return current;
}

const REFUSAL = /unauthori[sz]ed|forbidden|access_?denied|permission_?denied|un_?authenticated|not_?authenticated/i;

/** Whether a function turns callers away on its own account: throws or answers 401, 403 or the like. */
export function refusesCallers(fn: FunctionView): boolean {
  for (let v = 0; v < fn.valueCount; v += 1) {
    const op = fn.op(v);
    if (op === Op.Throw && speaksOfRefusal(fn, behind(fn, fn.a(v)))) return true;
    if ((op === Op.Call || op === Op.New) && speaksOfRefusal(fn, v)) return true;
  }
  return false;
}

/** `new ForbiddenError()`, `createError(401)`, `res.status(403)`, `{ code: "FORBIDDEN" }` */
export function speaksOfRefusal(fn: FunctionView, v: number): boolean {
  if (fn.op(v) !== Op.New && fn.op(v) !== Op.Call) return false;
  if (REFUSAL.test(calleeName(fn, fn.callee(v)))) return true;
  return Array.from(fn.args(v)).some((arg) => isRefusalValue(fn, behind(fn, arg)));
}

function isRefusalValue(fn: FunctionView, v: number): boolean {
  switch (fn.op(v)) {
    case Op.Number:
      return /^40[13]$/.test(fn.text(fn.a(v)));
    case Op.String:
      return /^(?:UNAUTHORIZED|FORBIDDEN|UNAUTHENTICATED)$/i.test(fn.text(fn.a(v)));
    case Op.Member:
      return REFUSAL.test(fn.text(fn.b(v)));
    case Op.Object:
      return ["status", "statusCode", "code"].some((key) => {
        const value = fn.prop(v, key);
        return value !== NONE && isRefusalValue(fn, behind(fn, value));
      });
    default:
      return false;
  }
}

const MAX_DEPTH = 12;
const MAX_VISITED = 120;
const acts = new WeakMap<FunctionView, boolean>();

/** Whether a function, or what it calls, changes something: then it is called for that and is no mere check. */
export function changesSomething(fn: FunctionView, analysis: Analysis): boolean {
  return search(fn, analysis, new Set(), 0) !== "no";
}

/** `far`: it calls more than a check would, and not all of that was gone through */
type Changes = "yes" | "no" | "far";

function search(fn: FunctionView, analysis: Analysis, visited: Set<FunctionView>, depth: number): Changes {
  const known = acts.get(fn);
  if (known !== undefined) return known ? "yes" : "no";
  if (visited.has(fn)) return "no";
  if (depth > MAX_DEPTH || visited.size > MAX_VISITED) return "far";
  visited.add(fn);
  const answer = searchCalls(fn, analysis, visited, depth);
  if (answer === "yes" || depth === 0) acts.set(fn, answer !== "no");
  return answer;
}

function searchCalls(fn: FunctionView, analysis: Analysis, visited: Set<FunctionView>, depth: number): Changes {
  let answer: Changes = "no";
  for (const v of fn.calls) {
    const callees = analysis.queries.evaluate({ fn, v: fn.callee(v), frame: null });
    if (changesItself({ fn, v, frame: null }, callees, analysis)) return "yes";
    for (const callee of callees) {
      const inner = callee.kind === "function" ? search(callee.fn, analysis, visited, depth + 1) : "no";
      if (inner === "yes") return inner;
      if (inner === "far") answer = inner;
    }
  }
  return answer;
}

function changesItself(site: Site, callees: readonly Origin[], { data, queries }: Analysis): boolean {
  const operation = data.recognise(site, callees, queries)?.operation ?? "read";
  if (operation !== "read" && operation !== "raw") return true;
  const effect = externalEffect(callees);
  return effect !== null && effect !== "calls other services" && effect !== "reads files";
}
