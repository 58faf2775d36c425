/** Checks handed to `filter`, `some` and the like that answer with a promise: every element passes. */
import { answerOf } from "../../frameworks/knowledge/verdicts.js";
import { NONE, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import { displayName } from "../../program/facts/fact-reader.js";
import { calleeName } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Origin } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import { isWithin } from "../claims/token-values.js";
import { givesPromise, protects } from "../guards/guard-strength.js";
import type { FoundFault } from "./decision-answers.js";
import { isDecisionName } from "./decision-names.js";

/** List methods that look at the truth of what their callback gives at once. */
const PREDICATES: ReadonlySet<string> = new Set(["filter", "some", "every", "find", "findIndex", "findLast"]);
/** Packages whose lists and streams do wait. */
const WAITING = /stream|rxjs|bluebird|async|iter|^it-|highland/;

type FunctionOrigin = Extract<Origin, { kind: "function" }>;

/** Calls of list methods whose callback decides by a promise. */
export function* asyncPredicates(fn: FunctionView, analysis: Analysis): Iterable<FoundFault> {
  for (const v of fn.calls) {
    if (fn.op(v) !== Op.Call || !PREDICATES.has(fn.memberName(fn.callee(v)))) continue;
    const [callback, ...others] = fn.args(v);
    if (callback === undefined || others.length > 1) continue;
    const decided = analysis.queries
      .evaluate({ fn, v: callback, frame: null })
      .map((origin) => (origin.kind === "function" ? promisedDecision(origin, analysis) : null));
    const [first] = decided;
    if (first === undefined || first === null || decided.includes(null) || waits(fn, v, analysis)) continue;
    yield {
      fn,
      v,
      kind: "async-predicate",
      engine: first.engine,
      name: first.name,
      verdict: fn.memberName(fn.callee(v)),
      note: `'${fn.memberName(fn.callee(v))}' tests the promise, which is true whatever it decides`,
      confidence: first.named ? "named" : "proven",
    };
  }
}

function waits(fn: FunctionView, v: number, analysis: Analysis): boolean {
  const receivers = analysis.queries.evaluate({ fn, v: fn.a(fn.callee(v)), frame: null });
  return receivers.some((o) => o.kind === "package" && WAITING.test(o.module));
}

interface Decided {
  readonly engine: string;
  readonly name: string;
  readonly named: boolean;
}

function promisedDecision({ fn }: FunctionOrigin, analysis: Analysis): Decided | null {
  if (!fn.hasBody) return null;
  for (const row of fn.returns) {
    if (fn.a(row) === NONE) continue;
    const decided = decisionAt(fn, fn.a(row), analysis);
    if (decided !== null) return decided;
  }
  return null;
}

/** The check whose answer a callback returns, when the callback gives a promise of it. */
function decisionAt(fn: FunctionView, v: number, analysis: Analysis): Decided | null {
  const engines = analysis.queries.evaluate({ fn, v, frame: null }).flatMap((o) => {
    const answer = answerOf(o, analysis.queries);
    return answer === null ? [] : [answer];
  });
  const [engine] = engines;
  if (engine !== undefined) {
    const promised = fn.isAsync || (engine.call.async && engine.path === "");
    const name = displayName(engine.site.fn, engine.site.v);
    return promised ? { engine: engine.call.engine, name, named: false } : null;
  }
  const call = callIn(fn, v, 0);
  if (call === NONE) return null;
  const callees = analysis.queries.evaluate({ fn, v: fn.callee(call), frame: null });
  if (!fn.isAsync && !(callees.length > 0 && callees.every((callee) => givesPromise(callee, analysis)))) return null;
  const name = calleeName(fn, fn.callee(call));
  if (callees.some((callee) => callee.kind === "function" && tells(callee, analysis))) {
    return { engine: "", name, named: false };
  }
  if (!isDecisionName(name)) return null;
  return {
    engine: "",
    name,
    named: !callees.some((callee) => callee.kind === "function" && comparesPeople(callee.fn)),
  };
}

const PERSON = /(?:^|[a-z_])(?:u?id|e?mail)$/i;

/** `rows.some((row) => row.userId === user.id)`: somebody is held against what rows say, whoever that is where it is called. */
export function comparesPeople(outer: FunctionView): boolean {
  for (let i = 0; i < outer.file.functionCount; i += 1) {
    const fn = outer.file.fn(i);
    if (!isWithin(fn, outer)) continue;
    for (let v = 0; v < fn.valueCount; v += 1) {
      if (fn.op(v) !== Op.Binary || !/^===?$/.test(fn.text(fn.a(v)))) continue;
      const sides = [fn.b(v), fn.c(v)];
      if (sides.every((side) => fn.op(side) === Op.Member && PERSON.test(fn.memberName(side)))) return true;
    }
  }
  return false;
}

function tells(callee: FunctionOrigin, analysis: Analysis): boolean {
  const { fn } = callee;
  if (!fn.hasBody) return false;
  // `isForbidden(row, user)` protects by what it denies
  return (["truthy", "falsy"] as const).some((kind) =>
    protects(analysis.guarantees.ensures(fn, { kind }, null), analysis),
  );
}

/** The call behind `!x`, `(await x).ok`, `x && y`. */
function callIn(fn: FunctionView, v: number, depth: number): number {
  const value = behind(fn, v);
  if (depth > 6) return NONE;
  switch (fn.op(value)) {
    case Op.Call:
      return value;
    case Op.Unary:
      return callIn(fn, fn.b(value), depth + 1);
    case Op.Member:
      return callIn(fn, fn.a(value), depth + 1);
    case Op.Logic:
    case Op.Binary: {
      const right = callIn(fn, fn.c(value), depth + 1);
      return right === NONE ? callIn(fn, fn.b(value), depth + 1) : right;
    }
    default:
      return NONE;
  }
}
