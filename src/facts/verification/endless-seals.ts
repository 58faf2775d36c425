/** Sealed sessions that are told never to end. */
import { NONE, Op } from "../../model/lowered.js";
import type { TokenFlaw } from "../../model/token-flaws.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { TokenContext } from "../claims/token-context.js";
import { flaw } from "./token-cookies.js";
import { calledPackage } from "./token-verifiers.js";

const SEALING = /^(?:getIronSession|sealData|createServerActionsIronSession|withIronSession\w*)$/;

/** `getIronSession(…, { password, cookieName, ttl: 0 })`: 0 is for ever. */
export function endlessSeals(fn: FunctionView, context: TokenContext): readonly TokenFlaw[] {
  const found: TokenFlaw[] = [];
  for (const v of fn.calls) {
    if (fn.op(v) !== Op.Call) continue;
    const callee = calledPackage({ fn, v, frame: null }, context.queries);
    if (callee === null || !/^iron-session/.test(callee.module) || !SEALING.test(callee.path)) continue;
    const options = [...fn.args(v)].at(-1) ?? NONE;
    const objects = context.evaluate({ fn, v: options }).filter((o) => o.kind === "literal" && o.form === "object");
    const ends = objects.flatMap((o) => [...context.queries.project(o, ["ttl"])]);
    if (!ends.some((o) => o.kind === "constant" && o.value === 0)) continue;
    found.push(flaw(fn, v, { kind: "no-expiry", confidence: "proven", detail: "Its 'ttl' is 0, which is for ever" }));
  }
  return found;
}
