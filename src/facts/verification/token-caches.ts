/** Verifiers that keep what they verified, and by what they find it again. */
import { NONE, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import { calleeName } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { TokenOptions } from "./token-options.js";

const CUTS = /^(?:slice|substring|substr|split|at|charAt|replace|match|pop|shift|decode|decodeJwt|jwtDecode)$/;
const MAX_DEPTH = 6;

/** `{ cache: true, cacheKeyBuilder: (token) => token.slice(0, 32) }`: two tokens may have one key. */
export function keepsByPart(options: TokenOptions): boolean {
  const cache = leaves(options.read(["cache"]).origins);
  if (cache.length === 0 || cache.every((o) => o.kind === "constant" && !o.value)) return false;
  return options
    .read(["cacheKeyBuilder"])
    .origins.some((o) => o.kind === "function" && o.fn.hasBody && givesPart(o.fn));
}

/** Some way gives back a piece of the token, and not the token or a digest of it. */
function givesPart(fn: FunctionView): boolean {
  return fn.returns.some((row) => fn.a(row) !== NONE && isPart(fn, fn.a(row), 0));
}

function isPart(fn: FunctionView, v: number, depth: number): boolean {
  if (depth > MAX_DEPTH) return false;
  const value = behind(fn, v);
  switch (fn.op(value)) {
    case Op.Index:
    case Op.Element:
      return true;
    case Op.Member:
      return isPart(fn, fn.a(value), depth + 1);
    case Op.Call:
      return CUTS.test(calleeName(fn, fn.callee(value)));
    default:
      return false;
  }
}
