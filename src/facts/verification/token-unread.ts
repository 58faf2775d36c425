/** Verifications of which no claim is read, before somebody is signed in whom the request names. */
import { NONE, Op } from "../../model/lowered.js";
import type { TokenFlaw } from "../../model/token-flaws.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Origin } from "../../program/values/origin.js";
import { namesOf } from "../bypasses/bypass-text.js";
import type { TokenContext } from "../claims/token-context.js";
import { symbolOf, usersOf } from "../claims/token-values.js";
import { isSigned } from "./token-cookies.js";
import { calledAs, type VerifierCall, verifierCall } from "./token-verifiers.js";

const PERSON = /^(?:e?mail(?:_?address)?|user_?(?:id|name)|account_?id|phone(?:_?number)?|login|handle)$/i;
/** Another proof of who it is. */
const PROOF = /passw|passphrase|otp|passkey|assertion|challenge_?response|pin$/i;
const STARTS =
  /^(?:set|create|start|issue|generate|make|sign|open)_?\w*(?:auth|session|token|cookie|jwt)\w*$|^log_?in$|^sign_?in$/i;
const DECODES = /decode|parse/i;

/** Places of a function that ask only whether a token is genuine, and then sign in whom the request names. */
export function unreadClaims(fn: FunctionView, context: TokenContext): readonly TokenFlaw[] {
  const calls = [...fn.calls].filter((v) => fn.op(v) === Op.Call);
  const unread = calls.find((v) => isUnused(fn, v) && verifies(fn, v, context));
  if (unread === undefined) return [];
  const later = calls.filter((v) => v > unread);
  if (!later.some((v) => startsSession(fn, v, context)) || calls.some((v) => isProof(fn, v) || decodes(fn, v)))
    return [];
  const named = later.find((v) => [...fn.args(v)].some((arg) => namesPerson(fn, arg, context)));
  if (named === undefined) return [];
  return [
    {
      kind: "claims-unread",
      place: fn.place(unread),
      call: calledAs(fn, unread),
      symbol: symbolOf(fn),
      detail: "Who is signed in is what the request says",
      evidence: [{ place: fn.place(named), note: "what the request says is used here" }],
      confidence: "proven",
    },
  ];
}

/** The answer goes nowhere. */
function isUnused(fn: FunctionView, v: number): boolean {
  return usersOf(fn, v).every((row) => fn.op(row) === Op.Await && usersOf(fn, row).length === 0);
}

/** `jwt.verify(…)`, or a function of the project that returns what that answered. */
function verifies(fn: FunctionView, v: number, context: TokenContext): boolean {
  const direct = verifierCall({ fn, v, frame: null }, context.queries);
  if (direct !== null) return throws(direct);
  return context
    .evaluate({ fn, v: fn.callee(v) })
    .some((o) => o.kind === "function" && o.fn.returns.some((row) => returnsClaims(o.fn, row, context)));
}

function returnsClaims(fn: FunctionView, row: number, context: TokenContext): boolean {
  if (fn.a(row) === NONE) return false;
  const { fn: at, v } = context.written({ fn, v: fn.a(row) });
  const call = at.op(v) === Op.Call ? verifierCall({ fn: at, v, frame: null }, context.queries) : null;
  return call !== null && throws(call);
}

/** The token is its argument, and the answer what the token says. */
function throws({ verifier }: VerifierCall): boolean {
  return verifier.token !== NONE;
}

function startsSession(fn: FunctionView, v: number, context: TokenContext): boolean {
  return STARTS.test(namesOf(fn, fn.callee(v)).at(-1) ?? "") || isSigned({ fn, v }, context, 0);
}

function isProof(fn: FunctionView, v: number): boolean {
  const names = [...namesOf(fn, fn.callee(v)), ...[...fn.args(v)].flatMap((arg) => namesOf(fn, arg))];
  return names.some((name) => PROOF.test(name));
}

function decodes(fn: FunctionView, v: number): boolean {
  return DECODES.test(namesOf(fn, fn.callee(v)).at(-1) ?? "");
}

/** `findBy({ email })` with the e-mail of the request. */
function namesPerson(fn: FunctionView, arg: number, context: TokenContext): boolean {
  const values = fn.op(arg) === Op.Object ? [...fn.props(arg)].map((prop) => prop.value) : [arg];
  return values.some((value) => {
    const name = namesOf(fn, value).at(-1) ?? "";
    return PERSON.test(name) && context.evaluate({ fn, v: value }).some(isSent);
  });
}

function isSent(origin: Origin): boolean {
  return origin.kind === "parameter" || (origin.kind === "source" && origin.source === "input");
}
