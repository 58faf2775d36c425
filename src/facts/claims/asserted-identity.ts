/** Who calls, written into the request from what the client says of itself. */

import type { Confidence } from "../../model/facts.js";
import { Op } from "../../model/lowered.js";
import type { TokenFlaw } from "../../model/token-flaws.js";
import { behind } from "../../program/facts/conditions.js";
import type { Fact } from "../../program/facts/facts.js";
import { METHODS_OF_VALUES } from "../../program/linking/builtins.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin } from "../../program/values/origin.js";
import { holdsIdentity } from "../verification/token-words.js";
import type { TokenContext } from "./token-context.js";
import type { ClaimTracer } from "./token-uses.js";
import { symbolOf } from "./token-values.js";

/** Names under which the caller is kept; a bare id may as well be the row that is asked for. */
const CALLER = /^(?:current_?|auth_?)?(?:user|account|principal|viewer|identity|caller|session)$/i;
const CALLER_ID = /^(?:current_?|auth_?)(?:user|account)_?id$|^(?:is_?admin|roles?)$/i;
const ID = ["id", "userId", "sub", "email", "role", "roles", "isAdmin"];
/** Headers that a gateway may set, and that any client can send where no gateway takes them off. */
const GATEWAY = /^headers\.(?:x-|remote-|cf-access-)/;
const STATED_COOKIE = /^cookies\.(?:user|uid|account|role|is_?admin|email)/i;
const STATED = /^(?:body|query|input|cookies|headers)\b/;

/** `req.user = { id: req.headers["x-user-id"] }` */
export function assertedIdentities(fn: FunctionView, context: TokenContext): readonly TokenFlaw[] {
  const found: TokenFlaw[] = [];
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) !== Op.SetMember) continue;
    const name = fn.text(fn.b(v));
    if (!(CALLER.test(name) || CALLER_ID.test(name)) || !holdsIdentity(fn, fn.a(v), name)) continue;
    const from = statedSource(context.evaluate({ fn, v: fn.c(v) }), context);
    if (from === null || isVouchedFor(fn, v, context)) continue;
    found.push({
      kind: "asserted-identity",
      place: fn.place(v),
      call: from.path,
      symbol: symbolOf(fn),
      detail: "",
      evidence: [],
      confidence: from.confidence,
    });
  }
  return found;
}

/** What providers let users write about themselves, and what of it speaks of privileges or tenants. */
const OWN_METADATA = /^(?:user_?metadata|unsafe_?metadata|raw_user_meta_data)$/i;
const AUTHORITY = /^(?:roles?|is_?admin|admin|permissions?|scopes?|tenant_?id|org(?:anization)?_?id|plan)$/i;

/** `user.user_metadata.role === "admin"` */
export function metadataDecisions(fn: FunctionView): readonly TokenFlaw[] {
  return metadataReads(fn, AUTHORITY)
    .filter((v) => decidesOn(fn, v))
    .map((v) => metadataFlaw(fn, v, []));
}

const NAMES_SOMEBODY = /^(?:e_?mail|sub|user_?id)$/i;

/** `findUnique({ where: { email: user.user_metadata.email } })`: whose account is found is what the user wrote about themselves. */
export function metadataIdentities(fn: FunctionView, tracer: ClaimTracer): readonly TokenFlaw[] {
  return metadataReads(fn, NAMES_SOMEBODY).flatMap((v) => {
    const use = tracer.trace({ fn, v }, [], "token").find(({ kind }) => kind === "query" || kind === "identity");
    if (use === undefined) return [];
    const found = { place: use.at.fn.place(use.at.v), note: "somebody is found by it here" };
    return [metadataFlaw(fn, v, [...use.evidence, found])];
  });
}

/** Reads of such members of what users write about themselves. */
function metadataReads(fn: FunctionView, wanted: RegExp): readonly number[] {
  const found: number[] = [];
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) !== Op.Member || !wanted.test(fn.text(fn.b(v)))) continue;
    const holder = behind(fn, fn.a(v));
    if (fn.op(holder) === Op.Member && OWN_METADATA.test(fn.text(fn.b(holder)))) found.push(v);
  }
  return found;
}

function metadataFlaw(fn: FunctionView, v: number, evidence: TokenFlaw["evidence"]): TokenFlaw {
  return {
    kind: "asserted-identity",
    place: fn.place(v),
    call: `${fn.text(fn.b(behind(fn, fn.a(v))))}.${fn.text(fn.b(v))}`,
    symbol: symbolOf(fn),
    detail: "",
    evidence,
    confidence: "proven",
  };
}

/** It is compared, tested, or asked for what it includes. */
function decidesOn(fn: FunctionView, value: number): boolean {
  const is = (v: number): boolean => v === value || behind(fn, v) === value;
  for (let v = 0; v < fn.valueCount; v += 1) {
    switch (fn.op(v)) {
      case Op.Binary:
        if (is(fn.b(v)) || is(fn.c(v))) return true;
        break;
      case Op.Branch:
        if (is(fn.a(v))) return true;
        break;
      case Op.Unary:
        if (is(fn.b(v))) return true;
        break;
      case Op.Call: {
        const callee = fn.callee(v);
        if (fn.op(callee) === Op.Member && /^(?:includes|has|some)$/.test(fn.memberName(callee)) && is(fn.a(callee)))
          return true;
        break;
      }
      default:
    }
  }
  return false;
}

interface Stated {
  readonly path: string;
  readonly confidence: Confidence;
}

/** What of the request the caller is made of, when it is made of nothing else. */
function statedSource(origins: readonly Origin[], context: TokenContext): Stated | null {
  const parts = origins.flatMap((o) =>
    o.kind === "literal" && o.form === "object"
      ? ID.flatMap((key) => [...leaves(context.queries.project(o, [key]))].filter((p) => !isNothing(p)))
      : [...leaves([o])],
  );
  const told = parts.filter((o) => !isNothing(o));
  const paths = told.map(statedPath);
  const [first] = paths;
  if (first === undefined || first === "" || paths.includes("")) return null;
  return { path: first, confidence: paths.some((path) => GATEWAY.test(path)) ? "inferred" : "proven" };
}

/** `body.userId`, '' for everything that the client does not state. */
function statedPath(origin: Origin): string {
  if (origin.kind === "parameter") return ofRequest(origin);
  if (origin.kind === "apply") return headerAskedFor(origin);
  if (origin.kind !== "source" || !STATED.test(origin.path)) return "";
  if (origin.source === "input") return origin.path;
  return origin.source === "credential" && STATED_COOKIE.test(origin.path) ? origin.path : "";
}

/** `req.get("x-remote-user")`, `req.header("x-user-email")` of a parameter that is called as requests are. */
function headerAskedFor({ callee, site }: Extract<Origin, { kind: "apply" }>): string {
  const { fn, v } = site;
  const [first] = fn.op(v) === Op.Call ? fn.args(v) : [];
  if (callee.kind !== "parameter" || first === undefined || fn.op(first) !== Op.String) return "";
  const path = callee.path.join(".");
  return /^(?:req\.|request\.)?(?:header|get|headers\.get)$/.test(path) && isRequest(callee)
    ? `headers.${fn.text(fn.a(first)).toLowerCase()}`
    : "";
}

function isRequest({ fn, index }: Extract<Origin, { kind: "parameter" }>): boolean {
  return /^(?:req|request|ctx|context|c)$/.test(fn.info.params[index]?.name ?? "");
}

/** A member of a parameter that is called as requests are. */
function ofRequest(origin: Extract<Origin, { kind: "parameter" }>): string {
  const { path } = origin;
  if (!isRequest(origin)) return "";
  const parts = /^(?:req|request)$/.test(path[0] ?? "") ? path.slice(1) : path;
  const text = parts.join(".");
  if (parts.length < 2 || METHODS_OF_VALUES.has(parts.at(-1) ?? "")) return "";
  if (text.startsWith("cookies.")) return STATED_COOKIE.test(text) ? text : "";
  return /^(?:body|query|headers)\./.test(text) && !/authorization|token|cookie/i.test(text) ? text : "";
}

/** Constants, and what decoding adds: a packed value is as much the client's as a plain one. */
function isNothing(origin: Origin): boolean {
  return origin.kind === "constant" || (origin.kind === "source" && origin.source === "neutral");
}

/** A shared secret, a signature or a verified identity stands before it. */
function isVouchedFor(fn: FunctionView, v: number, context: TokenContext): boolean {
  const { guarantees } = context.input;
  const facts = guarantees.factsAt({ fn, v, frame: null });
  const level = guarantees.checks.level(facts, context.queries)?.level;
  return level === "identity" || level === "signature" || level === "secret" || isAllowedToAct(facts);
}

const PRIVILEGE =
  /(?:^|\.)(?:user|session|auth|account|viewer)\.(?:\w+\.)*(?:\w*role|is_?\w*admin|\w*permissions?|is_?staff|\w*scopes?)$/i;

/** Who is known already was asked for a role: they act for whom they name, and that is another question (AG409). */
function isAllowedToAct(facts: readonly Fact[]): boolean {
  const asksCaller = (o: Origin): boolean =>
    (o.kind === "parameter" && PRIVILEGE.test(o.path.join("."))) ||
    (o.kind === "source" && o.source === "identity" && PRIVILEGE.test(`user.${o.path}`));
  return facts.some((fact) => {
    if (fact.kind === "equal") return [...fact.left, ...fact.right].some((o) => leaves([o]).some(asksCaller));
    return fact.kind === "present" && leaves(fact.of).some(asksCaller);
  });
}
