/** Guards that only seem to protect a route: they stand behind it, or do not cover its path or method. */
import type { Origin } from "../../program/values/origin.js";
import type { RawNearMiss } from "../routing.js";
import { type Active, activate, asSetUps, coverageOf, type Level } from "./active-set-ups.js";
import { covers, looksRelated, patternText } from "./paths.js";
import type { RouteItem } from "./routing-tree.js";

const MAX_NEAR_MISSES = 6;
/** begins with a segment that is written out */
const NAMED = /^\/?[\w-]/;

/** Adds a near miss, once and as long as there are few. */
export function pushMiss(misses: RawNearMiss[], miss: RawNearMiss | null): void {
  if (miss === null || misses.length >= MAX_NEAR_MISSES) return;
  if (misses.some((known) => known.step.place === miss.step.place && known.step.name === miss.step.name)) return;
  misses.push(miss);
}

/** What stands before a route, and does not run for it. */
export function earlierMiss(setUp: Active, method: string, path: string): RawNearMiss | null {
  if (!mayGuard(setUp.step.origin)) return null;
  const shown = setUp.local.map(patternText).join(", ");
  if (setUp.patterns.some((pattern) => covers(pattern, setUp.reach, path, setUp.caseSensitive) === "yes")) {
    return {
      step: setUp.step,
      why: "method-not-covered",
      detail: `runs for ${setUp.methods.join(", ")}, not ${method}`,
    };
  }
  const exact = setUp.patterns.some((pattern) => covers(pattern, "prefix", path) === "yes");
  // `app.use("*", guard)` speaks of no path that could have been meant from the root
  const doubled = setUp.local.some((p) => NAMED.test(patternText(p)) && covers(p, setUp.reach, path) === "yes");
  const related = exact || doubled || setUp.patterns.some((pattern) => looksRelated(pattern, path));
  if (!related || setUp.patterns.some((pattern) => pattern.kind === "regex")) return null;
  return { step: setUp.step, why: "path-not-covered", detail: `covers ${shown}, not ${path}` };
}

/** What would guard a route, and stands behind it. */
export function laterMisses(level: Level, method: string, path: string): RawNearMiss[] {
  const found: RawNearMiss[] = [];
  for (const item of level.later) {
    if (item.kind === "route" && item.continues === "yes") {
      found.push(...laterGuards(item, level, method, path));
      continue;
    }
    if (item.kind !== "set-up" || !mayGuard(item.step.origin)) continue;
    const active = activate(item, level);
    if (coverageOf(active, method, path) !== "yes") continue;
    found.push({ step: item.step, why: "registered-later", detail: "registered after the route" });
  }
  return found;
}

/** `route(path).get(handler).all(guard)`: the guard runs for what comes after it only. */
function laterGuards(item: RouteItem, level: Level, method: string, path: string): RawNearMiss[] {
  return asSetUps(item, level)
    .filter((setUp) => mayGuard(setUp.step.origin) && coverageOf(setUp, method, path) === "yes")
    .map((setUp) => ({ step: setUp.step, why: "registered-later", detail: "registered after the route" }));
}

function mayGuard(origin: Origin): boolean {
  return origin.kind === "function" || origin.kind === "package" || origin.kind === "apply";
}
