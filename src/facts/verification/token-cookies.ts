/** Cookies that hold a token: by their name, or because what is put into them was signed. */
import { NONE, Op } from "../../model/lowered.js";
import type { TokenFlaw } from "../../model/token-flaws.js";
import { behind } from "../../program/facts/conditions.js";
import { calleeName } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { SIGNERS } from "../claims/session-libraries.js";
import type { TokenContext } from "../claims/token-context.js";
import { type Spot, symbolOf } from "../claims/token-values.js";
import { calledAs, calledPackage } from "./token-verifiers.js";

const TOKEN_NAME =
  /(?:^|[-_.:])(?:(?:access|refresh|auth|session|id|user|bearer)?[-_]?(?:token|jwt)|session(?:[-_]?id)?|sid)$/i;
const CAMEL_TOKEN = /^(?:access|refresh|auth|session|id|user|bearer)(?:Token|Jwt)$/;
const OTHER_TOKEN = /csrf|xsrf|fcm|push|device|reset|invite|theme|captcha/i;
/** Koa keeps cookies from scripts unless it is told otherwise. */
const HIDDEN_BY_DEFAULT = /^(?:ctx|context|this)\.cookies\.set$/;
const MAX_DEPTH = 2;

/** A flaw at a call. */
export function flaw(fn: FunctionView, v: number, more: Pick<TokenFlaw, "kind" | "confidence" | "detail">): TokenFlaw {
  return { place: fn.place(v), call: calledAs(fn, v), symbol: symbolOf(fn), evidence: [], ...more };
}

/** Whether something is called as tokens of sessions are. */
export function namesToken(name: string): boolean {
  return (TOKEN_NAME.test(name) || CAMEL_TOKEN.test(name)) && !OTHER_TOKEN.test(name);
}

/** The text that a call is given at a position, '' for anything else. */
export function textAt(fn: FunctionView, call: number, position: number, context: TokenContext): string {
  const arg = fn.args(call)[position];
  if (arg === undefined) return "";
  const [only, ...more] = context.evaluate({ fn, v: arg });
  return only?.kind === "constant" && typeof only.value === "string" && more.length === 0 ? only.value : "";
}

/** `res.cookie("token", …)`, `cookies().set("token", …)`, `setCookie(c, "token", …)` that scripts can read, or that is sent in the clear. */
export function cookieFlaw(fn: FunctionView, v: number, context: TokenContext): TokenFlaw | null {
  const first = cookieArguments(fn, v, context);
  if (first === NONE) return null;
  const name = textAt(fn, v, first, context);
  const args = fn.args(v);
  const value = args[first + 1];
  if (value === undefined || OTHER_TOKEN.test(name)) return null;
  if (!(namesToken(name) || isSigned({ fn, v: value }, context, 0)) || empties(fn, value, context)) return null;
  const options = args[first + 2];
  const flagOf = (flag: string): Flag => flagAt(fn, options, flag, context);
  const [hidden, encrypted] = [flagOf("httpOnly"), flagOf("secure")];
  const careful = HIDDEN_BY_DEFAULT.test(calledAs(fn, v));
  const detail = name === "" ? "" : `The cookie is '${name}'`;
  if (hidden === "off" || (hidden === "absent" && !careful))
    return flaw(fn, v, { kind: "open-cookie", confidence: "proven", detail });
  if (hidden === "unknown" || encrypted === "unknown" || encrypted === "on") return null;
  return careful ? null : flaw(fn, v, { kind: "plain-cookie", confidence: "inferred", detail });
}

type Flag = "on" | "off" | "absent" | "unknown";

/** What the options of a cookie say of a flag. */
function flagAt(fn: FunctionView, options: number | undefined, flag: string, context: TokenContext): Flag {
  if (options === undefined) return "absent";
  if (!readable(fn, options, flag, context)) return "unknown";
  const found = context.evaluate({ fn, v: options }).flatMap((o) => [...context.queries.project(o, [flag])]);
  if (found.some((o) => o.kind !== "constant")) return "unknown";
  if (found.some((o) => o.kind === "constant" && o.value === false)) return "off";
  return found.every((o) => o.kind === "constant" && !o.value) ? "absent" : "on";
}

/** `jwt.sign(…)`, or a function of the project that returns what it signed. */
export function isSigned(spot: Spot, context: TokenContext, depth: number): boolean {
  const { fn, v } = context.written(spot);
  if (depth > MAX_DEPTH || fn.op(v) !== Op.Call) return false;
  const site = { fn, v, frame: null };
  const called = calledPackage(site, context.queries);
  if (called !== null && SIGNERS.some((s) => s.module.test(called.module) && s.path.test(called.path))) return true;
  return context
    .evaluate({ fn, v: fn.callee(v) })
    .some(
      (o) =>
        o.kind === "function" &&
        o.fn.returns.some((row) => o.fn.a(row) !== NONE && isSigned({ fn: o.fn, v: o.fn.a(row) }, context, depth + 1)),
    );
}

/** Position of the name among the arguments of a call that sets a cookie, NONE when it sets none. */
function cookieArguments(fn: FunctionView, v: number, context: TokenContext): number {
  const callee = fn.callee(v);
  const name = calleeName(fn, callee);
  // `res.setHeader("Set-Cookie", serialize("token", …))`
  if (name === "serialize")
    return calledPackage({ fn, v, frame: null }, context.queries)?.module === "cookie" ? 0 : NONE;
  if (fn.op(callee) !== Op.Member) return name === "setCookie" && fn.args(v).length >= 3 ? 1 : NONE;
  // what the project calls so takes its arguments in an order of its own
  if (name === "setCookie") return context.evaluate({ fn, v: callee }).some((o) => o.kind === "function") ? NONE : 0;
  if (name === "cookie") return /^(?:res|response|reply|rep)\b/.test(calledAs(fn, v)) ? 0 : NONE;
  return name === "set" && /cookies?(?:Store)?\.set$/i.test(calledAs(fn, v)) ? 0 : NONE;
}

/** A cookie that is set to nothing is being taken away. */
function empties(fn: FunctionView, v: number, context: TokenContext): boolean {
  return context.evaluate({ fn, v }).every((o) => o.kind === "constant" && !o.value);
}

/** An object literal that names the flag, or whose parts can all be seen. */
function readable(fn: FunctionView, v: number, flag: string, context: TokenContext): boolean {
  const value = behind(fn, v);
  if (fn.prop(value, flag) !== NONE) return true;
  const origins = context.evaluate({ fn, v });
  if (!origins.every((o) => o.kind === "literal" && o.form === "object")) return false;
  const at =
    fn.op(value) === Op.Object ? [{ fn, v: value }] : origins.flatMap((o) => (o.kind === "literal" ? [o.site] : []));
  return at.every((site) => site.fn.op(site.v) === Op.Object && [...site.fn.props(site.v)].every((p) => p.name !== ""));
}
