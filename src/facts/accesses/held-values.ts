/** Values that some check was shown, whatever it asked of them and on whichever way. */
import { Op } from "../../model/lowered.js";
import type { Fact } from "../../program/facts/facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { LinkQueries, Origin, Site } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import { isIdentity } from "../decisions/decisions.js";
import { valueKey } from "./ledger-values.js";

const MAX_DEPTH = 3;

/** A comparison, a call or a look-up in a list that saw the value; that it is there at all is none. */
export function isHeldAgainst(fact: Fact, key: string, depth = 0): boolean {
  const has = (origins: readonly Origin[]): boolean => leaves(origins).some((origin) => valueKey(origin) === key);
  switch (fact.kind) {
    case "equal":
    case "unequal":
      return has(fact.left) || has(fact.right);
    case "passed":
      return fact.args.some(has);
    case "present":
    case "absent":
      return fact.of.some((origin) => origin.kind === "derived" && has([origin]));
    case "either":
      return depth < MAX_DEPTH && fact.paths.some((path) => path.some((one) => isHeldAgainst(one, key, depth + 1)));
    default:
      return false;
  }
}

/** The same, where something known of the caller was part of the check. */
export function isHeldWithCaller(fact: Fact, key: string, analysis: Analysis, depth = 0): boolean {
  const has = (origins: readonly Origin[]): boolean => leaves(origins).some((origin) => valueKey(origin) === key);
  const ofCaller = (origins: readonly Origin[]): boolean =>
    leaves(origins).some((one) => speaksOfCaller(one, analysis));
  switch (fact.kind) {
    case "equal":
    case "unequal":
      return (has(fact.left) && ofCaller(fact.right)) || (has(fact.right) && ofCaller(fact.left));
    case "passed":
      return fact.level !== "look-up" && fact.args.some(has) && ofCaller([...fact.args.flat(), ...(fact.held ?? [])]);
    case "present":
    case "absent":
      // that a row was found by the value holds it against nothing
      if (fact.of.some((origin) => origin.kind === "source" && origin.source === "row")) return false;
      return fact.of.some((origin) => origin.kind === "derived" && has([origin]) && ofCaller([origin]));
    case "either":
      return (
        depth < MAX_DEPTH &&
        fact.paths.some((path) => path.some((one) => isHeldWithCaller(one, key, analysis, depth + 1)))
      );
    default:
      return false;
  }
}

function speaksOfCaller(origin: Origin, { data, queries }: Analysis): boolean {
  if (origin.kind !== "source") return false;
  if (isIdentity(origin) || origin.source === "request" || origin.source === "context") return true;
  return origin.source === "row" && data.keyedByCaller(origin, queries);
}

const MAX_LEVELS = 8;

/**
 * Somewhere on the way to a data call the value is compared with what is known of the caller, if only for some callers:
 * `if (!caller.isPlanner && input.teamId !== caller.teamId) refuse()`.
 */
export function isComparedWithCaller(value: Origin, site: Site, queries: LinkQueries): boolean {
  const key = valueKey(value);
  let at: Site | null = site;
  for (let level = 0; at !== null && level < MAX_LEVELS; level += 1) {
    if (comparesIn(at, key, queries)) return true;
    at = at.frame?.site ?? null;
  }
  return false;
}

function comparesIn({ fn, frame }: Site, key: string, queries: LinkQueries): boolean {
  const sides = (v: number): readonly Origin[] => leaves(queries.evaluate({ fn, v, frame }));
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) !== Op.Binary || !EQUALITY.test(fn.text(fn.a(v)))) continue;
    const [left, right] = [sides(fn.b(v)), sides(fn.c(v))];
    const holds = (one: readonly Origin[], other: readonly Origin[]): boolean =>
      one.some((origin) => valueKey(origin) === key) && other.some(isIdentity);
    if (holds(left, right) || holds(right, left)) return true;
  }
  return false;
}

const EQUALITY = /^[!=]==?$/;
