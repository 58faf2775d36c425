/** Sign-in libraries that are told to take tokens of people, keys and machines alike, and code that never asks which it was. */
import type { MixedPrincipal } from "../../model/conduct.js";
import { Op } from "../../model/lowered.js";
import { calleeName } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Analysis } from "../analysis.js";
import { symbolOf } from "../claims/token-values.js";
import { flat } from "../entries/conduct.js";
import type { JudgedEntry } from "../entries/entries.js";

const ASKS = /^(?:auth|getAuth|authenticateRequest|protect)$/;
const PEOPLE = "session_token";
const ANY = "any";
/** members that say of whom a token is */
const KIND = /^(?:tokenType|token_type)$/;

/** One record per call. */
export function collectMixedTokens(judged: readonly JudgedEntry[], analysis: Analysis): readonly MixedPrincipal[] {
  const entriesOf = new Map<FunctionView, Set<string>>();
  for (const { raw, entry } of judged) {
    for (const origin of [raw.handler, ...flat(raw.steps).map((step) => step.origin)]) {
      if (origin.kind !== "function" || !origin.fn.hasBody) continue;
      const known = entriesOf.get(origin.fn) ?? new Set<string>();
      entriesOf.set(origin.fn, known.add(entry.key));
    }
  }
  return [...entriesOf].flatMap(([fn, entries]) =>
    asksForKind(fn) ? [] : mixedCalls(fn, [...entries].sort(), analysis),
  );
}

function mixedCalls(fn: FunctionView, entries: readonly string[], analysis: Analysis): readonly MixedPrincipal[] {
  return [...fn.calls].flatMap((v): MixedPrincipal[] => {
    if (fn.op(v) !== Op.Call || !ASKS.test(calleeName(fn, fn.callee(v)))) return [];
    const accepted = acceptedBy(fn, v, analysis);
    if (!(accepted.includes(ANY) || (accepted.includes(PEOPLE) && accepted.length > 1))) return [];
    const how = `It accepts ${accepted.includes(ANY) ? "tokens of any kind" : accepted.map((kind) => `'${kind}'`).join(" and ")}, and nothing reads 'tokenType'`;
    return [{ member: "userId", key: "", how, place: fn.place(v), symbol: symbolOf(fn), entries }];
  });
}

/** What the option `acceptsToken` names; nothing where the call is not the library's. */
function acceptedBy(fn: FunctionView, v: number, { queries }: Analysis): readonly string[] {
  const evaluate = (one: number) => queries.evaluate({ fn, v: one, frame: null });
  if (!evaluate(fn.callee(v)).some((o) => o.kind === "package" && o.module.startsWith("@clerk/"))) return [];
  const options = [...fn.args(v)].flatMap((arg) =>
    evaluate(arg).flatMap((o) => [...queries.project(o, ["acceptsToken"])]),
  );
  const items = leaves(options).flatMap((o) =>
    o.kind === "literal" && o.form === "array" ? [...leaves(queries.project(o, ["[]"]))] : [o],
  );
  return items.flatMap((o) => (o.kind === "constant" && typeof o.value === "string" ? [o.value] : []));
}

function asksForKind(fn: FunctionView): boolean {
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) === Op.Member && KIND.test(fn.text(fn.b(v)))) return true;
  }
  return false;
}
