/**
 * What was answered about somebody and is then asked what they may do: `auth.ability.can("write", resource)` of what a
 * plugin gave. Which scope it speaks for is what the call was told that it comes from.
 */
import { Op } from "../../model/lowered.js";
import type { FunctionView } from "../linking/function-view.js";
import type { Frame, Origin, OriginQueries, PackageOrigin, Site } from "../values/origin.js";
import type { Fact, FactSource } from "./facts.js";

/** methods that tell whether somebody may */
const ASKS =
  /^(?:can|may|allows?|permits?)(?:[A-Z]\w*)?$|^(?:is|has|check)\w*(?:allow|permi|super|admin|access|authori[sz])/i;
const MAX_ARGUMENTS = 8;

/** @returns null where it is not asked of an answer, or of what callers may hand in as one */
export function askedOfAnswer(
  { fn, v, frame }: Site,
  args: readonly (readonly Origin[])[],
  via: FactSource,
  queries: OriginQueries,
): Fact | null {
  const callee = fn.callee(v);
  if (fn.op(v) !== Op.Call || fn.op(callee) !== Op.Member) return null;
  const name = fn.memberName(callee);
  if (!ASKS.test(name)) return null;
  const asked = queries
    .evaluate({ fn, v: fn.a(callee), frame })
    .filter((o) => o.kind === "parameter" || (o.kind === "package" && answeringCall(o) !== null));
  return asked.length === 0 ? null : { kind: "passed", name, args, asked, level: "check", named: false, via: [via] };
}

/** What the call was told whose answer this is a member of: `create().authenticate(request, scope).ability`. */
export function toldForAnswer(answer: PackageOrigin, queries: OriginQueries): readonly (readonly Origin[])[] {
  const call = answeringCall(answer);
  if (call === null) return [];
  const { fn, v, frame } = call;
  return Array.from(fn.args(v).slice(0, MAX_ARGUMENTS), (arg) => handedOver(fn, arg, frame, queries));
}

function answeringCall(answer: PackageOrigin): Site | null {
  for (let step: PackageOrigin | null = answer; step !== null; step = step.previous) {
    if (step.site === null) continue;
    return step.site.fn.op(step.site.v) === Op.Call ? step.site : null;
  }
  return null;
}

/** of `call(...args)` what the list holds */
function handedOver(fn: FunctionView, arg: number, frame: Frame | null, queries: OriginQueries): readonly Origin[] {
  const values = queries.evaluate({ fn, v: fn.op(arg) === Op.Spread ? fn.a(arg) : arg, frame });
  return fn.op(arg) === Op.Spread ? values.flatMap((o) => [...queries.project(o, ["[]"])]) : values;
}
