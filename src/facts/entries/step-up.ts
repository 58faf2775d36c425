/** Signs of a step-up: a sign-in that must be recent or stronger than the session itself. */
import { Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import { calleeName } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";
import { namesOf } from "../bypasses/bypass-text.js";
import { variableOf } from "../claims/token-context.js";
import { operandsOf, usersOf } from "../claims/token-values.js";

/** Words of a function's name, parted by underscores, that ask for more than a session. */
const STRONGER =
  /(?:^|[\W_])(?:check|require|ensure|assert|verify|confirm|validate|demand|is|has|with|use|must)_?\w*?(?:recent_?(?:auth|login|sign_?in|session)|fresh_?(?:auth|login|session|token)|step_?up|sudo(?:_?mode)?|elevated|elevation|re_?auth(?:enticat\w*)?|reverif\w*|second_?factor|two_?factor|2fa|mfa|totp|otp|passkey|web_?authn|(?:current|old|confirm|user|own)_?password|password_?(?:again|confirm\w*))|^(?:fresh|sensitive)_?Session|^step_?up|^sudo(?:_?(?:mode|guard|required))?$|^re_?auth|^(?:re)?confirm_?password|Assurance_?Level$|reverification/i;
const UNDERSCORES = /([a-z0-9])([A-Z])/g;

/** Whether something by its name asks for more than a session: `requireRecentSignIn`, and not `listMfaFactors`. */
export function asksByName(name: string): boolean {
  return STRONGER.test(name.replace(UNDERSCORES, "$1_$2"));
}

/** Claims and columns that tell when, or how strongly, somebody signed in. */
const STRENGTH =
  /^(?:auth_?time|acr|amr|aal|acr_?values|(?:authenticat(?:ion|or)_?)?assurance_?level|authentication_?(?:level|strength)|last_?(?:re)?auth(?:enticat\w*)?_?(?:at|time)?|re_?authenticated_?(?:at|until)?|sudo_?(?:until|expires_?at|at)|elevated_?(?:until|at|expires_?at)?|step_?up_?(?:at|until)|mfa_?verified_?(?:at)?|has_?elevated_?(?:permission|session)s?|factor_?verification_?age|fva)$/i;
export const HASHES = /^(?:bcrypt|bcryptjs|@node-rs\/(?:bcrypt|argon2)|argon2|scrypt-kdf|@phc\/\w+|oslo.*)$/;
const COMPARES = /^(?:compare|compareSync|verify|verifySync)$/;
/** Codes of this moment, and passkeys. */
const ONE_TIME =
  /^(?:otplib|@otplib\/.*|speakeasy|@levminer\/speakeasy|otpauth|@epic-web\/totp|node-2fa|@simplewebauthn\/server)$/;
const ASKS_CODE =
  /^(?:verify|verifyDelta|verifySync|check|checkDelta|validate|verifyToken|verifyTOTP|verifyAuthenticationResponse)$/;

/** A call that asks for a stronger or recent sign-in. */
export function asksForStrength(
  fn: FunctionView,
  v: number,
  callees: readonly Origin[],
  queries: LinkQueries,
): boolean {
  if (fn.op(v) !== Op.Call) return false;
  const name = calleeName(fn, fn.callee(v));
  // `context.sudo()` asks nobody: it lifts the rules for what is called on its result
  if (name === "sudo" && fn.args(v).length === 0 && fn.op(fn.callee(v)) === Op.Member) return false;
  if (asksByName(name)) return !onlyAnswers(name) || !isUnheard(fn, v);
  if (name === "has" && asksReverification(fn, v)) return true;
  if (ASKS_CODE.test(name) && callees.some((o) => o.kind === "package" && ONE_TIME.test(o.module)))
    return !isUnheard(fn, v);
  if (COMPARES.test(name))
    return (
      callees.some((o) => o.kind === "package" && HASHES.test(o.module)) &&
      !comparesKey(fn, v) &&
      !comparesConfigured(fn, v, queries)
    );
  // the password is entered again: `verifyPassword(user, body.password)`
  return (
    /^(?:verify|check|validate|compare|confirm|match)_?(?:user_?)?passwords?$/i.test(name) && takesInput(fn, v, queries)
  );
}

/** `compare(secret, apiKey.hash)`: the hash of a key that is the whole sign-in, and nothing that is asked for besides. */
function comparesKey(fn: FunctionView, v: number): boolean {
  const names = [...fn.args(v)].flatMap((arg) => [...namesOf(fn, arg), ...namesOf(fn, behind(fn, arg))]);
  const told = [...names, fn.info.name];
  return told.some((name) => KEY.test(name)) && !told.some((name) => /pass(?:word|phrase|wd)|\bpin\b/i.test(name));
}

const KEY = /api_?key|access_?key|secret|token|hashed_?key/i;

/** `compare(given, hashSync(process.env.PASSWORD))`: the one password of the service signs everybody in, and asks for nothing besides. */
function comparesConfigured(fn: FunctionView, v: number, queries: LinkQueries): boolean {
  return [...fn.args(v)].some((arg) => {
    const value = behind(fn, arg);
    const parts = fn.op(value) === Op.Call ? [value, ...fn.args(value)] : [value];
    return parts.some((part) => queries.evaluate({ fn, v: part, frame: null }).some((o) => variableOf(o) !== ""));
  });
}

/** What libraries answer and never throw: whoever does not look at the answer asked for nothing. */
function onlyAnswers(name: string): boolean {
  return /^(?:checkRecentAuth|getAuthenticatorAssuranceLevel)$/.test(name);
}

/** `await checkRecentAuth({ maxAge: 300 });` */
function isUnheard(fn: FunctionView, v: number): boolean {
  const users = usersOf(fn, v);
  return users.every((user) => fn.op(user) === Op.Await && usersOf(fn, user).length === 0);
}

/** `has({ reverification: "strict" })` */
function asksReverification(fn: FunctionView, v: number): boolean {
  return [...fn.args(v)].some((arg) => {
    const value = behind(fn, arg);
    return fn.op(value) === Op.Object && [...fn.props(value)].some((prop) => prop.name === "reverification");
  });
}

function takesInput(fn: FunctionView, v: number, queries: LinkQueries): boolean {
  return [...fn.args(v)].some(
    (arg) =>
      /pass(?:word|phrase)|secret|pin/i.test(namesOf(fn, arg).at(-1) ?? "") ||
      queries.evaluate({ fn, v: arg, frame: null }).some((o) => o.kind === "source" && o.source === "input"),
  );
}

const compared = new WeakMap<FunctionView, boolean>();

/** `Date.now() / 1000 - session.auth_time > 300`, `amr.includes("otp")`, `if (!session.elevatedUntil)` */
export function comparesStrength(fn: FunctionView): boolean {
  let known = compared.get(fn);
  if (known === undefined) {
    known = fn.hasBody && anyComparison(fn);
    compared.set(fn, known);
  }
  return known;
}

function anyComparison(fn: FunctionView): boolean {
  for (let v = 0; v < fn.valueCount; v += 1) {
    switch (fn.op(v)) {
      case Op.Binary:
        if (isComparison(fn, v) && operandsOf(fn, v).some((one) => speaksOfStrength(fn, one, 0))) return true;
        break;
      case Op.Branch:
        if (speaksOfStrength(fn, fn.a(v), 0)) return true;
        break;
      case Op.Call:
        if (/^(?:includes|has|some)$/.test(calleeName(fn, fn.callee(v))) && speaksOfStrength(fn, fn.callee(v), 0))
          return true;
        break;
      default:
    }
  }
  return false;
}

function isComparison(fn: FunctionView, v: number): boolean {
  return /^(?:[!=]==?|[<>]=?)$/.test(fn.text(fn.a(v)));
}

const MAX_DEPTH = 4;

function speaksOfStrength(fn: FunctionView, v: number, depth: number): boolean {
  if (depth > MAX_DEPTH) return false;
  const value = behind(fn, v);
  const op = fn.op(value);
  if (op === Op.Member || op === Op.Index || op === Op.Var)
    return namesOf(fn, value).some((name) => STRENGTH.test(name));
  if (op === Op.Unary || op === Op.Binary || op === Op.Logic || op === Op.Call || op === Op.Default)
    return operandsOf(fn, value).some((one) => speaksOfStrength(fn, one, depth + 1));
  return false;
}
