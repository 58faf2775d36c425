/** Comparisons of what a caller sends with a secret that may not be set: nothing equals nothing. */
import type { Bypass } from "../../model/facts.js";
import { NONE, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import { graphOf } from "../../program/facts/control-flow.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { PackageOrigin } from "../../program/values/origin.js";
import { type TokenContext, variableOf } from "../claims/token-context.js";
import { leavesOfTest } from "./bypass-record.js";
import { sideFrom } from "./bypass-shape.js";
import { namesOf, textOf } from "./bypass-text.js";
import { failsOpen } from "./fail-open.js";

const REQUEST = /^(?:req|request|headers|headersList|headerList|searchParams|query|event|ctx|c|cookies)$/;
const SECRET = /secret|key|token|passw|hmac|signature|credential/i;

/** `given !== process.env.CRON_SECRET` where neither is known to be there, and the other side refuses. */
export function unsetSecrets(fn: FunctionView, context: TokenContext): readonly Bypass[] {
  const { queries } = context;
  const found: Bypass[] = [];
  for (const block of graphOf(fn).blocks) {
    const row = block.terminator;
    if (row === NONE || fn.op(row) !== Op.Branch) continue;
    for (const leaf of leavesOfTest(fn, fn.a(row))) {
      const v = behind(fn, leaf.v);
      if (fn.op(v) !== Op.Binary || !/^[!=]==?$/.test(fn.text(fn.a(v)))) continue;
      if (!comparesUnset(fn, v, context)) continue;
      const equal = fn.text(fn.a(v)).startsWith("=");
      const refusing = sideFrom(fn, leaf.sense === equal ? fn.c(row) : fn.b(row), queries);
      const passing = sideFrom(fn, leaf.sense === equal ? fn.b(row) : fn.c(row), queries);
      if (passing.passes.length === 0 || !refusing.refusals.some((r) => r.flavour === "auth")) continue;
      found.push(failsOpen(fn, row, "unset-secret", textOf(fn, v).slice(0, 120), "inferred"));
      break;
    }
  }
  return found;
}

function comparesUnset(fn: FunctionView, v: number, context: TokenContext): boolean {
  for (const [secret, given] of [
    [fn.b(v), fn.c(v)],
    [fn.c(v), fn.b(v)],
  ] as const) {
    const template = fn.op(behind(fn, secret)) === Op.Template;
    const origin = secretOf(fn, secret, template, context);
    if (origin === null || context.isDemanded(origin, variableOf(origin))) continue;
    if (!isGiven(fn, given, template, context) || isAskedFor(fn, secret, given, template, context)) continue;
    return true;
  }
  return false;
}

/** The variable of the environment that the expected value is, or is put into a text. */
function secretOf(fn: FunctionView, v: number, template: boolean, context: TokenContext): PackageOrigin | null {
  const parts = template ? fn.templateValues(behind(fn, v)) : [v];
  for (const part of parts) {
    const [only, ...others] = context.queries.evaluate({ fn, v: part, frame: null });
    if (others.length === 0 && only?.kind === "package" && SECRET.test(variableOf(only))) return only;
  }
  return null;
}

/** Something of the request that is undefined when it is left out; beside a text with `undefined` in it, anything. */
function isGiven(fn: FunctionView, v: number, template: boolean, context: TokenContext): boolean {
  const written = behind(fn, v);
  const op = fn.op(written);
  const read = op === Op.Call && /^(?:get|header)$/.test(fn.memberName(fn.callee(written)));
  if (op !== Op.Member && op !== Op.Index && op !== Op.Element && !read) return false;
  const names = namesOf(fn, written);
  if (names.some((name) => REQUEST.test(name)) || isPartOfSent(fn, written)) return true;
  const origins = context.queries.evaluate({ fn, v, frame: null });
  const sent = leaves(origins).some((o) => o.kind === "source" && (o.source === "input" || o.source === "credential"));
  return sent && (template || origins.every((o) => o.kind === "source"));
}

/** `header.split(" ")[1]`: a part that need not be there. */
function isPartOfSent(fn: FunctionView, part: number): boolean {
  if (fn.op(part) !== Op.Index && fn.op(part) !== Op.Element) return false;
  const call = behind(fn, fn.a(part));
  if (fn.op(call) !== Op.Call || fn.memberName(fn.callee(call)) !== "split") return false;
  const whole = behind(fn, fn.a(fn.callee(call)));
  const sent = fn.op(whole) === Op.Logic ? behind(fn, fn.b(whole)) : whole;
  return namesOf(fn, sent).some((name) => REQUEST.test(name));
}

/** Some condition of the function asks whether either of them is there. */
function isAskedFor(
  fn: FunctionView,
  secret: number,
  given: number,
  template: boolean,
  context: TokenContext,
): boolean {
  const variable = textOf(fn, behind(fn, secret));
  const sent = template ? "" : textOf(fn, behind(fn, given));
  for (let v = 0; v < fn.valueCount; v += 1) {
    const op = fn.op(v);
    if (op !== Op.Branch && op !== Op.Logic) continue;
    for (const leaf of leavesOfTest(fn, op === Op.Branch ? fn.a(v) : v)) {
      const test = behind(fn, leaf.v);
      if (fn.op(test) === Op.Binary) continue;
      const text = textOf(fn, test);
      if (text === variable || (sent !== "" && text === sent)) return true;
      const asked = context.queries.evaluate({ fn, v: leaf.v, frame: null });
      if (asked.some((o) => SECRET.test(variableOf(o)))) return true;
    }
  }
  return false;
}
