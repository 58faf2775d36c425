/** Answers that turn a caller away with more than they need to know: a stack, a whole error, the token itself. */
import type { TalkativeRefusal } from "../../model/facts.js";
import { LogicKind, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import { calleeName, refusedStatus } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { frameFor, givenFrame } from "../../program/values/call-frames.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { EntryContext, Frame, Origin, Site } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import type { JudgedEntry } from "../entries/entries.js";

type Kind = TalkativeRefusal["kind"];

/** kept from the caller by those who make the answer */
const INWARD = new Set(["cause", "stackTraceLimit", "headers", "status", "statusCode", "code", "name"]);
const UNAUTHENTICATED = /^(?:unauthori[sz]ed|unauthenticated|forbidden)(?:error|exception)?$/i;
const TEXTS = new Set(["JSON.stringify", "String", "util.inspect", "inspect"]);
const WEIGHT: Readonly<Record<Kind, number>> = { credential: 4, stack: 3, error: 2, message: 1 };
const MAX_DEPTH = 5;
const MAX_CALLEES = 3;

/** Refusals for want of identity in steps and handlers, each once with the entries that they answer for. */
export function collectTalkativeRefusals(
  judged: readonly JudgedEntry[],
  analysis: Analysis,
): readonly TalkativeRefusal[] {
  const met = new Map<FunctionView, Met>();
  for (const { raw, entry } of judged) {
    const handler = { origin: raw.handler, given: raw.given };
    for (const { origin, given } of [...raw.steps, handler]) {
      if (origin.kind !== "function") continue;
      const frame = met.get(origin.fn)?.frame ?? givenFrame(origin, given(ANY));
      within({ fn: origin.fn, frame }, entry.key, met, analysis, 0);
    }
  }
  return [...met].flatMap(([fn, { keys, frame }]) => refusalsIn(fn, frame, [...keys].sort(), analysis));
}

const ANY: EntryContext = { method: "", metadata: new Map(), attached: new Map() };

/** A function that runs for entries, under the frame in which it was met first. */
interface Met {
  readonly keys: Set<string>;
  readonly frame: Frame | null;
}

/** The function, what is written in it, and the local functions that it calls. */
function within(
  { fn, frame }: { readonly fn: FunctionView; readonly frame: Frame | null },
  key: string,
  found: Map<FunctionView, Met>,
  analysis: Analysis,
  depth: number,
): void {
  const known = found.get(fn) ?? { keys: new Set<string>(), frame };
  if (known.keys.has(key) || depth > MAX_CALLEES || !fn.hasBody) return;
  known.keys.add(key);
  found.set(fn, known);
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) !== Op.Closure) continue;
    for (const inner of analysis.queries.evaluate({ fn, v, frame })) {
      if (inner.kind === "function")
        within({ fn: inner.fn, frame: givenFrame(inner, []) }, key, found, analysis, depth);
    }
  }
  for (const v of fn.calls) {
    if (fn.op(v) !== Op.Call) continue;
    for (const callee of analysis.queries.evaluate({ fn, v: fn.callee(v), frame })) {
      if (callee.kind !== "function") continue;
      within({ fn: callee.fn, frame: frameFor(callee, { fn, v, frame }) }, key, found, analysis, depth + 1);
    }
  }
}

function refusalsIn(
  fn: FunctionView,
  frame: Frame | null,
  entries: readonly string[],
  analysis: Analysis,
): readonly TalkativeRefusal[] {
  return Array.from(fn.calls).flatMap((v) => {
    if (fn.op(v) === Op.Tagged || !refusesIdentity(fn, v, analysis)) return [];
    const told = Array.from(fn.args(v)).flatMap((arg) => [...toldIn({ fn, v: arg, frame }, analysis, 0)]);
    const [worst] = told.sort((a, b) => WEIGHT[b.kind] - WEIGHT[a.kind]);
    return worst === undefined ? [] : [{ ...worst, symbol: fn.info.name, place: fn.place(v), entries }];
  });
}

/** Answered with 401, or by an error that is named for it. */
function refusesIdentity(fn: FunctionView, v: number, { queries }: Analysis): boolean {
  const status = refusedStatus(fn, v, queries);
  if (status === 401) return true;
  if (UNAUTHENTICATED.test(calleeName(fn, fn.callee(v)))) return fn.op(v) === Op.New || status > 0;
  // `res.status(401).send(error)`: what is sent is a refusal by itself
  const callee = fn.callee(v);
  return status > 0 && fn.op(callee) === Op.Member && fn.op(fn.a(callee)) === Op.Call
    ? refusedStatus(fn, fn.a(callee), queries) === 401 || statusGiven(fn, fn.a(callee)) === 401
    : false;
}

function statusGiven(fn: FunctionView, call: number): number {
  const [first] = fn.args(call);
  const value = first === undefined ? first : behind(fn, first);
  return value !== undefined && fn.op(value) === Op.Number ? Number(fn.text(fn.a(value))) : 0;
}

interface Told {
  readonly kind: Kind;
  readonly what: string;
}

function toldIn({ fn, v, frame }: Site, analysis: Analysis, depth: number): readonly Told[] {
  if (depth > MAX_DEPTH) return [];
  const value = behind(fn, v);
  const inner = (next: number): readonly Told[] => toldIn({ fn, v: next, frame }, analysis, depth + 1);
  switch (fn.op(value)) {
    case Op.Object:
      return [...fn.props(value)].flatMap((prop) => (INWARD.has(prop.name) ? [] : [...inner(prop.value)]));
    case Op.Template:
      return [...fn.list(fn.a(value))].flatMap((part) => inner(part).map(inText));
    case Op.Cond:
      // mostly development against production
      return [];
    case Op.Logic:
      return fn.a(value) === LogicKind.And ? [] : [...inner(fn.b(value))];
    case Op.Binary:
      return [...inner(fn.b(value)), ...inner(fn.c(value))].map(inText);
    case Op.Call:
      return TEXTS.has(fullName(fn, value)) ? Array.from(fn.args(value)).flatMap((arg) => [...inner(arg)]) : [];
    default:
      return ofOrigins({ fn, v: value, frame }, analysis);
  }
}

/** An error in a text is its message. */
function inText(told: Told): Told {
  return told.kind === "error" ? { ...told, kind: "message" } : told;
}

function fullName(fn: FunctionView, call: number): string {
  const callee = fn.callee(call);
  const receiver =
    fn.op(callee) === Op.Member && fn.op(fn.a(callee)) === Op.Global ? `${fn.text(fn.a(fn.a(callee)))}.` : "";
  return `${receiver}${calleeName(fn, callee)}`;
}

function ofOrigins({ fn, v, frame }: Site, { queries }: Analysis): readonly Told[] {
  const name = fn.op(v) === Op.Member ? fn.memberName(v) : "";
  return leaves(queries.evaluate({ fn, v, frame })).flatMap((origin) => toldBy(origin, name));
}

function toldBy(origin: Origin, name: string): readonly Told[] {
  if (origin.kind !== "source") return [];
  if (origin.source === "credential")
    return [{ kind: "credential", what: origin.path.split(".").at(-1) || "credential" }];
  if (origin.source !== "error") return [];
  if (name === "stack") return [{ kind: "stack", what: "the stack" }];
  if (origin.path === "" && name === "") return [{ kind: "error", what: "the whole error" }];
  return name === "message" ? [{ kind: "message", what: "the error's message" }] : [];
}
