/** Claims that a function holds against something itself, beside what a library checks. */
import { Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { readsOf, usersOf } from "../claims/token-values.js";

const MAX_USES = 6;
const SAME = /^[!=]==?$/;
const MORE = /^[<>]=?$/;

/** `claims.aud === clientId`, `ISSUERS.includes(claims.iss)`, also by a variable in between. */
export function comparesClaim(fn: FunctionView, claim: RegExp): boolean {
  return readsClaim(fn, claim, (v) => isCompared(fn, v, SAME, 0));
}

/** `claims.exp <= clock.now()` */
export function measuresClaim(fn: FunctionView, claim: RegExp): boolean {
  return readsClaim(fn, claim, (v) => isCompared(fn, v, MORE, 0));
}

function readsClaim(fn: FunctionView, claim: RegExp, holds: (v: number) => boolean): boolean {
  for (let v = 0; v < fn.valueCount; v += 1)
    if (fn.op(v) === Op.Member && claim.test(fn.text(fn.b(v))) && holds(v)) return true;
  return false;
}

function isCompared(fn: FunctionView, v: number, operator: RegExp, depth: number): boolean {
  if (depth > MAX_USES) return false;
  return usersOf(fn, v).some((user) => {
    switch (fn.op(user)) {
      case Op.Binary:
        return operator.test(fn.text(fn.a(user)));
      case Op.Logic:
      case Op.Cast:
        return isCompared(fn, user, operator, depth + 1);
      case Op.Call:
        return operator === SAME && /^(?:includes|has|test)$/.test(fn.memberName(fn.callee(user)));
      case Op.Store:
        return (
          fn.ancestor(fn.a(user)) === fn &&
          readsOf(fn, fn.b(user)).some((read) => read.fn === fn && isCompared(fn, read.v, operator, depth + 1))
        );
      default:
        return false;
    }
  });
}
