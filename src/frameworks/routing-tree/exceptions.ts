/** Steps that leave some paths out: `except("/api/public/*", guard)`. */
import type { RawEntry, RawStep } from "../routing.js";
import { covers, patternText } from "./paths.js";

export interface Applied {
  readonly applied: readonly RawStep[];
  /** the place that says so, when a step leaves the path out */
  readonly marker: RawEntry["publicMarker"];
}

/** The steps that run for a path. An exception that covers it is a statement that it is open on purpose. */
export function withoutExceptions(steps: readonly RawStep[], path: string, caseSensitive: boolean): Applied {
  const applied: RawStep[] = [];
  let marker: RawEntry["publicMarker"] = null;
  for (const step of steps) {
    const verdicts = (step.except ?? []).map((pattern) => covers(pattern, "exact", path, caseSensitive));
    if (verdicts.includes("yes")) {
      marker ??= { reason: `left out of '${step.name}'`, place: step.place };
      continue;
    }
    const texts = (step.except ?? []).map(patternText).join(" or ");
    const condition = [step.condition, `the path is not ${texts}`].filter((text) => text !== "").join(" and ");
    applied.push(verdicts.includes("maybe") ? { ...step, condition } : step);
  }
  return { applied, marker };
}
