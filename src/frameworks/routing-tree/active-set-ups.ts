/** Set-ups in force at a point of the tree: middleware, hooks and routes that go on. */
import { samplePath } from "../file-routes/paths.js";
import type { RawStep } from "../routing.js";
import { type Coverage, covers, joinPattern, type PathPattern } from "./paths.js";
import type { Condition, RouteItem, SetUpItem, TreeItem } from "./routing-tree.js";

/** A set-up with the prefixes and conditions of the mounts that led to it. */
export interface Active {
  readonly step: RawStep;
  readonly patterns: readonly PathPattern[];
  /** as written, without prefixes */
  readonly local: readonly PathPattern[];
  readonly reach: "prefix" | "exact";
  readonly methods: readonly string[];
  readonly conditions: readonly Condition[];
  readonly caseSensitive: boolean;
}

/** One router on the way down, with what is registered on it after the point where we are. */
export interface Level {
  readonly prefix: string;
  readonly conditions: readonly Condition[];
  readonly caseSensitive: boolean;
  readonly later: readonly TreeItem[];
}

/** The set-up as it works below the mounts that led to it. */
export function activate(item: SetUpItem, where: Pick<Level, "prefix" | "conditions" | "caseSensitive">): Active {
  const { prefix, conditions, caseSensitive } = where;
  const patterns = item.patterns.map((pattern) => joinPattern(prefix, pattern));
  const [only, ...others] = patterns;
  const known = item.reach === "prefix" && others.length === 0 && only?.kind === "text" && !only.text.includes("*");
  return {
    step: known ? { ...item.step, below: samplePath(only.text) } : item.step,
    patterns,
    local: item.patterns,
    reach: item.reach,
    methods: item.methods,
    conditions,
    caseSensitive,
  };
}

/** A route that goes on runs before later ones with the same path. */
export function asSetUps(item: RouteItem, walk: Pick<Level, "prefix" | "conditions" | "caseSensitive">): Active[] {
  const methods = item.method === "ALL" ? [] : [item.method];
  const last: RawStep = {
    name: item.handler.name,
    kind: "middleware",
    place: item.place,
    origin: item.handler.origin,
    given: item.handler.given,
    continuation: "calls-next",
    condition: "",
  };
  const patterns = item.patterns.map((pattern) => joinPattern(walk.prefix, pattern));
  return [...item.steps, last].map((step) => ({
    step,
    patterns,
    local: item.patterns,
    reach: "exact",
    methods,
    conditions: walk.conditions,
    caseSensitive: walk.caseSensitive,
  }));
}

/** Whether a set-up runs for requests of a method and path. */
export function coverageOf(setUp: Active, method: string, path: string): Coverage {
  if (setUp.methods.length > 0 && !setUp.methods.includes(method)) return "no";
  const all = setUp.patterns.map((pattern) => covers(pattern, setUp.reach, path, setUp.caseSensitive));
  return all.includes("yes") ? "yes" : all.includes("maybe") ? "maybe" : "no";
}
