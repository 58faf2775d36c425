/** Verifiers that a project writes itself: who chooses the algorithm with which they compare signatures. */
import type { TokenVerification, TokenWeakness } from "../../model/facts.js";
import { NONE, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import { calleeName } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { TokenContext } from "../claims/token-context.js";
import { operandsOf, symbolOf } from "../claims/token-values.js";
import { calledAs, calledPackage } from "./token-verifiers.js";

const COMPUTES = /^(?:createVerify|createHmac|verify|createSign)$/;
const CRYPTO = /^(?:node:)?crypto$/;
const MAX_DEPTH = 5;

const SUBTLE = /(?:^|\.)subtle\.verify$/;
const ALGORITHM_NAME = /^alg(?:orithm)?s?$/i;
const ALGORITHM = /^(?:HS|RS|ES|PS)\d{3}$/;
const TOKEN_PARAMETER = /^(?:jwt|jws|.*token)$/i;

/** Signature checks of a function whose algorithm comes out of the token, or is whatever nobody said. */
export function ownVerifications(fn: FunctionView, context: TokenContext): readonly TokenVerification[] {
  const found: TokenVerification[] = [];
  for (const v of fn.calls) {
    if (fn.op(v) !== Op.Call) continue;
    const library = takesHeader(fn, v, context);
    if (library !== null) found.push(weak(fn, v, "algorithm-from-header", library, calledAs(fn, v)));
  }
  const row = found.length > 0 ? NONE : defaultAlgorithm(fn, context);
  if (row !== NONE) found.push(weak(fn, row, "algorithm-defaulted", "", fn.info.name));
  const issuer = issuerAlone(fn, context);
  if (issuer !== NONE) found.push(weak(fn, issuer, "audience-never-asked", "", fn.info.name));
  return found;
}

function weak(fn: FunctionView, v: number, kind: TokenWeakness, library: string, call: string): TokenVerification {
  const place = fn.place(v);
  return { place, library, call, symbol: symbolOf(fn), weaknesses: [{ kind, place, detail: "" }], evidence: [] };
}

/** The package of a signature check that is told the algorithm by the token, '' for the project's own, null for no such call. */
function takesHeader(fn: FunctionView, v: number, context: TokenContext): string | null {
  const name = calleeName(fn, fn.callee(v));
  const [algorithm] = fn.args(v);
  if (algorithm === undefined) return null;
  if (COMPUTES.test(name)) {
    const callee = calledPackage({ fn, v, frame: null }, context.queries);
    if (callee !== null)
      return CRYPTO.test(callee.module) && fromHeader(fn, algorithm, context, 0) ? callee.module : null;
  }
  if (!/verif/i.test(name)) return null;
  const given = [...fn.args(v)].some((arg) => givesHeader(fn, arg, context));
  return given && verifiesBelow(fn, v, context, 0) && !holdsAgainstList(fn, context) ? "" : null;
}

/** `verify(token, key, header.alg)`, `verify(token, key, { alg: header.alg })`. */
function givesHeader(fn: FunctionView, arg: number, context: TokenContext): boolean {
  const value = behind(fn, arg);
  if (fn.op(value) !== Op.Object) return fromHeader(fn, value, context, 2);
  return [...fn.props(value)].some(
    (prop) => ALGORITHM_NAME.test(prop.name) && prop.value !== NONE && fromHeader(fn, prop.value, context, 0),
  );
}

/** Whether a call ends in a comparison of signatures. */
function verifiesBelow(fn: FunctionView, v: number, context: TokenContext, depth: number): boolean {
  if (fn.op(v) !== Op.Call || depth > 3) return false;
  const name = calledAs(fn, v);
  if (SUBTLE.test(name)) return true;
  if (COMPUTES.test(calleeName(fn, fn.callee(v)))) {
    const callee = calledPackage({ fn, v, frame: null }, context.queries);
    if (callee !== null && CRYPTO.test(callee.module)) return true;
  }
  if (!/verif|sign|hmac/i.test(name)) return false;
  return context
    .evaluate({ fn, v: fn.callee(v) })
    .some(
      (o) =>
        o.kind === "function" &&
        o.fn.hasBody &&
        [...o.fn.calls].some((row) => verifiesBelow(o.fn, row, context, depth + 1)),
    );
}

/** `allowed.includes(header.alg)`, `header.alg !== expected`: the function itself says which it takes. */
function holdsAgainstList(fn: FunctionView, context: TokenContext): boolean {
  for (let v = 0; v < fn.valueCount; v += 1) {
    const op = fn.op(v);
    if (op === Op.Binary && /^[!=]==?$/.test(fn.text(fn.a(v)))) {
      if ([fn.b(v), fn.c(v)].some((side) => isHeaderAlgorithm(fn, side, context))) return true;
    }
    if (op !== Op.Call || !/^(?:includes|has|indexOf)$/.test(calleeName(fn, fn.callee(v)))) continue;
    if ([...fn.args(v)].some((arg) => isHeaderAlgorithm(fn, arg, context))) return true;
  }
  return false;
}

/**
 * `verify(token, key, alg = "HS256")`: the key decides what is safe, and the caller brings the key. Silent where the
 * function holds the token's algorithm against the one that it was given.
 */
function defaultAlgorithm(fn: FunctionView, context: TokenContext): number {
  if (!/verif/i.test(fn.info.name) || !fn.info.params.some((p) => TOKEN_PARAMETER.test(p.name))) return NONE;
  if (!fn.info.params.some((p) => /key|secret/i.test(p.name))) return NONE;
  const row = defaultRow(fn);
  if (row === NONE || holdsAgainstList(fn, context)) return NONE;
  return [...fn.calls].some((v) => verifiesBelow(fn, v, context, 0)) ? row : NONE;
}

/**
 * `payload.iss !== options.issuer` in a verifier that never looks at `aud`: an issuer that is worth naming serves
 * others too, and their tokens pass.
 */
function issuerAlone(fn: FunctionView, context: TokenContext): number {
  if (!/verif/i.test(fn.info.name) || !fn.info.params.some((p) => TOKEN_PARAMETER.test(p.name))) return NONE;
  const row = comparedIssuer(fn, context);
  if (row === NONE || looksAtAudience(fn, context, 0)) return NONE;
  return [...fn.calls].some((v) => verifiesBelow(fn, v, context, 0)) ? row : NONE;
}

/** The first comparison of the claim `iss` of a token that was taken apart here. */
function comparedIssuer(fn: FunctionView, context: TokenContext): number {
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) !== Op.Binary || !/^[!=]==?$/.test(fn.text(fn.a(v)))) continue;
    if ([fn.b(v), fn.c(v)].some((side) => isClaim(fn, side, "iss", context))) return v;
  }
  return NONE;
}

function isClaim(fn: FunctionView, v: number, name: string, context: TokenContext): boolean {
  const value = behind(fn, v);
  if (fn.op(value) !== Op.Member || fn.text(fn.b(value)) !== name) return false;
  const holder = behind(fn, fn.a(value));
  const payload = fn.op(holder) === Op.Member && /^(?:payload|claims|body)$/.test(fn.text(fn.b(holder)));
  return isDecoded(fn, payload ? fn.a(holder) : holder, context);
}

const AUDIENCE = /^aud(?:iences?)?$|^(?:client_?id|azp)$/i;

/** The function, or one that it calls, reads whom a token is meant for. */
function looksAtAudience(fn: FunctionView, context: TokenContext, depth: number): boolean {
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) === Op.Member && AUDIENCE.test(fn.text(fn.b(v)))) return true;
  }
  return (
    depth < 2 &&
    [...fn.calls].some(
      (v) =>
        fn.op(v) === Op.Call &&
        context
          .evaluate({ fn, v: fn.callee(v) })
          .some((o) => o.kind === "function" && o.fn.hasBody && looksAtAudience(o.fn, context, depth + 1)),
    )
  );
}

/** The default of something called `alg`, when it is the name of an algorithm. */
function defaultRow(fn: FunctionView): number {
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) !== Op.Default || fn.op(fn.b(v)) !== Op.String || !ALGORITHM.test(fn.text(fn.a(fn.b(v))))) continue;
    const given = fn.a(v);
    const name = fn.op(given) === Op.Param ? fn.info.params[fn.a(given)]?.name : fn.memberName(given);
    if (ALGORITHM_NAME.test(name ?? "")) return fn.start(given) === NONE ? v : given;
  }
  return NONE;
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

function isHeaderAlgorithm(fn: FunctionView, v: number, context: TokenContext): boolean {
  const value = behind(fn, v);
  return fn.op(value) === Op.Member && fn.text(fn.b(value)) === "alg" && isDecoded(fn, fn.a(value), context);
}

/** Text that was parsed here, or claims that a package only decoded. */
function isDecoded(fn: FunctionView, v: number, context: TokenContext): boolean {
  const value = behind(fn, v);
  if (fn.op(value) === Op.Call && calledAs(fn, value) === "JSON.parse") return true;
  if (fn.op(value) === Op.Member && fn.text(fn.b(value)) === "header") return isDecoded(fn, fn.a(value), context);
  if (fn.op(value) === Op.Call && decodesBelow(fn, value, context, 0)) return true;
  return leaves(context.evaluate({ fn, v: value })).some(
    (o) => o.kind === "source" && (o.source === "claims-unverified" || o.path.startsWith("token.header")),
  );
}

/** A function of the project whose name says that it decodes, and that parses a text. */
function decodesBelow(fn: FunctionView, v: number, context: TokenContext, depth: number): boolean {
  if (depth > 2 || (depth === 0 && !/decode|parse|header/i.test(calleeName(fn, fn.callee(v))))) return false;
  return context.evaluate({ fn, v: fn.callee(v) }).some((o) => {
    if (o.kind !== "function" || !o.fn.hasBody) return false;
    return [...o.fn.calls].some(
      (row) =>
        o.fn.op(row) === Op.Call &&
        (calledAs(o.fn, row) === "JSON.parse" || decodesBelow(o.fn, row, context, depth + 1)),
    );
  });
}
