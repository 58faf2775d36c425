/** Values computed from others: what they were made of, and what of them only callers decide. */
import type { Origin, Site } from "./origin.js";
import { distinct } from "./origin-keys.js";

const MAX_LEAVES = 32;

/** The origins below computations and fallbacks, computed ones marked as such. Bounded. */
export function leaves(origins: readonly Origin[]): readonly Origin[] {
  if (!origins.some((o) => o.kind === "derived" || o.kind === "fallback"))
    return distinct(origins.length > MAX_LEAVES ? origins.slice(0, MAX_LEAVES) : origins);
  const found: Origin[] = [];
  const walk = (list: readonly Origin[], through: boolean, depth: number): void => {
    for (const origin of list) {
      if (found.length >= MAX_LEAVES) return;
      if (origin.kind === "derived" && depth < 8) walk(origin.of, true, depth + 1);
      else if (origin.kind === "fallback" && depth < 8) {
        walk(origin.value, through, depth + 1);
        walk(origin.or, through, depth + 1);
      } else found.push(through && origin.kind === "source" && !origin.through ? { ...origin, through: true } : origin);
    }
  };
  walk(origins, false, 0);
  return distinct(found);
}

/** how a text was put together of others: `${orgId}:${name}` */
export const COMPOSED = "composed text";
/** how a value was looked up in a table of texts: `LABELS[user.role]` */
export const TRANSLATED = "translated";

/**
 * A value computed from others. What those were computed from is summed up beyond two steps: chains of methods and
 * recursive functions would otherwise build towers that cost more than they tell.
 */
export function derived(of: readonly Origin[], how: string, site: Site | null): Extract<Origin, { kind: "derived" }> {
  const tall = of.some(
    (o) => o.kind === "derived" && o.of.some((inner) => inner.kind === "derived" && inner.of.some(isComputed)),
  );
  return { kind: "derived", of: tall ? leaves(of) : distinct(of), how, site };
}

function isComputed(origin: Origin): boolean {
  return origin.kind === "derived" || origin.kind === "fallback" || origin.kind === "apply";
}

/** Whether a value that is seen in terms of its function's parameters may be a function, or something handed in. */
export function mayBeHandedIn(symbolic: Origin): boolean {
  switch (symbolic.kind) {
    case "constant":
    case "literal":
    case "class":
    case "instance":
    case "namespace":
    case "derived":
    case "typed":
    case "unknown":
      return false;
    default:
      return true;
  }
}

/** True when the value can only be found by looking at the callers. */
export function dependsOnCaller(origin: Origin): boolean {
  switch (origin.kind) {
    case "parameter":
    case "apply":
      return true;
    case "fallback":
      return origin.value.some(dependsOnCaller) || origin.or.some(dependsOnCaller);
    case "derived":
      return origin.of.some(dependsOnCaller);
    default:
      return false;
  }
}
