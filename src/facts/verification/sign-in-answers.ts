/** Answers of identity providers to a sign-in: whether they are bound to it, signed, and meant for this service. */
import type { TokenVerification, TokenWeakness } from "../../model/facts.js";
import { NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Origin, PackageOrigin } from "../../program/values/origin.js";
import type { TokenContext } from "../claims/token-context.js";
import { symbolOf } from "../claims/token-values.js";
import { calledAs } from "./token-verifiers.js";

const SAML = /^(?:@node-saml\/(?:node-saml|passport-saml)|passport-saml|node-saml)$/;
const SAML_MAKER = /(?:^|\.)(?:SAML|Strategy|MultiSamlStrategy)$/;

/** Weak answers among the calls of a function. */
export function weakAnswers(fn: FunctionView, context: TokenContext): readonly TokenVerification[] {
  return Array.from(fn.calls).flatMap((v) => {
    if (fn.op(v) !== Op.Call && fn.op(v) !== Op.New) return [];
    const callee = context.queries
      .evaluate({ fn, v: fn.callee(v), frame: null })
      .find((o) => o.kind === "package" && (o.module === "openid-client" || SAML.test(o.module)));
    if (callee?.kind !== "package") return [];
    const kinds = callee.module === "openid-client" ? ofOpenId(fn, v, callee, context) : ofSaml(fn, v, callee, context);
    return kinds.length === 0 ? [] : [record(fn, v, callee, kinds)];
  });
}

function record(
  fn: FunctionView,
  v: number,
  callee: PackageOrigin,
  kinds: readonly TokenWeakness[],
): TokenVerification {
  const place = fn.place(v);
  return {
    place,
    library: callee.module,
    call: calledAs(fn, v),
    symbol: symbolOf(fn),
    weaknesses: kinds.map((kind) => ({ kind, place, detail: "" })),
    evidence: [],
  };
}

function ofOpenId(fn: FunctionView, v: number, callee: PackageOrigin, context: TokenContext): readonly TokenWeakness[] {
  const args = fn.args(v);
  switch (callee.path) {
    case "authorizationCodeGrant":
      return isUnbound(fn, args[2] ?? NONE, context) ? ["answer-unbound"] : [];
    case "fetchUserInfo":
      return skipsSubject(fn, args[2] ?? NONE, context) ? ["subject-unchecked"] : [];
    case "allowInsecureRequests":
      return ["insecure-transport"];
    default:
      return [];
  }
}

/** Neither state nor verifier is handed over; what cannot be read may hold them. */
function isUnbound(fn: FunctionView, checks: number, context: TokenContext): boolean {
  if (checks === NONE) return true;
  const options = context.queries.evaluate({ fn, v: checks, frame: null });
  if (options.length === 0 || !options.every(isObject)) return options.every((o) => o.kind === "constant");
  return options.every((o) => ["expectedState", "pkceCodeVerifier"].every((name) => isAbsent(o, name, context)));
}

function skipsSubject(fn: FunctionView, subject: number, context: TokenContext): boolean {
  if (subject === NONE) return false;
  return context.queries
    .evaluate({ fn, v: subject, frame: null })
    .some((o) => o.kind === "package" && o.module === "openid-client" && o.path === "skipSubjectCheck");
}

function ofSaml(fn: FunctionView, v: number, callee: PackageOrigin, context: TokenContext): readonly TokenWeakness[] {
  if (fn.op(v) !== Op.New || !SAML_MAKER.test(callee.path)) return [];
  const [first] = fn.args(v);
  const options = first === undefined ? [] : context.queries.evaluate({ fn, v: first, frame: null }).filter(isObject);
  const isOff = (name: string): boolean =>
    options.some((o) =>
      context.queries.project(o, [name]).some((value) => value.kind === "constant" && value.value === false),
    );
  const found: TokenWeakness[] = [];
  if (isOff("wantAssertionsSigned")) found.push("assertion-unsigned");
  if (isOff("audience")) found.push("audience-unchecked");
  return found;
}

function isObject(origin: Origin): boolean {
  return origin.kind === "literal" && origin.form === "object";
}

function isAbsent(origin: Origin, name: string, { queries }: TokenContext): boolean {
  return queries.project(origin, [name]).every((o) => o.kind === "constant" && o.value === undefined);
}
