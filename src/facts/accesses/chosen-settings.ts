/**
 * Settings of the whole service that are written under names which the request chooses: the keys of its body become the
 * keys of rows, and no list of names that may be set limits them.
 */
import type { DataCall } from "../../frameworks/data/data-call.js";
import type { RawEntry } from "../../frameworks/routing.js";
import type { TenancyModel } from "../../model/data-model.js";
import type { ChosenSetting } from "../../model/facts.js";
import { Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import type { Fact } from "../../program/facts/facts.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Frame, Origin, Site } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import { isIdentity } from "../decisions/decisions.js";
import { scopingOf } from "../tenancy/tenancy.js";
import { isBody, namesLetThrough } from "./assigned-keys.js";
import { isHeldAgainst } from "./held-values.js";
import { valueKey } from "./ledger-values.js";

const SETTINGS = /config|setting|option|preference|variable|parameter|environment|feature_?flag/i;
const NAME = /^(?:name|key|slug|code)$/i;
const MAX_LEVELS = 12;

interface Context {
  readonly facts: readonly Fact[];
  readonly tenancy: TenancyModel;
  readonly analysis: Analysis;
}

/** A write to settings of nobody in particular, whose names are the keys of what was sent. */
export function chosenSetting(
  call: DataCall,
  entry: RawEntry,
  { facts, tenancy, analysis }: Context,
): ChosenSetting | null {
  if (call.operation === "read" || call.operation === "delete" || !SETTINGS.test(call.model)) return null;
  const scoping = scopingOf(tenancy, call.model);
  if (scoping !== undefined && scoping.kind !== "global") return null;
  const named = [
    ...call.filter.alternatives.flat().filter(({ position }) => position === "and"),
    ...call.written,
  ].filter(({ column }) => NAME.test(column.split(".").at(-1) ?? ""));
  if (call.written.some(({ values }) => leaves(values).some(isIdentity))) return null;
  for (const { column, values } of named) {
    for (const value of values) {
      const whole = value.kind === "derived" ? keysOf(value, call.site, analysis) : null;
      if (whole === null || value.kind !== "derived" || namesLetThrough(whole, entry, analysis.queries) !== null)
        continue;
      const held = leaves([value]).some((key) => facts.some((fact) => isHeldAgainst(fact, valueKey(key))));
      if (held || value.site === null || isSifted(value.site)) continue;
      return { column, path: whole.path, place: value.site.fn.place(value.site.v) };
    }
  }
  return null;
}

/** What an object of the request has as its keys: of `Object.entries(body)` the first of each, of `Object.keys(body)` each. */
function keysOf(value: Extract<Origin, { kind: "derived" }>, site: Site, analysis: Analysis): BodyOrigin | null {
  const suffix = KEYS.get(value.how) ?? [];
  const [only, ...others] = value.of.flatMap((one) => boundTo(one, site.frame, analysis));
  if (only === undefined || others.length > 0 || only.kind !== "source") return null;
  const end = suffix.find((one) => only.path.endsWith(one));
  if (end === undefined) return null;
  const whole: Origin = { ...only, path: only.path.slice(0, -end.length), through: false };
  return isBody(whole) ? whole : null;
}

/** ends of paths; of a source the elements have the path of the list */
const KEYS: ReadonlyMap<string, readonly string[]> = new Map([
  ["Object.entries", [".[].0", ".0"]],
  ["Object.keys", [".[]", ""]],
]);

type BodyOrigin = Extract<Origin, { kind: "source" }>;

/** What was put in a list before it was handed on is known by the parameters of the function that put it there. */
function boundTo(origin: Origin, frame: Frame | null, { queries }: Analysis): readonly Origin[] {
  if (origin.kind !== "parameter") return [origin];
  let at = frame;
  for (let level = 0; at !== null && level < MAX_LEVELS; level += 1) {
    if (at.fn === origin.fn) return queries.bind([origin], at);
    at = at.site === null ? at.lexical : at.site.frame;
  }
  return [origin];
}

/** `Object.entries(body).filter(([key]) => ALLOWED.includes(key))`: the names are looked up where they are taken. */
function isSifted({ fn, v }: Site): boolean {
  const ofPairs = fn.memberName(fn.callee(v)) === "entries";
  return [fn, ...closuresIn(fn)].some((one) =>
    one.calls.some((call) => {
      if (one.op(call) !== Op.Call || !LOOKED_UP.test(one.memberName(one.callee(call)))) return false;
      return [...one.args(call)].some((arg) => isKey(one, arg, ofPairs));
    }),
  );
}

const LOOKED_UP = /^(?:includes|has|hasOwn|hasOwnProperty|indexOf)$/;

function isKey(fn: FunctionView, v: number, ofPairs: boolean): boolean {
  const value = behind(fn, v);
  if (!ofPairs) return fn.op(value) === Op.Param || fn.op(value) === Op.Iterated;
  return fn.op(value) === Op.Element && fn.b(value) === 0;
}

function closuresIn(fn: FunctionView): readonly FunctionView[] {
  const found: FunctionView[] = [];
  for (let v = 0; v < fn.valueCount; v += 1) if (fn.op(v) === Op.Closure) found.push(fn.file.fn(fn.a(v)));
  return found;
}
