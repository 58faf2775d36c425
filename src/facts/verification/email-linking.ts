/** Accounts found or linked by the e-mail of an OAuth profile, without asking whether the provider verified it. */

import { NONE, Op } from "../../model/lowered.js";
import type { TokenFlaw } from "../../model/token-flaws.js";
import { behind } from "../../program/facts/conditions.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Origin, PackageOrigin } from "../../program/values/origin.js";
import type { TokenContext } from "../claims/token-context.js";
import type { ClaimTracer } from "../claims/token-uses.js";
import { isWithin, symbolOf } from "../claims/token-values.js";
import { calledPackage } from "./token-verifiers.js";

/** Strategies that hand a profile to a callback of the project. */
const STRATEGY =
  /^(?:passport-(?!jwt|local|http|custom|saml|magic|headerapikey|anonymous|cookie|remember)|@superfaceai\/passport-|remix-auth-(?!form|totp|jwt|webauthn|email)|@nicokaiser\/passport-|@techmmunity\/passport-)/;
/** Providers that give out no e-mail that they have not verified. */
const VERIFIES_ITSELF = /facebook|apple|linkedin|twitter|slack/i;
const NEXT_PROVIDER = /^(?:next-auth|@auth\/[\w-]+)\/providers(?:\/|$)/;
/** Of these, the e-mails are verified before they are given out. */
const NEXT_VERIFIED = /google|github|facebook|apple|linkedin|discord|slack|email|resend|nodemailer/i;
const MAX_DEPTH = 3;

export function emailLinkings(fn: FunctionView, context: TokenContext, tracer: ClaimTracer): readonly TokenFlaw[] {
  const found: TokenFlaw[] = [];
  for (const v of fn.calls) {
    if (fn.op(v) === Op.Tagged) continue;
    const forced = forcedLinking(fn, v, context);
    if (forced !== null) found.push(forced);
    if (fn.op(v) !== Op.New && fn.op(fn.callee(v)) !== Op.Super) continue;
    const callee = calledPackage({ fn, v, frame: null }, context.queries);
    if (callee === null || !STRATEGY.test(callee.module) || VERIFIES_ITSELF.test(callee.module)) continue;
    for (const callback of callbacksOf(fn, v, context)) {
      const flaw = unverifiedEmail(callback, callee, context, tracer);
      if (flaw !== null) found.push(flaw);
    }
  }
  return [...found, ...linkedOnSignIn(fn, context, tracer)];
}

/**
 * `callbacks: { signIn({ user, account, profile }) { … } }` of Auth.js: the account of whoever has that address gets the
 * identity of the provider linked to it.
 */
function linkedOnSignIn(fn: FunctionView, context: TokenContext, tracer: ClaimTracer): readonly TokenFlaw[] {
  if (!fn.file.lowered.imports.some(({ module }) => isUnsure(module))) return [];
  const found: TokenFlaw[] = [];
  for (let v = 0; v < fn.valueCount; v += 1) {
    const callbacks = fn.op(v) === Op.Object ? behind(fn, fn.prop(v, "callbacks")) : NONE;
    const signIn = callbacks === NONE || fn.op(callbacks) !== Op.Object ? NONE : fn.prop(callbacks, "signIn");
    if (signIn === NONE) continue;
    for (const origin of context.evaluate({ fn, v: signIn })) {
      if (origin.kind !== "function" || !origin.fn.hasBody || !linksIdentity(origin.fn)) continue;
      const flaw = asksOfProfile(origin.fn, context) ? null : soughtByEmail(origin.fn, context, tracer);
      if (flaw !== null) found.push(flaw);
    }
  }
  return found;
}

/** A provider of Auth.js of which not every address is verified. */
function isUnsure(module: string): boolean {
  return NEXT_PROVIDER.test(module) && !/\/credentials$/.test(module) && !NEXT_VERIFIED.test(module);
}

/** `{ userId, provider, providerAccountId }`: the row by which Auth.js lets an identity into an account. */
function linksIdentity(fn: FunctionView): boolean {
  for (let i = 0; i < fn.file.functionCount; i += 1) {
    const inner = fn.file.fn(i);
    if (!isWithin(inner, fn)) continue;
    for (let v = 0; v < inner.valueCount; v += 1) {
      if (inner.op(v) !== Op.Object || inner.prop(v, "providerAccountId") === NONE) continue;
      if (inner.prop(v, "userId") !== NONE || inner.prop(v, "user") !== NONE) return true;
    }
  }
  return false;
}

/** The address of `user` or `profile` by which a row is looked for. */
function soughtByEmail(fn: FunctionView, context: TokenContext, tracer: ClaimTracer): TokenFlaw | null {
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) !== Op.Member || fn.text(fn.b(v)) !== "email" || !/^(?:user|profile)$/.test(nameOf(fn, fn.a(v))))
      continue;
    const use = tracer.trace({ fn, v }, [], "token").find((one) => one.kind === "query");
    if (use === undefined) continue;
    return {
      kind: "email-unverified",
      place: use.at.fn.place(use.at.v),
      call: "signIn",
      symbol: symbolOf(fn),
      detail: "",
      evidence: [{ place: fn.place(v), note: "the address that the provider gave" }, ...use.evidence],
      confidence: context.evaluate({ fn, v }).length > 0 ? "proven" : "inferred",
    };
  }
  return null;
}

/** What the provider says of the address is asked, here or by a function that is given the profile. */
function asksOfProfile(fn: FunctionView, context: TokenContext): boolean {
  for (let v = 0; v < fn.valueCount; v += 1) {
    const name = fn.op(v) === Op.Member ? fn.text(fn.b(v)) : "";
    if (/verified|^hd$/i.test(name) && nameOf(fn, fn.a(v)) === "profile") return true;
  }
  return [...fn.calls].some((row) => {
    const handed = fn.op(row) !== Op.Tagged && [...fn.args(row)].some((arg) => nameOf(fn, arg) === "profile");
    return (
      handed &&
      context
        .evaluate({ fn, v: fn.callee(row) })
        .some((o) => o.kind === "function" && o.fn.hasBody && o.fn !== fn && readsVerified(o.fn))
    );
  });
}

/** The name under which a parameter holds it: `user` of `({ user, profile })` and of `params.user`. */
function nameOf(fn: FunctionView, v: number): string {
  const value = behind(fn, v);
  return fn.op(value) === Op.Member && fn.op(behind(fn, fn.a(value))) === Op.Param ? fn.text(fn.b(value)) : "";
}

/** Functions that the strategy calls with a profile: an argument, or the method `validate` of the class. */
function callbacksOf(fn: FunctionView, v: number, context: TokenContext): readonly FunctionView[] {
  if (fn.op(fn.callee(v)) === Op.Super) {
    const methods: FunctionView[] = [];
    for (let i = 0; i < fn.file.functionCount; i += 1) {
      const one = fn.file.fn(i);
      if (one.info.class === fn.thisClass && one.info.name === "validate" && one.hasBody) methods.push(one);
    }
    return methods;
  }
  return [...fn.args(v)].flatMap((arg) =>
    context.evaluate({ fn, v: arg }).flatMap((o) => (o.kind === "function" && o.fn.hasBody ? [o.fn] : [])),
  );
}

function unverifiedEmail(
  callback: FunctionView,
  strategy: PackageOrigin,
  context: TokenContext,
  tracer: ClaimTracer,
): TokenFlaw | null {
  const profile = callback.info.params.findIndex((p) => /profile/i.test(p.name));
  for (const v of emailReads(callback, profile)) {
    const use = tracer.trace({ fn: callback, v }, [], "token").find((one) => one.kind === "query");
    if (use === undefined) continue;
    if (asksVerified(callback, context, profile, 0)) return null;
    return {
      kind: "email-unverified",
      place: callback.place(v),
      call: strategy.module,
      symbol: symbolOf(callback),
      detail: "",
      evidence: [...use.evidence, { place: use.at.fn.place(use.at.v), note: "the account is sought here" }],
      confidence: "proven",
    };
  }
  return null;
}

/** Reads of `emails` or `email` of the profile. */
function emailReads(fn: FunctionView, profile: number): readonly number[] {
  const found: number[] = [];
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) !== Op.Member || !/^emails?$/.test(fn.text(fn.b(v)))) continue;
    if (readsProfile(fn, fn.a(v), profile)) found.push(v);
  }
  return found;
}

/** `profile`, `profile._json`, the member `profile` of the only parameter. */
function readsProfile(fn: FunctionView, v: number, profile: number): boolean {
  let at = behind(fn, v);
  let named = false;
  for (let i = 0; i < 6; i += 1) {
    if (fn.op(at) === Op.Param) return named || fn.a(at) === profile;
    if (fn.op(at) !== Op.Member) return false;
    named ||= fn.text(fn.b(at)) === "profile";
    at = behind(fn, fn.a(at));
  }
  return false;
}

/** Somebody on the way reads a claim that says the e-mail was verified. */
function asksVerified(fn: FunctionView, context: TokenContext, profile: number, depth: number): boolean {
  for (let i = 0; i < fn.file.functionCount; i += 1) {
    const inner = fn.file.fn(i);
    if (isWithin(inner, fn) && readsVerified(inner)) return true;
  }
  if (depth >= MAX_DEPTH) return false;
  return [...fn.calls].some((row) => {
    if (fn.op(row) === Op.Tagged || !handsProfile(fn, row, profile)) return false;
    return context
      .evaluate({ fn, v: fn.callee(row) })
      .some(
        (o: Origin) =>
          o.kind === "function" && o.fn.hasBody && o.fn !== fn && asksVerified(o.fn, context, -1, MAX_DEPTH),
      );
  });
}

function readsVerified(fn: FunctionView): boolean {
  for (let v = 0; v < fn.valueCount; v += 1) {
    const op = fn.op(v);
    if (op === Op.Member && /verified|^hd$/i.test(fn.text(fn.b(v)))) return true;
    if (op === Op.Index && fn.op(fn.b(v)) === Op.String && /verified/i.test(fn.text(fn.a(fn.b(v))))) return true;
  }
  return false;
}

/** Whether a call is given the profile, its e-mails, or an object with one of them. */
function handsProfile(fn: FunctionView, row: number, profile: number): boolean {
  const isProfile = (v: number): boolean => {
    const value = behind(fn, v);
    if (fn.op(value) === Op.Param) return fn.a(value) === profile;
    return fn.op(value) === Op.Member && /^(?:profile|_json|emails)$/.test(fn.text(fn.b(value)));
  };
  return [...fn.args(row)].some((arg) => {
    const value = behind(fn, arg);
    if (fn.op(value) !== Op.Object) return isProfile(value);
    return [...fn.props(value)].some((prop) => prop.value !== NONE && isProfile(prop.value));
  });
}

/** `allowDangerousEmailAccountLinking: true` */
function forcedLinking(fn: FunctionView, v: number, context: TokenContext): TokenFlaw | null {
  const [options] = fn.args(v);
  if (options === undefined) return null;
  const value = fn.prop(behind(fn, options), "allowDangerousEmailAccountLinking");
  if (value === NONE || !context.evaluate({ fn, v: value }).some((o) => o.kind === "constant" && o.value === true)) {
    return null;
  }
  const callee = context.evaluate({ fn, v: fn.callee(v) }).find((o): o is PackageOrigin => o.kind === "package");
  if (callee === undefined || !NEXT_PROVIDER.test(callee.module)) return null;
  return {
    kind: "email-linking-forced",
    place: fn.place(v),
    call: "allowDangerousEmailAccountLinking",
    symbol: symbolOf(fn),
    detail: "",
    evidence: [],
    confidence: NEXT_VERIFIED.test(callee.module + callee.path) ? "named" : "proven",
  };
}
