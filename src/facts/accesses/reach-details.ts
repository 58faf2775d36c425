/** Why an access that nothing binds is as it is: a check went to another id, or the identity was handed in and not used. */
import type { DataCall } from "../../frameworks/data/data-call.js";
import type { OtherCheck, UnusedPrincipal } from "../../model/facts.js";
import { Op } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import type { FactSource } from "../../program/facts/facts.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import { frameArgument } from "../../program/values/frame-arguments.js";
import type { Frame, LinkQueries, Origin, Site } from "../../program/values/origin.js";
import { isIdentity } from "../decisions/decisions.js";
import type { CheckedId, Ledger } from "./ledger.js";
import { valueKey } from "./ledger-values.js";

type Source = Extract<Origin, { kind: "source" }>;

const MAX_LEVELS = 14;
/** names of values that pick a row */
const PICKS = /(?:^|[._])(?:id|ids|uuid|slug|key)$|(?:Id|Ids|ID|IDs|Uid|Uuid|Slug|Key|Keys)$/;

/**
 * A check that received another id of the request than the one that selects the row.
 *
 * @param before what was shown before the handler began
 */
export function otherCheck(
  call: DataCall,
  ledger: Ledger,
  before: () => Ledger,
  queries: LinkQueries,
  { path, handler }: { readonly path: string; readonly handler: FunctionView | null },
): OtherCheck | null {
  const used = call.filter.alternatives
    .flat()
    .filter((term) => term.position === "and")
    .flatMap((term) => leaves(term.values))
    .find((value): value is Source => isInput(value) && ledger.verified(value) === null);
  if (used === undefined || !isPick(used)) return null;
  for (const checked of ledger.checkedIds()) {
    if (!isNamedBy(path, checked)) continue;
    const { via } = checked.verification;
    if (via === null || !isOther(checked, used)) continue;
    const handed = before().verified(checked.origin) === null ? undefined : checked.origin;
    const use = useBeside(call.site, [via, ...checked.chain], queries, handed, handler);
    return { name: via.name, place: via.place, checked: checked.origin.path, used: used.path, use };
  }
  return null;
}

/** A guard for many routes asks for one parameter or another: what this path does not have was not what it checked. */
function isNamedBy(path: string, { origin }: CheckedId): boolean {
  const name = /^params\.(\w+)$/.exec(origin.path)?.[1];
  const named = path.match(/[:{[]\.{0,3}\w+/g)?.map((one) => one.replace(/^\W+/, "")) ?? [];
  return name === undefined || named.length === 0 || named.includes(name);
}

function isInput(origin: Origin): origin is Source {
  return origin.kind === "source" && origin.source === "input";
}

/** `params.x` picks something whatever its name. */
export function isPick(origin: Source): boolean {
  return /^params\.[^.]+$/.test(origin.path) || PICKS.test(origin.path);
}

/** Part of each other are the body and its members; they say nothing of two ids. */
function isOther({ origin }: CheckedId, used: Source): boolean {
  if (!isPick(origin) || valueKey(origin) === valueKey(used)) return false;
  return !used.path.startsWith(`${origin.path}.`) && !origin.path.startsWith(`${used.path}.`);
}

/**
 * The call, in the innermost function in which one of several things stands, that leads to the site; the site itself when
 * they stand together.
 *
 * @param checked where none of the functions on the way holds it, the innermost one that was handed this is the place
 * @param handler what registers it uses nothing: the way ends in it
 */
export function useBeside(
  site: Site,
  beside: readonly FactSource[],
  queries: LinkQueries,
  checked?: Origin,
  handler: FunctionView | null = null,
): Place {
  let at: Site = site;
  let inner: Site = site;
  for (let level = 0; level < MAX_LEVELS; level += 1) {
    // a wrapper checks and calls what it was given: the other id is used in there
    if (beside.some(({ place }) => contains(at.fn.ownPlace, place)))
      return isGiven(at, queries) ? inner.fn.place(inner.v) : at.fn.place(at.v);
    const outer = callOf(at.frame);
    if (outer === null || (handler !== null && isWithin(at.fn, handler) && !isWithin(outer.fn, handler))) break;
    inner = at;
    at = outer;
  }
  const handed = checked === undefined ? null : innermostWith(site, valueKey(checked), queries);
  return handed ?? at.fn.place(at.v);
}

/** The site, or the nearest call on the way to it, in a function that was handed a value. */
function innermostWith(site: Site, key: string, queries: LinkQueries): Place | null {
  let at: Site | null = site;
  for (let level = 0; at !== null && level < MAX_LEVELS; level += 1) {
    const { frame } = at;
    if (frame !== null && frame.site !== null && isHanded(frame, key, queries)) return at.fn.place(at.v);
    at = callOf(frame);
  }
  return null;
}

export function isHanded(frame: Frame, key: string, queries: LinkQueries): boolean {
  return frame.fn.info.params.some((_, index) =>
    leaves(frameArgument(frame, index, queries)).some((value) => valueKey(value) === key),
  );
}

/** It calls what its function, or one around it, was handed. */
function isGiven({ fn, v }: Site, queries: LinkQueries): boolean {
  if (fn.op(v) !== Op.Call) return false;
  return queries.evaluate({ fn, v: fn.callee(v), frame: null }).some((o) => o.kind === "parameter");
}

/** The call that a frame stands for, or the one around it where an adapter supplied the arguments. */
export function callOf(frame: Frame | null): Site | null {
  let current = frame;
  while (current !== null && current.site === null) current = current.lexical;
  return current?.site ?? null;
}

/** The call in a handler, or in a closure within it, that leads to a site elsewhere; null for what stands there itself. */
export function calledFrom(site: Site, handler: FunctionView): Place | null {
  let at: Site = site;
  for (let level = 0; level < MAX_LEVELS; level += 1) {
    if (isWithin(at.fn, handler)) return level === 0 ? null : at.fn.place(at.v);
    const outer = callOf(at.frame);
    if (outer === null) return null;
    at = outer;
  }
  return null;
}

/** The function itself, or one that stands in it. */
export function isWithin(fn: FunctionView, outer: FunctionView): boolean {
  for (let one: FunctionView | null = fn; one !== null; one = one.parent) if (one === outer) return true;
  return false;
}

function contains(outer: Place, inner: Place): boolean {
  return outer.file === inner.file && outer.start <= inner.start && inner.end <= outer.end;
}

/** A function on the way to the access that was given the caller's identity as a parameter of its own. */
export function unusedPrincipal(call: DataCall, queries: LinkQueries): UnusedPrincipal | null {
  // in the condition of an outer join it decides what is known of the row, though not which row it is
  if (call.filter.alternatives.flat().some((term) => leaves(term.values).some(isIdentity))) return null;
  let frame = call.site.frame;
  for (let level = 0; frame !== null && level < MAX_LEVELS; level += 1) {
    const found = principalOf(frame, queries);
    if (found !== null) return found;
    frame = (frame.site === null ? frame.lexical : frame.site.frame) ?? null;
  }
  return null;
}

function principalOf(frame: Frame, queries: LinkQueries): UnusedPrincipal | null {
  const { params, name } = frame.fn.info;
  for (const [index, param] of params.entries()) {
    const given = frameArgument(frame, index, queries).filter((o) => o.kind !== "constant");
    if (given.length === 0 || !given.every(isIdentity)) continue;
    return { parameter: param.name, symbol: name, place: frame.fn.file.place(param.at.start, param.at.length) };
  }
  return null;
}
