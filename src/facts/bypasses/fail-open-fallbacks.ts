/** Answers that are taken for a yes where there is none, and tenants that stand in for a missing one. */
import { engineCall } from "../../frameworks/knowledge/verdicts.js";
import type { Bypass } from "../../model/facts.js";
import { LogicKind, NONE, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import { calleeName } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { LinkQueries } from "../../program/values/origin.js";
import { usersOf } from "../claims/token-values.js";
import { TENANT_NAME } from "./bypass-record.js";
import { namesOf, textOf } from "./bypass-text.js";
import { failsOpen } from "./fail-open.js";

/** Questions about what somebody may do, by their names; other questions have answers of other kinds. */
const ASKS =
  /^(?:can|may)(?:[A-Z_]|$)|^(?:is|are)_?(?:allowed|permitted|authori[sz]ed)|^has_?(?:perm|role|access|scope)|^(?:check|enforce|authori[sz]e|verify)_?(?:perm|role|access|scope|polic|member)|^(?:allows?|permits?)$/i;
const CALLER = /user|session|claims|auth|principal|identity|account|caller|viewer|member|actor|jwt/i;
const MAX_STEPS = 6;

/** `(await mayRead(user).catch(() => undefined)) ?? true`, `user.tenantId || "default"` */
export function allowingFallbacks(fn: FunctionView, queries: LinkQueries): readonly Bypass[] {
  const found: Bypass[] = [];
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) !== Op.Logic || fn.a(v) === LogicKind.And) continue;
    if (fn.op(behind(fn, fn.c(v))) === Op.True) {
      const asked = fn.a(v) === LogicKind.Nullish ? decisionIn(fn, fn.b(v), queries) : NONE;
      if (asked !== NONE)
        found.push(failsOpen(fn, v, "missing-value", `${textOf(fn, fn.callee(asked))}(…) ?? true`, "proven"));
    } else if (standsInForTenant(fn, v)) {
      found.push(failsOpen(fn, v, "missing-value", `${textOf(fn, fn.b(v))} ?? '…'`.slice(0, 120), "inferred"));
    }
  }
  return found;
}

/** The deciding call whose answer a value is, also caught. */
function decisionIn(fn: FunctionView, v: number, queries: LinkQueries): number {
  let at = v;
  for (let i = 0; i < MAX_STEPS; i += 1) {
    at = behind(fn, at);
    const op = fn.op(at);
    if (op === Op.Await || op === Op.Cast) at = fn.a(at);
    else if (op === Op.Call && fn.memberName(fn.callee(at)) === "catch") at = fn.a(fn.callee(at));
    else break;
  }
  if (fn.op(at) !== Op.Call) return NONE;
  if (ASKS.test(calleeName(fn, fn.callee(at)))) return at;
  const site = { fn, v: at, frame: null };
  const engines = queries
    .evaluate({ fn, v: fn.callee(at), frame: null })
    .map((callee) => engineCall(callee, site, queries));
  return engines.some((engine) => engine !== null && engine.form !== "throws") ? at : NONE;
}

/** `const tenantId = req.user.tenantId || "default"`: those who have no tenant share one. */
function standsInForTenant(fn: FunctionView, v: number): boolean {
  const other = behind(fn, fn.c(v));
  if (fn.op(other) !== Op.String || fn.text(fn.a(other)) === "") return false;
  const names = namesOf(fn, fn.b(v));
  const held = names.slice(0, -1).some((name) => CALLER.test(name));
  return held && TENANT_NAME.test(names.at(-1) ?? "") && isKept(fn, v);
}

/** It becomes a tenant's id: of a variable, a member or a property. */
function isKept(fn: FunctionView, v: number): boolean {
  return usersOf(fn, v).some((user) => {
    switch (fn.op(user)) {
      case Op.Store:
        return TENANT_NAME.test(fn.ancestor(fn.a(user))?.info.slots[fn.b(user)]?.name ?? "");
      case Op.SetMember:
        return TENANT_NAME.test(fn.text(fn.b(user)));
      case Op.Object:
        return [...fn.props(user)].some((prop) => prop.value === v && TENANT_NAME.test(prop.name));
      default:
        return false;
    }
  });
}
