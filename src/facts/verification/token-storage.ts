/** Where tokens are kept: web storage, cookies, and the secrets that seal sessions. */
import { NONE, Op } from "../../model/lowered.js";
import type { TokenFlaw } from "../../model/token-flaws.js";
import { behind } from "../../program/facts/conditions.js";
import { calleeName } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Origin, PackageOrigin } from "../../program/values/origin.js";
import type { TokenContext } from "../claims/token-context.js";
import { symbolOf } from "../claims/token-values.js";
import { keyFinding } from "./token-keys.js";
import { calledAs } from "./token-verifiers.js";

const TOKEN_NAME =
  /(?:^|[-_.:])(?:(?:access|refresh|auth|session|id|user|bearer)?[-_]?(?:token|jwt)|session(?:[-_]?id)?|sid)$/i;
const CAMEL_TOKEN = /^(?:access|refresh|auth|session|id|user|bearer)(?:Token|Jwt)$/;
const OTHER_TOKEN = /csrf|xsrf|fcm|push|device|reset|invite|theme|captcha/i;
/** Koa keeps cookies from scripts unless it is told otherwise. */
const HIDDEN_BY_DEFAULT = /^(?:ctx|context|this)\.cookies\.set$/;
/** Shortest secret that a sealing library takes for one. */
const SHORTEST = 32;

/** Places of a function that keep a token where scripts can read it, or seal it with what everybody can know. */
export function storedTokens(fn: FunctionView, context: TokenContext): readonly TokenFlaw[] {
  const found: TokenFlaw[] = [];
  for (const v of fn.calls) {
    if (fn.op(v) === Op.Tagged) continue;
    const one = webStorage(fn, v, context) ?? openCookie(fn, v, context) ?? weakSeal(fn, v, context);
    if (one !== null) found.push(one);
  }
  return found;
}

function flaw(fn: FunctionView, v: number, more: Pick<TokenFlaw, "kind" | "confidence" | "detail">): TokenFlaw {
  return { place: fn.place(v), call: calledAs(fn, v), symbol: symbolOf(fn), evidence: [], ...more };
}

function namesToken(name: string): boolean {
  return (TOKEN_NAME.test(name) || CAMEL_TOKEN.test(name)) && !OTHER_TOKEN.test(name);
}

/** `localStorage.setItem("token", …)` */
function webStorage(fn: FunctionView, v: number, context: TokenContext): TokenFlaw | null {
  if (!/^(?:(?:window|globalThis|self)\.)?(?:local|session)Storage\.setItem$/.test(calledAs(fn, v))) return null;
  const name = textAt(fn, v, 0, context);
  return namesToken(name)
    ? flaw(fn, v, { kind: "web-storage", confidence: "inferred", detail: `It is kept as '${name}'` })
    : null;
}

function textAt(fn: FunctionView, call: number, position: number, context: TokenContext): string {
  const arg = fn.args(call)[position];
  if (arg === undefined) return "";
  const [only, ...more] = context.evaluate({ fn, v: arg });
  return only?.kind === "constant" && typeof only.value === "string" && more.length === 0 ? only.value : "";
}

/** `res.cookie("token", …)`, `cookies().set("token", …)`, `setCookie(c, "token", …)` that scripts can read. */
function openCookie(fn: FunctionView, v: number, context: TokenContext): TokenFlaw | null {
  const first = cookieArguments(fn, v);
  if (first === NONE) return null;
  const name = textAt(fn, v, first, context);
  if (!namesToken(name)) return null;
  const args = fn.args(v);
  const value = args[first + 1];
  if (value === undefined || empties(fn, value, context)) return null;
  const options = args[first + 2];
  if (options !== undefined && !readable(fn, options, context)) return null;
  const given = options === undefined ? [] : context.evaluate({ fn, v: options });
  const flags = given.flatMap((o) => [...context.queries.project(o, ["httpOnly"])]);
  if (flags.some((o) => !(o.kind === "constant" && !o.value))) return null;
  if (HIDDEN_BY_DEFAULT.test(calledAs(fn, v)) && !flags.some((o) => o.kind === "constant" && o.value === false))
    return null;
  return flaw(fn, v, { kind: "open-cookie", confidence: "proven", detail: `The cookie is '${name}'` });
}

/** Position of the name among the arguments of a call that sets a cookie, NONE when it sets none. */
function cookieArguments(fn: FunctionView, v: number): number {
  const callee = fn.callee(v);
  const name = calleeName(fn, callee);
  if (fn.op(callee) !== Op.Member) return name === "setCookie" && fn.args(v).length >= 3 ? 1 : NONE;
  if (name === "setCookie") return 0;
  if (name === "cookie") return /^(?:res|response|reply|rep)\b/.test(calledAs(fn, v)) ? 0 : NONE;
  return name === "set" && /cookies?(?:Store)?\.set$/i.test(calledAs(fn, v)) ? 0 : NONE;
}

/** A cookie that is set to nothing is being taken away. */
function empties(fn: FunctionView, v: number, context: TokenContext): boolean {
  return context.evaluate({ fn, v }).every((o) => o.kind === "constant" && !o.value);
}

/** An object literal whose parts can all be seen. */
function readable(fn: FunctionView, v: number, context: TokenContext): boolean {
  const value = behind(fn, v);
  if (fn.prop(value, "httpOnly") !== NONE) return true;
  const origins = context.evaluate({ fn, v });
  if (!origins.every((o) => o.kind === "literal" && o.form === "object")) return false;
  const at =
    fn.op(value) === Op.Object ? [{ fn, v: value }] : origins.flatMap((o) => (o.kind === "literal" ? [o.site] : []));
  return at.every((site) => site.fn.op(site.v) === Op.Object && [...site.fn.props(site.v)].every((p) => p.name !== ""));
}

/** The secret of a session library that stands in the code, or is too short. */
function weakSeal(fn: FunctionView, v: number, context: TokenContext): TokenFlaw | null {
  // most programs have none, and following every call of a program costs more than all else here
  if (context.seals.length === 0) return null;
  const callee = context.evaluate({ fn, v: fn.callee(v) }).find((o): o is PackageOrigin => o.kind === "package");
  const seal = callee && context.seals.find((one) => one.module.test(callee.module) && one.path.test(callee.path));
  if (!callee || !seal) return null;
  for (const arg of fn.args(v)) {
    const origins = seal.option === "" ? context.evaluate({ fn, v: arg }) : secretIn(fn, arg, seal.option, context);
    const finding = origins.length === 0 ? null : keyFinding({ fn, v: arg, frame: null }, origins, context);
    if (finding === "literal-key" || finding === "fallback-key") {
      const how =
        finding === "literal-key"
          ? "The secret stands in the source"
          : "It falls back to a secret that stands in the source";
      const short = origins.some(
        (o) => o.kind === "constant" && typeof o.value === "string" && o.value.length < SHORTEST,
      );
      return flaw(fn, v, { kind: "weak-seal", confidence: "proven", detail: short ? `${how}, and it is short` : how });
    }
  }
  return null;
}

function secretIn(fn: FunctionView, arg: number, option: string, context: TokenContext): readonly Origin[] {
  const { queries } = context;
  const values = context
    .evaluate({ fn, v: arg })
    .filter((o) => o.kind === "literal" && o.form === "object")
    .flatMap((o) => [...queries.project(o, option.split("."))]);
  return values
    .flatMap((o) => (o.kind === "literal" && o.form === "array" ? [...queries.project(o, ["[]"])] : [o]))
    .filter((o) => o.kind !== "constant" || o.value !== undefined);
}
