/** Filters that a helper was handed: `find({ where: clause })`, called with the clause from elsewhere. */
import type { DataCall, FilterTerm } from "../../frameworks/data/data-call.js";
import type { HandedFilter } from "../../model/facts.js";
import { FnFlag, Op } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import { isIdentity } from "../decisions/decisions.js";
import { conjunctOf } from "./binding.js";
import { callOf } from "./reach-details.js";

const MAX_LEVELS = 14;

/** The call on the way to an access with which its filter was handed in, null where the filter is written beside it. */
export function handedFilter(call: DataCall): HandedFilter | null {
  const [first] = call.filter.alternatives;
  const accessor = isAccessor(call) ? callOf(call.site.frame) : null;
  if (first !== undefined && accessor !== null)
    return { place: accessor.fn.place(accessor.v), conjuncts: first.map(conjunctOf) };
  const handed = call.filter.alternatives.flat().filter(({ place }) => !stands(place, call.site.fn));
  const [sample] = handed;
  if (first === undefined || sample === undefined || !addsNothing(call, handed)) return null;
  let at = callOf(call.site.frame);
  for (let level = 0; at !== null && level < MAX_LEVELS; level += 1) {
    const { fn, v, frame } = at;
    if (handed.every(({ place }) => stands(place, fn))) return { place: fn.place(v), conjuncts: first.map(conjunctOf) };
    at = callOf(frame);
  }
  return null;
}

/** `static removeById(id) { return this.destroy({ where: { id } }); }`: the model itself only does what it is told. */
function isAccessor({ site, filter, operation }: DataCall): boolean {
  const { fn, v } = site;
  // a read that most callers compare afterwards is told apart by caller anyway
  if (operation === "read") return false;
  if (fn.op(v) !== Op.Call || fn.op(fn.callee(v)) !== Op.Member || fn.op(fn.a(fn.callee(v))) !== Op.This) return false;
  const { params, flags } = fn.info;
  if ((flags & FnFlag.Static) === 0) return false;
  return params.length > 0 && filter.alternatives.flat().every(({ values }) => !leaves(values).some(isIdentity));
}

/** What the helper adds of its own is fixed: `{ ...clause, deleted: false }`. */
function addsNothing({ filter }: DataCall, handed: readonly FilterTerm[]): boolean {
  const own = filter.alternatives.flat().filter((term) => !handed.includes(term));
  return own.every(({ values }) => leaves(values).every((value) => value.kind === "constant"));
}

/** In the function, or in one around it below the module. */
function stands(place: Place, fn: FunctionView): boolean {
  for (let one: FunctionView | null = fn; one !== null && one.parent !== null; one = one.parent) {
    const { file, start, end } = one.ownPlace;
    if (file === place.file && start <= place.start && place.end <= end) return true;
  }
  return false;
}
