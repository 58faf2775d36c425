/** Refusals of callers who are known and not allowed: whether each says why. */
import type { Denial } from "../../model/conduct.js";
import { NONE, Op, PropKind } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import { calleeName, refusedStatus } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { LinkQueries } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import { textOf } from "../bypasses/bypass-text.js";
import { symbolOf, usersOf } from "../claims/token-values.js";
import { flat } from "../entries/conduct.js";
import type { JudgedEntry } from "../entries/entries.js";

/** Words that only repeat the status. */
const EMPTY =
  /^\W*(?:|(?:error|http)?\s*40[13]|forbidden(?:_?error| resource)?|access[\s_-]?denied|denied|unauthori[sz]ed|not[\s_-]?(?:allowed|authori[sz]ed|permitted)|permission[\s_-]?denied|no[\s_-]?access)\W*$/i;
const FORBIDDEN = /^(?:\w*forbidden\w*|\w*(?:access|permission)_?denied\w*|\w*not_?(?:allowed|permitted)\w*)$/i;
const REASON =
  /^(?:message|error|errors|reason|detail|details|title|description|msg|hint|cause|body|extensions|data|details?)$/i;
const MAX_DEPTH = 4;

/** Every refusal with 403 in the handlers and guards of entry points, once each. */
export function collectDenials(judged: readonly JudgedEntry[], analysis: Analysis): readonly Denial[] {
  const entriesOf = new Map<FunctionView, Set<string>>();
  for (const { raw, entry } of judged) {
    for (const origin of [raw.handler, ...flat(raw.steps).map((step) => step.origin)]) {
      if (origin.kind !== "function" || !origin.fn.hasBody) continue;
      const known = entriesOf.get(origin.fn);
      if (known === undefined) entriesOf.set(origin.fn, new Set([entry.key]));
      else known.add(entry.key);
    }
  }
  return [...entriesOf].flatMap(([fn, entries]) => denialsIn(fn, [...entries].sort(), analysis.queries));
}

function denialsIn(fn: FunctionView, entries: readonly string[], queries: LinkQueries): readonly Denial[] {
  const found: Denial[] = [];
  for (const v of fn.calls) {
    if (!isDenial(fn, v, queries)) continue;
    const form = textOf(fn, v).slice(0, 100);
    found.push({ place: fn.place(v), symbol: symbolOf(fn), form, explained: explains(fn, v), entries });
  }
  return found;
}

/** The outermost call of one refusal: `res.status(403).json(…)`, `new ForbiddenError(…)`. */
function isDenial(fn: FunctionView, v: number, queries: LinkQueries): boolean {
  const op = fn.op(v);
  if (op !== Op.Call && op !== Op.New) return false;
  if (usersOf(fn, v).some((user) => continuesChain(fn, user, v))) return false;
  if (refusedStatus(fn, v, queries) === 403) return true;
  return op === Op.New ? FORBIDDEN.test(calleeName(fn, fn.callee(v))) || namesForbidden(fn, v) : false;
}

/** `.json(…)` upon what `status(403)` gave. */
function continuesChain(fn: FunctionView, user: number, v: number): boolean {
  return fn.op(user) === Op.Member && fn.a(user) === v && usersOf(fn, user).some((row) => fn.op(row) === Op.Call);
}

/** `new TRPCError({ code: "FORBIDDEN" })` */
function namesForbidden(fn: FunctionView, v: number): boolean {
  return [...fn.args(v)].some((arg) => {
    const code = fn.prop(behind(fn, arg), "code");
    const value = code === NONE ? NONE : behind(fn, code);
    return value !== NONE && fn.op(value) === Op.String && FORBIDDEN.test(fn.text(fn.a(value)));
  });
}

/** Some argument along the chain says more than the status. */
function explains(fn: FunctionView, v: number): boolean {
  for (let at = v, depth = 0; depth < MAX_DEPTH; depth += 1) {
    if ([...fn.args(at)].some((arg) => speaks(fn, arg, 0))) return true;
    const callee = behind(fn, fn.callee(at));
    if (fn.op(callee) !== Op.Member) return false;
    const receiver = behind(fn, fn.a(callee));
    if (fn.op(receiver) !== Op.Call) return false;
    at = receiver;
  }
  return false;
}

/** A text of its own, a value, or an object that has one under a name for reasons. */
function speaks(fn: FunctionView, v: number, depth: number): boolean {
  const value = behind(fn, v);
  switch (fn.op(value)) {
    case Op.String:
      return !EMPTY.test(fn.text(fn.a(value)));
    case Op.Number:
    case Op.True:
    case Op.False:
    case Op.Null:
    case Op.Undefined:
      return false;
    case Op.Object:
      return (
        depth < MAX_DEPTH &&
        [...fn.props(value)].some(
          (prop) => prop.kind === PropKind.Spread || (REASON.test(prop.name) && speaks(fn, prop.value, depth + 1)),
        )
      );
    case Op.Call:
    case Op.New:
      return [...fn.args(value)].some((arg) => speaks(fn, arg, depth + 1));
    default:
      // a template, a constant by name, the message of an error
      return fn.op(value) !== Op.Member || !/FORBIDDEN|UNAUTHORI[SZ]ED/i.test(fn.text(fn.b(value)));
  }
}
