/**
 * A value of the request that is weighed against a role of the caller, wherever that stands on the way: compared in a table
 * of ranks (`ORDER[role] > ORDER[own.role]`), or handed to a function together with it (`mayGrant(own.role, role)`).
 */
import { NONE, Op } from "../../model/lowered.js";
import { elementsGoneThrough } from "../../program/facts/element-facts.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { givenFrame } from "../../program/values/call-frames.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin, Site } from "../../program/values/origin.js";
import { valueKey } from "../accesses/ledger-values.js";
import type { Analysis } from "../analysis.js";
import { levelsOf } from "../guards/conditional-checks.js";
import { sidesOf } from "./compared-sides.js";
import { isOwnRole } from "./own-roles.js";

const MAX_DEPTH = 3;

export function isWeighed(value: Origin, site: Site, analysis: Analysis): boolean {
  const key = valueKey(value);
  return levelsOf(site).some((level) => weighsIn(level, key, analysis));
}

function weighsIn({ fn, frame }: Omit<Site, "v">, key: string, analysis: Analysis, depth = 0): boolean {
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (depth < MAX_DEPTH && weighsEach({ fn, v, frame }, key, analysis, depth)) return true;
    const sides = weighedSides(fn, v);
    if (sides.length < 2) continue;
    const parts = sides.map((side) =>
      partsOf(fn, side, 0).flatMap((part) => [...analysis.queries.evaluate({ fn, v: part, frame })]),
    );
    // what was found by the value is not the value
    const weighed = parts.some((part) => plain(part).some((origin) => valueKey(origin) === key));
    if (weighed && parts.some((part) => leaves(part).some((origin) => isOwnRole(origin, analysis)))) return true;
  }
  return false;
}

/** `own.roles.some((role) => mayGrant(role, asked))`: the test of each element. */
function weighsEach({ fn, v, frame }: Site, key: string, analysis: Analysis, depth: number): boolean {
  if (fn.op(v) !== Op.Call || !EACH.test(fn.memberName(fn.callee(v)))) return false;
  const [callback] = fn.args(v);
  if (callback === undefined) return false;
  const { queries } = analysis;
  const elements = elementsGoneThrough(fn, fn.callee(v), frame, queries);
  return queries.evaluate({ fn, v: callback, frame }).some((test) => {
    if (test.kind !== "function" || !test.fn.hasBody) return false;
    return weighsIn({ fn: test.fn, frame: givenFrame(test, [elements], frame?.depth ?? 0) }, key, analysis, depth + 1);
  });
}

const EACH = /^(?:some|every|find|filter|forEach)$/;

function plain(origins: readonly Origin[]): readonly Origin[] {
  return origins.flatMap((origin) => (origin.kind === "fallback" ? [...origin.value, ...origin.or] : [origin]));
}

const CHANGING = /^(?:push|unshift|add|set|concat|append)$/;

/** The sides of a comparison or a call, and for objects that are given their members; not of what puts something in a list. */
function weighedSides(fn: FunctionView, v: number): readonly number[] {
  if (fn.op(v) === Op.Call && CHANGING.test(fn.memberName(fn.callee(v)))) return [];
  return sidesOf(fn, v).flatMap((side) =>
    fn.op(side) === Op.Object ? [...fn.props(side)].map((prop) => prop.value) : [side],
  );
}

/** Of `ORDER[role]` the table and the key, of `rankOf(role)` what it is given. */
function partsOf(fn: FunctionView, v: number, depth: number): readonly number[] {
  if (v === NONE || depth > MAX_DEPTH) return [];
  const inner = (list: readonly number[]): readonly number[] => list.flatMap((one) => [...partsOf(fn, one, depth + 1)]);
  if (fn.op(v) === Op.Index) return inner([fn.a(v), fn.b(v)]);
  if (fn.op(v) === Op.Call) return [v, ...inner(Array.from(fn.args(v)))];
  return [v];
}
