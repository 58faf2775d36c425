/** Handlers that sign people up or in: they create an account or a session, and hand out a token for it. */
import type { RawEntry } from "../../frameworks/routing.js";
import type { PublicIntent } from "../../model/facts.js";
import { Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";
import { SIGNERS } from "../claims/session-libraries.js";
import { calledAs } from "../verification/token-verifiers.js";

const ACCOUNTS = /(?:^|\/)(?:users?|accounts?|members|customers|players)$/i;
const SESSIONS = /(?:^|\/)sessions?$/i;
const MAX_DEPTH = 3;

/** True for calls that sign a token, or that come to one. */
export function issuesToken(callees: readonly Origin[], queries: LinkQueries): boolean {
  return callees.some((callee) => (callee.kind === "function" ? signs(callee.fn, queries, 0) : isSigner(callee)));
}

const known = new WeakMap<FunctionView, boolean>();

function signs(fn: FunctionView, queries: LinkQueries, depth: number): boolean {
  const answer = known.get(fn);
  if (answer !== undefined || depth > MAX_DEPTH) return answer ?? false;
  known.set(fn, false);
  const found = fn.calls.some((v) => {
    if (fn.op(v) !== Op.Call && fn.op(v) !== Op.New) return false;
    const named = /sign|token|jwt|encode|session/i.test(calledAs(fn, v));
    return (
      named &&
      queries
        .evaluate({ fn, v: fn.callee(v), frame: null })
        .some((o) => isSigner(o) || (o.kind === "function" && signs(o.fn, queries, depth + 1)))
    );
  });
  known.set(fn, found);
  return found;
}

function isSigner(callee: Origin): boolean {
  return (
    callee.kind === "package" &&
    SIGNERS.some((signer) => signer.module.test(callee.module) && signer.path.test(callee.path))
  );
}

/** `POST /users`, `POST /session` that answers with a token. */
export function signUpIntent(raw: RawEntry, issues: boolean): PublicIntent | null {
  if (!issues || raw.method !== "POST") return null;
  if (SESSIONS.test(raw.path))
    return { by: "convention", reason: "signs people in: it hands out a token", place: null };
  if (!ACCOUNTS.test(raw.path)) return null;
  return { by: "convention", reason: "signs people up: it hands out a token for what it creates", place: null };
}
