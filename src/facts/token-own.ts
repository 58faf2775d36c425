/** Verifiers that a project writes itself: signatures computed with an algorithm that the token names. */
import type { TokenVerification } from "../model/facts.js";
import { Op } from "../model/lowered.js";
import { behind } from "../program/conditions.js";
import type { FunctionView } from "../program/function-view.js";
import { leaves } from "../program/origin.js";
import { calleeName } from "../program/refusals.js";
import type { TokenContext } from "./token-context.js";
import { operandsOf, symbolOf } from "./token-values.js";
import { calledAs, calledPackage } from "./token-verifiers.js";

const COMPUTES = /^(?:createVerify|createHmac|verify|createSign)$/;
const CRYPTO = /^(?:node:)?crypto$/;
const MAX_DEPTH = 5;

/** Signature checks of a function whose algorithm comes out of the token. */
export function ownVerifications(fn: FunctionView, context: TokenContext): readonly TokenVerification[] {
  const found: TokenVerification[] = [];
  for (const v of fn.calls) {
    if (fn.op(v) !== Op.Call || !COMPUTES.test(calleeName(fn, fn.callee(v)))) continue;
    const callee = calledPackage({ fn, v, frame: null }, context.queries);
    const [algorithm] = fn.args(v);
    if (callee === null || !CRYPTO.test(callee.module) || algorithm === undefined) continue;
    if (!fromHeader(fn, algorithm, context, 0)) continue;
    const place = fn.place(v);
    found.push({
      place,
      library: callee.module,
      call: calledAs(fn, v),
      symbol: symbolOf(fn),
      weaknesses: [{ kind: "algorithm-from-header", place, detail: "" }],
      evidence: [],
    });
  }
  return found;
}

/** `header.alg`, also inside a conversion; an entry looked up in a fixed table is a choice of the service. */
function fromHeader(fn: FunctionView, v: number, context: TokenContext, depth: number): boolean {
  if (depth > MAX_DEPTH) return false;
  const value = behind(fn, v);
  const op = fn.op(value);
  if (op === Op.Index) return false;
  if (op === Op.Member && fn.text(fn.b(value)) === "alg") return isDecoded(fn, fn.a(value), context);
  return operandsOf(fn, value).some((operand) => fromHeader(fn, operand, context, depth + 1));
}

/** Text that was parsed here, or claims that a package only decoded. */
function isDecoded(fn: FunctionView, v: number, context: TokenContext): boolean {
  const value = behind(fn, v);
  if (fn.op(value) === Op.Call && calledAs(fn, value) === "JSON.parse") return true;
  return leaves(context.evaluate({ fn, v: value })).some(
    (o) => o.kind === "source" && (o.source === "claims-unverified" || o.path.startsWith("token.header")),
  );
}
