/** Acting as somebody else: honoured without asking who really calls, on writes, or begun without a record. */
import type { Bypass, BypassCause, Confidence } from "../../model/facts.js";
import { LogicKind, NONE, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import { graphOf } from "../../program/facts/control-flow.js";
import { calleeName } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Frame, LinkQueries, Site } from "../../program/values/origin.js";
import { operandsOf } from "../claims/token-values.js";
import type { JudgedEntry } from "../entries/entries.js";
import { predicateOf } from "./bypass-predicates.js";
import { DECIDES, leavesOfTest, make } from "./bypass-record.js";
import { RECORDS, sideFrom } from "./bypass-shape.js";
import { namesOf, textOf } from "./bypass-text.js";

const ACTING =
  /impersonat|act(?:ing)?_?as|masquerad|assumed_?user|log_?in_?as|switched_?user|sudo_?user|on_?behalf_?of/i;
const ENDS = /stop|end|exit|clear|cancel|leave|revert|unset|remove|quit|finish|reset|token_?exchange/i;
const CHECKS = /valid|verif|authori|check|assert|ensure|require|can[A-Z]|allow|permit|isAdmin/;
const CHANGES =
  /^(?:create|update|delete|remove|save|set|add|import|patch|insert|upsert|assign|toggle|cancel|archive|transfer|send|publish)(?![a-z])/;
const WRITES: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH", "DELETE", "MUTATION"]);
const MAX_DEPTH = 3;

function record(fn: FunctionView, v: number, text: string, cause: BypassCause, confidence: Confidence): Bypass {
  const predicate = { kind: "superuser", when: true, scope: "instance", text } as const;
  return { ...make(fn, v, predicate, "impersonation", ["decision"], { audited: false, confidence }), cause };
}

/** `if (impersonatedId) return impersonatedId;` and `return impersonatedId ?? user.id` where nothing asks for a privilege. */
export function uncheckedImpersonation(fn: FunctionView, queries: LinkQueries): readonly Bypass[] {
  const found: Bypass[] = [];
  for (const row of fn.returns) {
    if (fn.a(row) === NONE) continue;
    const value = behind(fn, fn.a(row));
    const either = fn.op(value) === Op.Logic && fn.a(value) !== LogicKind.And;
    const acting = either ? fn.b(value) : fn.a(row);
    if (!namesActing(fn, acting) || (!either && !isChosen(fn, acting, queries))) continue;
    if (asksForPrivilege(fn, queries) || isCheckedAtSource(fn, acting, queries)) continue;
    found.push(record(fn, row, textOf(fn, acting).slice(0, 120), "unchecked", "proven"));
  }
  return found;
}

/** An id of somebody, and not a function, a flag or a record of it. */
function namesActing(fn: FunctionView, v: number): boolean {
  const last = namesOf(fn, v).at(-1) ?? "";
  const op = fn.op(v);
  return (
    (op === Op.Var || op === Op.Member || op === Op.Param) &&
    ACTING.test(last) &&
    /user|id$|account|actor|sub$/i.test(last) &&
    !/^is/i.test(last)
  );
}

/** A condition on the value chooses it over the caller's own: there is another way out that returns something else. */
function isChosen(fn: FunctionView, acting: number, queries: LinkQueries): boolean {
  const text = textOf(fn, acting);
  return graphOf(fn).blocks.some((block) => {
    const row = block.terminator;
    if (row === NONE || fn.op(row) !== Op.Branch) return false;
    const leaf = leavesOfTest(fn, fn.a(row)).find((one) => textOf(fn, one.v) === text);
    if (leaf === undefined) return false;
    const other = sideFrom(fn, leaf.sense ? fn.c(row) : fn.b(row), queries);
    return other.passes.some(
      (way) =>
        fn.op(way) === Op.Return &&
        fn.a(way) !== NONE &&
        fn.op(behind(fn, fn.a(way))) !== Op.Undefined &&
        fn.op(behind(fn, fn.a(way))) !== Op.Null,
    );
  });
}

/** Some condition of the function looks at a privilege, or some call decides. */
function asksForPrivilege(fn: FunctionView, queries: LinkQueries): boolean {
  for (let v = 0; v < fn.valueCount; v += 1) {
    const op = fn.op(v);
    if (op === Op.Call && CHECKS.test(calleeName(fn, fn.callee(v)).replace(/^isAuthenticated$/, ""))) return true;
    if (op !== Op.Branch && op !== Op.Logic && op !== Op.Cond) continue;
    const test = op === Op.Logic ? v : fn.a(v);
    if (leavesOfTest(fn, test).some((leaf) => predicateOf(fn, leaf.v, queries)?.kind === "superuser")) return true;
  }
  return false;
}

/** What yields the id verifies it: `validateImpersonation(…)`, or a function that asks for a privilege itself. */
function isCheckedAtSource(fn: FunctionView, v: number, queries: LinkQueries): boolean {
  const written = behind(fn, v);
  if (fn.op(written) !== Op.Call) return false;
  const name = calleeName(fn, fn.callee(written));
  if (CHECKS.test(name) || DECIDES.test(name)) return true;
  return queries
    .evaluate({ fn, v: fn.callee(written), frame: null })
    .some((origin) => origin.kind === "function" && origin.fn.hasBody && asksForPrivilege(origin.fn, queries));
}

/** What entry points do with it: writes that honour it, and beginnings without a decision or a record. */
export function impersonatingEntries(judged: readonly JudgedEntry[], queries: LinkQueries): readonly Bypass[] {
  return judged.flatMap(({ raw, entry, frame }): Bypass[] => {
    const { handler } = raw;
    if (handler.kind !== "function" || !handler.fn.hasBody || !WRITES.has(entry.method)) return [];
    const name = `${entry.path} ${handler.fn.info.name}`.replaceAll("-", "_");
    const found =
      begins(name) || actsBy(handler.fn) !== null
        ? begun(handler.fn, entry.protection.decision, queries)
        : honoured(handler.fn, frame, queries);
    return found === null ? [] : [{ ...found, entries: [entry.key] }];
  });
}

function begins(name: string): boolean {
  return ACTING.test(name) && !ENDS.test(name);
}

const BEGINS = /^impersonate(?:_?user|_?account)?$/i;

/** `auth.api.impersonateUser({ body: { userId } })`, whatever the route is called. */
function actsBy(fn: FunctionView): number | null {
  return [...fn.calls].find((v) => fn.op(v) === Op.Call && BEGINS.test(calleeName(fn, fn.callee(v)))) ?? null;
}

function begun(fn: FunctionView, decided: boolean, queries: LinkQueries): Bypass | null {
  const first = actsBy(fn) ?? fn.calls[0];
  if (first === undefined || leavesTrace(fn, queries, 0)) return null;
  const checked = decided || asksForPrivilege(fn, queries);
  return record(fn, first, fn.info.name || "impersonation", checked ? "unrecorded" : "unchecked", "inferred");
}

/** Some call of the function, or of what it calls, writes a record. */
function leavesTrace(fn: FunctionView, queries: LinkQueries, depth: number): boolean {
  return [...fn.calls].some((v) => {
    const name = textOf(fn, fn.callee(v)).replace(/^console\.\w+/, "");
    if (RECORDS.test(name) || /audit|activity|event/i.test(name)) return true;
    if (depth >= MAX_DEPTH) return false;
    return queries
      .evaluate({ fn, v: fn.callee(v), frame: null })
      .some(
        (origin) =>
          origin.kind === "function" &&
          origin.fn.hasBody &&
          origin.fn !== fn &&
          leavesTrace(origin.fn, queries, depth + 1),
      );
  });
}

/** `this.holdings.updateTags({ impersonationId, … })` with the header as it came. */
function honoured(fn: FunctionView, frame: Frame | null, queries: LinkQueries): Bypass | null {
  for (const v of fn.calls) {
    if (fn.op(v) !== Op.Call || !CHANGES.test(calleeName(fn, fn.callee(v)))) continue;
    const [acting] = [...fn.args(v)].flatMap((arg) => handedOn(fn, arg, 0));
    if (acting === undefined) continue;
    const confidence = isHeader({ fn, v: acting, frame }, queries) ? "proven" : "inferred";
    return record(fn, v, textOf(fn, v).slice(0, 120), "writes", confidence);
  }
  return null;
}

/** What any client can send along with any request: nobody means it for this one. */
function isHeader(site: Site, queries: LinkQueries): boolean {
  return leaves(queries.evaluate(site)).some(
    (o) => o.kind === "source" && /^(?:headers?|cookies?)(?:\.|$)/.test(o.path),
  );
}

/** Ids of the request itself that stand among what is handed on, not what a check made of them. */
function handedOn(fn: FunctionView, v: number, depth: number): readonly number[] {
  if (depth > MAX_DEPTH) return [];
  const value = behind(fn, v);
  const op = fn.op(value);
  if (op === Op.Object || op === Op.Array)
    return operandsOf(fn, value).flatMap((part) => handedOn(fn, part, depth + 1));
  if (op !== Op.Param && op !== Op.Member && op !== Op.Index && op !== Op.Element) return [];
  const names = namesOf(fn, value);
  if (!ACTING.test(names.at(-1) ?? "")) return [];
  const asked = op === Op.Param || names.some((name) => /^(?:headers?|query|body|cookies|req|request)$/.test(name));
  return asked ? [value] : [];
}
