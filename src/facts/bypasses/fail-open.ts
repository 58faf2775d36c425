/** Checks that allow when they cannot be made: an error, a time-out, an answer that is not there. */
import type { Bypass, BypassCause, Confidence } from "../../model/facts.js";
import { FnHint, LogicKind, NONE, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import { graphOf } from "../../program/facts/control-flow.js";
import { calleeName } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { LinkQueries } from "../../program/values/origin.js";
import { symbolOf, usersOf } from "../claims/token-values.js";
import { DECIDES, GUARDS, make } from "./bypass-record.js";
import { refusals, type Side, sideFrom } from "./bypass-shape.js";
import { namesOf, textOf } from "./bypass-text.js";

/** Functions whose `true` refuses. */
const REFUSES =
  /revoked|block(?:ed|list)|bann?ed|expired|denied|limited|locked|black_?list|invalid|disabled|suspend|missing/i;
const OPTIONAL = /optional|maybe|try_?|soft|lenient|anonymous/i;
const DECISION_CALL = /^(?:can|may|has|is|allow|check|permit|authori|verify|ensure|evaluate|enforce)/i;
/** Words that go with checks of callers and with checks of anything else. */
const VAGUE =
  /^(?:check|verify|validate|ensure|assert|require)(?!\w*(?:access|perm|role|auth|owner|member|admin|allow|token|session|log_?in|key|signature|tenant|user|scope|licen[sc]e))/i;
const CALLER =
  /user|member|session|caller|account|principal|actor|token|tenant|auth|identity|claims|^req|^ctx|context|event|headers|cookie|signature/i;
const WAITS = /time_?out|delay|sleep|wait|^after/i;

/** True for a function that turns callers away, by its name or because it answers with refusals and goes on else. */
export function guardsCallers(fn: FunctionView, queries: LinkQueries): boolean {
  const symbol = symbolOf(fn);
  if (OPTIONAL.test(symbol)) return false;
  if (GUARDS.test(symbol) || DECIDES.test(fn.info.name)) return true;
  const middleware = fn.info.params.some((param) => param.name === "next");
  return middleware && [...refusals(fn, queries).values()].includes("auth");
}

/** The record of a check that fails open. */
export function failsOpen(
  fn: FunctionView,
  v: number,
  cause: BypassCause,
  text: string,
  confidence: Confidence,
): Bypass {
  const predicate = { kind: "superuser", when: true, scope: "unknown", text } as const;
  const login = /auth|session|login|jwt|token|signature|secret/i.test(`${fn.file.path}#${symbolOf(fn)}`);
  const found = make(fn, v, predicate, "fail-open", [login ? "authentication" : "decision"], {
    audited: false,
    confidence,
  });
  return { ...found, cause };
}

/** Errors, time-outs and missing answers that allow. */
export function failOpenErrors(fn: FunctionView, queries: LinkQueries): readonly Bypass[] {
  if ((fn.info.hints & FnHint.Calls) === 0) return [];
  const optional = isOptional(fn, queries);
  const found = optional ? [] : [...fn.calls].flatMap((v) => allowingCall(fn, v, queries));
  for (let v = 0; v < fn.valueCount; v += 1)
    if (isMissingAnswer(fn, v)) {
      found.push(failsOpen(fn, v, "missing-value", textOf(fn, v), "proven"));
    }
  const asked =
    guardsCallers(fn, queries) || (/^(?:is|has|was)[A-Z_]/.test(fn.info.name) && REFUSES.test(fn.info.name));
  return asked && !optional ? [...found, ...allowingCatches(fn, queries)] : found;
}

/** `authenticateOptional(req)`: who is welcome with and without an identity is refused on no way. */
function isOptional(fn: FunctionView, queries: LinkQueries): boolean {
  return OPTIONAL.test(fn.info.name) && refusals(fn, queries).size === 0;
}

/** `catch { return true; }`, `catch { next(); }` in a function that refuses otherwise. */
function allowingCatches(fn: FunctionView, queries: LinkQueries): readonly Bypass[] {
  const graph = graphOf(fn);
  const handlers = new Set(graph.blocks.map((block) => block.handler).filter((h) => h !== NONE));
  if (handlers.size === 0 || checksThing(fn)) return [];
  const usual = sideFrom(fn, graph.entry, queries);
  const inverted = REFUSES.test(fn.info.name);
  return [...handlers].flatMap((handler) => {
    const caught = sideFrom(fn, handler, queries);
    const row = allowedIn(fn, caught, usual, inverted, refusals(fn, queries));
    if (row === NONE || !(inverted || refusesUsually(fn, handler, usual, queries))) return [];
    const text = fn.op(row) === Op.Return ? `return ${inverted ? "false" : "true"}` : "next()";
    return [failsOpen(fn, row, "error", `catch { ${text} }`, inverted ? "inferred" : "proven")];
  });
}

/** How often somebody may call is no question of who they are: a counter that is out of order lets in nobody else. */
const AMOUNT = /rate_?limit|throttl|quota|(?:usage|seat|request)s?_?limit|limit_?reached/i;

/** `checkRobots(url)`: nobody is spoken of who could be let through. */
function checksThing(fn: FunctionView): boolean {
  const { name, params } = fn.info;
  if (AMOUNT.test(name)) return true;
  return (
    VAGUE.test(name) && params.length > 0 && params.every((param) => param.name !== "" && !CALLER.test(param.name))
  );
}

/** The row that lets through where only an exception leads; what comes after an answer that refuses only ends it. */
function allowedIn(
  fn: FunctionView,
  caught: Side,
  usual: Side,
  inverted: boolean,
  refusing: ReadonlyMap<number, unknown>,
): number {
  const { blocks } = graphOf(fn);
  for (const id of caught.blocks) {
    const block = blocks[id];
    if (block === undefined || usual.blocks.has(id)) continue;
    for (let v = block.first; v < block.end; v += 1) {
      if (fn.op(v) === Op.Call && refusing.has(v)) break;
      if (allowsAt(fn, v, inverted)) return v;
    }
  }
  return NONE;
}

/** `return true`, `next()`; in a function whose `true` refuses, `return false`. */
function allowsAt(fn: FunctionView, v: number, inverted: boolean): boolean {
  if (fn.op(v) === Op.Return && fn.a(v) !== NONE) return fn.op(behind(fn, fn.a(v))) === (inverted ? Op.False : Op.True);
  return !inverted && isContinuing(fn, v);
}

/** `next()` */
export function isContinuing(fn: FunctionView, v: number): boolean {
  return (
    fn.op(v) === Op.Call &&
    fn.args(v).length === 0 &&
    /^(?:next|done)$/.test(calleeName(fn, fn.callee(v)) || paramName(fn, fn.callee(v)))
  );
}

function paramName(fn: FunctionView, v: number): string {
  return fn.op(v) === Op.Param ? (fn.info.params[fn.a(v)]?.name ?? "") : "";
}

function refusesUsually(fn: FunctionView, handler: number, usual: Side, queries: LinkQueries): boolean {
  if (usual.refusals.some((r) => r.flavour === "auth" || r.flavour === "negative")) return true;
  if (!DECIDES.test(fn.info.name)) return false;
  // `try { return await ask(); } catch { return true; }`
  const { blockOf, blocks } = graphOf(fn);
  const computed = fn.returns.some((row) => {
    if (fn.a(row) === NONE || blocks[blockOf[row]]?.handler !== handler) return false;
    const op = fn.op(behind(fn, fn.a(row)));
    return op !== Op.True && op !== Op.Undefined && op !== Op.Object;
  });
  return computed && [...refusals(fn, queries).values()].every((flavour) => flavour !== "missing");
}

/** `.catch(() => true)` behind a decision, `Promise.race([decision, timeout(true)])` */
function allowingCall(fn: FunctionView, v: number, queries: LinkQueries): readonly Bypass[] {
  if (fn.op(v) !== Op.Call || fn.op(fn.callee(v)) !== Op.Member) return [];
  const callee = fn.callee(v);
  const name = fn.memberName(callee);
  if (name === "catch") {
    const asked = behind(fn, fn.a(callee));
    if (!isDecision(fn, asked)) return [];
    if (isLost(fn, v, asked))
      return [failsOpen(fn, v, "error", `${textOf(fn, fn.callee(asked))}(…).catch(…)`, "proven")];
    if (!answersTrue(fn, fn.args(v)[0] ?? NONE, queries)) return [];
    return [failsOpen(fn, v, "error", `${textOf(fn, fn.callee(asked))}(…).catch(() => true)`, "proven")];
  }
  if (name !== "race") return [];
  const list = behind(fn, fn.args(v)[0] ?? NONE);
  if (list === NONE || fn.op(list) !== Op.Array) return [];
  const items = [...fn.list(fn.a(list))].map((item) => behind(fn, item));
  const decision = items.find((item) => isDecision(fn, item));
  if (decision === undefined || !items.some((item) => item !== decision && allowsLater(fn, item, queries, 0)))
    return [];
  return [failsOpen(fn, v, "time-out", `race with ${textOf(fn, fn.callee(decision))}(…)`, "proven")];
}

/** `await isAllowed(user.id, "run").catch(() => undefined);`: a question about somebody, and nobody hears the answer. */
function isLost(fn: FunctionView, caught: number, asked: number): boolean {
  if (!/^(?:is|can|may|has)[A-Z_]/.test(calleeName(fn, fn.callee(asked)))) return false;
  const told = [...fn.args(asked)].some((arg) => namesOf(fn, arg).some((name) => CALLER.test(name)));
  const users = usersOf(fn, caught);
  return told && users.every((user) => fn.op(user) === Op.Await && usersOf(fn, user).length === 0);
}

function isDecision(fn: FunctionView, v: number): boolean {
  if (v === NONE || fn.op(v) !== Op.Call) return false;
  const name = calleeName(fn, fn.callee(v));
  return (DECIDES.test(name) || DECISION_CALL.test(name)) && !REFUSES.test(name);
}

function answersTrue(fn: FunctionView, v: number, queries: LinkQueries): boolean {
  if (v === NONE) return false;
  const [only, ...others] = queries.evaluate({ fn, v, frame: null });
  if (only?.kind !== "function" || others.length > 0) return false;
  const returned = only.fn.returns.filter((row) => only.fn.a(row) !== NONE);
  return returned.length > 0 && returned.every((row) => only.fn.op(behind(only.fn, only.fn.a(row))) === Op.True);
}

/** A promise that becomes true by itself after a while. */
function allowsLater(fn: FunctionView, v: number, queries: LinkQueries, depth: number): boolean {
  const op = fn.op(v);
  if (depth > 2 || (op !== Op.Call && op !== Op.New)) return false;
  const hasTrue = [...fn.args(v)].some((arg) => fn.op(behind(fn, arg)) === Op.True);
  if (op === Op.Call && WAITS.test(calleeName(fn, fn.callee(v))) && hasTrue) return true;
  const inner = op === Op.New ? (fn.args(v)[0] ?? NONE) : fn.callee(v);
  if (inner === NONE) return false;
  return queries.evaluate({ fn, v: inner, frame: null }).some((origin) => {
    if (origin.kind !== "function" || !origin.fn.hasBody) return false;
    const inside = origin.fn;
    if (op === Op.New) return resolvesTrue(inside, queries, 0);
    return inside.returns.some(
      (row) => inside.a(row) !== NONE && allowsLater(inside, behind(inside, inside.a(row)), queries, depth + 1),
    );
  });
}

/** `setTimeout(() => resolve(true), 500)`, `setTimeout(resolve, 500, true)` */
function resolvesTrue(fn: FunctionView, queries: LinkQueries, depth: number): boolean {
  return [...fn.calls].some((v) => {
    const args = [...fn.args(v)];
    const name = calleeName(fn, fn.callee(v)) || paramName(fn, fn.callee(v));
    const grants = args.some((arg) => fn.op(behind(fn, arg)) === Op.True);
    if (grants && /^(?:resolve|res|done|ok|setTimeout)$/.test(name)) return true;
    if (name !== "setTimeout" || depth > 1 || args.length === 0) return false;
    return queries
      .evaluate({ fn, v: args[0], frame: null })
      .some((o) => o.kind === "function" && resolvesTrue(o.fn, queries, depth + 1));
  });
}

/** `ability?.can("delete", row) !== false`, `"role" in user && user.role !== "admin"`: what is not there is let through. */
function isMissingAnswer(fn: FunctionView, v: number): boolean {
  if (fn.op(v) === Op.Binary && /^[!=]==?$/.test(fn.text(fn.a(v)))) {
    // what only a plain no turns away, in a condition
    const tested = /^!/.test(fn.text(fn.a(v))) || usersOf(fn, v).some((user) => fn.op(user) === Op.Branch);
    if (!tested) return false;
    const sides = [behind(fn, fn.b(v)), behind(fn, fn.c(v))];
    const asked = sides.find((side) => fn.op(side) === Op.Call);
    if (asked === undefined || !sides.some((side) => fn.op(side) === Op.False)) return false;
    const callee = fn.callee(asked);
    const optional = fn.isOptionalCall(asked) || (fn.op(callee) === Op.Member && fn.c(callee) === 1);
    return optional && DECISION_CALL.test(calleeName(fn, callee));
  }
  if (fn.op(v) !== Op.Logic || fn.a(v) !== LogicKind.And) return false;
  const [left, right] = [behind(fn, fn.b(v)), behind(fn, fn.c(v))];
  if (fn.op(left) !== Op.Binary || fn.text(fn.a(left)) !== "in" || fn.op(right) !== Op.Binary) return false;
  const key = behind(fn, fn.b(left));
  if (fn.op(key) !== Op.String || !/^!==?$/.test(fn.text(fn.a(right)))) return false;
  const name = fn.text(fn.a(key));
  if (!/role|permission|scope|admin|privilege/i.test(name)) return false;
  const read = behind(fn, fn.b(right));
  return fn.memberName(read) === name && textOf(fn, fn.a(read)) === textOf(fn, fn.c(left));
}
