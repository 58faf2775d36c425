/** Signs inside a handler that callers whom nobody knows are expected: it opens a session for guests, or asks who is there. */
import type { RawEntry } from "../../frameworks/routing.js";
import type { PublicIntent } from "../../model/facts.js";
import { LogicKind, NONE, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import type { Fact } from "../../program/facts/facts.js";
import { calleeName } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Frame, Origin } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import { isCachedForAll } from "./answered-headers.js";

const GUEST_SIGN_IN = /(?:^|\.)signInAnonymous(?:ly)?$/;
const SESSION_LIBRARIES = /^(?:better-auth|@supabase\/|firebase|@firebase\/|appwrite|node-appwrite)/;
/** `findPublicProfile`, `toPublicJson`; the public half of a pair of keys is another matter */
const OF_PUBLIC =
  /^(?:get|find|load|fetch|list|read|to|as|render|serialize|present)(?:All|One|Many)?Public(?!Key|Url|URL|Path|Id|Client|Config|Env|Ip|IP|Address|Suffix|Folder|Dir)(?:[A-Z]\w*)?$/;

/** True for calls of a library that open a session for somebody who has shown nothing. */
export function opensGuestSession(callees: readonly Origin[]): boolean {
  return callees.some((o) => o.kind === "package" && SESSION_LIBRARIES.test(o.module) && GUEST_SIGN_IN.test(o.path));
}

/**
 * A session for guests, or a read that by its name gives what everybody may see.
 *
 * @param asks on some of its ways it matters who calls: what is public is then one of several things that it gives
 */
export function guestIntent(
  { method, handler }: RawEntry,
  opensSession: boolean,
  asks: boolean,
  { queries }: Analysis,
): PublicIntent | null {
  if (opensSession) return { by: "convention", reason: "opens a session for guests", place: null };
  if (asks || (method !== "GET" && method !== "QUERY") || handler.kind !== "function") return null;
  if (isCachedForAll(handler, queries))
    return { by: "convention", reason: "lets every cache keep what it answers", place: null };
  return Array.from(handler.fn.calls).some((v) => isOfPublic(handler.fn, v))
    ? { by: "convention", reason: "hands out what is named public", place: null }
    : null;
}

/** the session or its holder as a whole, not something that stands in it */
const WHO_CALLS =
  /^(?:session|claims|payload|user|session\.user|auth|(?:session\.|claims\.)?(?:user\.id|user_?id|sub))?$/i;

/** `if (session) throw new Error("already signed in")`: whoever is known is sent away, so the rest are meant. */
export function strangersIntent(facts: readonly Fact[]): PublicIntent | null {
  const turnsAwayKnown = facts.some(
    (fact) => fact.kind === "absent" && fact.of.some(isWhoCalls) && fact.of.every((o) => isWhoCalls(o) || isMissing(o)),
  );
  return turnsAwayKnown ? { by: "convention", reason: "turns away those who are signed in", place: null } : null;
}

function isWhoCalls(origin: Origin): boolean {
  return origin.kind === "source" && origin.source === "identity" && !origin.through && WHO_CALLS.test(origin.path);
}

function isMissing(origin: Origin): boolean {
  return origin.kind === "constant" && (origin.value === null || origin.value === undefined);
}

function isOfPublic(fn: FunctionView, v: number): boolean {
  return fn.op(v) === Op.Call && OF_PUBLIC.test(calleeName(fn, fn.callee(v)));
}

/** `const mayEdit = ctx.user ? await canEdit(ctx.user, row) : false`: it was written for callers of both kinds. */
export function asksForCaller(handler: Origin, frame: Frame | null, analysis: Analysis): boolean {
  if (handler.kind !== "function") return false;
  const { fn } = handler;
  for (let v = 0; v < fn.valueCount; v += 1) {
    const test = testedAt(fn, v);
    if (test === NONE) continue;
    const origins = leaves(analysis.queries.evaluate({ fn, v: test, frame }));
    if (origins.length > 0 && origins.every((o) => o.kind === "source" && o.source === "identity")) return true;
  }
  return false;
}

/** The value that decides which way is taken, a negation looked through. */
function testedAt(fn: FunctionView, v: number): number {
  const op = fn.op(v);
  let test = NONE;
  if (op === Op.Cond || op === Op.Branch) test = behind(fn, fn.a(v));
  else if (op === Op.Logic && fn.a(v) === LogicKind.And) test = behind(fn, fn.b(v));
  if (test === NONE) return NONE;
  return fn.op(test) === Op.Unary && fn.text(fn.a(test)) === "!" ? behind(fn, fn.b(test)) : test;
}
