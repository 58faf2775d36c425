/** Guards that are only attached while the environment says so. */
import { knownStep } from "../../frameworks/knowledge/steps.js";
import type { Bypass } from "../../model/facts.js";
import { FnHint, NONE, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import { graphOf } from "../../program/facts/control-flow.js";
import { calleeName } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { LinkQueries } from "../../program/values/origin.js";
import { type Predicate, predicateOf } from "./bypass-predicates.js";
import { leavesOfTest, make } from "./bypass-record.js";
import { callsOnlyIn, refusals, sideFrom } from "./bypass-shape.js";
import { namesOf } from "./bypass-text.js";

const ATTACHES = /^(?:use|addHook|useGlobalGuards|onRequest|preHandler|register|all)$/;
const GUARD_NAME = /auth|guard|session|jwt|protect|permission|require(?:d|s)?[A-Z_]|passport|signed|acl|rbac/i;
const NO_GUARD = /^(?:no|skip|fake|mock|dev|anonymous|pass|noop)/i;

/** Attachments and lists of guards that depend on the environment. */
export function registrationBypasses(fn: FunctionView, queries: LinkQueries): readonly Bypass[] {
  const found: Bypass[] = [];
  for (const block of graphOf(fn).blocks) {
    const row = block.terminator;
    if (row === NONE || fn.op(row) !== Op.Branch) continue;
    const predicate = environmentTest(fn, fn.a(row), queries);
    if (predicate === null) continue;
    const attached = attachedOnOneSide(fn, row, queries);
    if (attached.length > 0) found.push(record(fn, row, predicate, attached));
  }
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) !== Op.Cond) continue;
    const predicate = environmentTest(fn, fn.a(v), queries);
    if (predicate === null) continue;
    const guarded = [fn.b(v), fn.c(v)].map((arm) => holdsGuard(fn, arm, queries));
    if (guarded[0] !== guarded[1] && [fn.b(v), fn.c(v)].every((arm) => isStep(fn, arm, queries))) {
      found.push(record(fn, v, predicate, [v]));
    }
  }
  return found;
}

function record(fn: FunctionView, v: number, predicate: Predicate, attached: readonly number[]): Bypass {
  const bypass = make(fn, v, predicate, "environment", ["authentication"], { audited: false, confidence: "proven" });
  const note = "the guard is attached here under a condition";
  return { ...bypass, evidence: attached.map((at) => ({ place: fn.place(at), note })) };
}

function environmentTest(fn: FunctionView, test: number, queries: LinkQueries): Predicate | null {
  for (const leaf of leavesOfTest(fn, test)) {
    const predicate = predicateOf(fn, leaf.v, queries);
    if (predicate?.kind === "environment") return predicate;
  }
  return null;
}

/** Attachments of guards that only one side of a branch makes; none when both make some. */
function attachedOnOneSide(fn: FunctionView, row: number, queries: LinkQueries): readonly number[] {
  const whenTrue = sideFrom(fn, fn.b(row), queries);
  const whenFalse = sideFrom(fn, fn.c(row), queries);
  const [one, other] = [callsOnlyIn(fn, whenTrue, whenFalse), callsOnlyIn(fn, whenFalse, whenTrue)].map((calls) =>
    calls.filter((v) => attaches(fn, v, queries)),
  );
  return one.length > 0 && other.length > 0 ? [] : [...one, ...other];
}

function attaches(fn: FunctionView, v: number, queries: LinkQueries): boolean {
  if (fn.op(v) !== Op.Call || fn.op(fn.callee(v)) !== Op.Member) return false;
  if (!ATTACHES.test(calleeName(fn, fn.callee(v)))) return false;
  return [...fn.args(v)].some((arg) => holdsGuard(fn, arg, queries));
}

/** Whether a value is a guard or a list with one in it. */
function holdsGuard(fn: FunctionView, v: number, queries: LinkQueries): boolean {
  const value = behind(fn, v);
  if (fn.op(value) === Op.Array) return [...fn.list(fn.a(value))].some((item) => holdsGuard(fn, item, queries));
  const name = namesOf(fn, value).at(-1) ?? "";
  if (NO_GUARD.test(name)) return false;
  for (const origin of leaves(queries.evaluate({ fn, v: value, frame: null }))) {
    // `authLimiter` of a package that limits rates
    if (origin.kind === "package" && knownStep(origin, queries)?.grants === "neutral") return false;
    if (origin.kind !== "function") continue;
    const refuses = (origin.fn.info.hints & (FnHint.Refuses | FnHint.Throws)) !== 0;
    return refuses && [...refusals(origin.fn, queries).values()].includes("auth");
  }
  return GUARD_NAME.test(name);
}

/** Something that can stand in a chain of middleware. */
function isStep(fn: FunctionView, v: number, queries: LinkQueries): boolean {
  const value = behind(fn, v);
  if (fn.op(value) === Op.Array) return true;
  return leaves(queries.evaluate({ fn, v: value, frame: null })).every(
    (o) => o.kind === "function" || o.kind === "package",
  );
}
