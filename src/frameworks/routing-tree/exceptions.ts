/** Steps that leave some paths out: `except("/api/public/*", guard)`, `guard.unless({ path: […] })`. */
import { holdsFor, isMeant, type PathTest } from "../../program/paths/pattern-meaning.js";
import type { PathException, RawEntry, RawStep } from "../routing.js";
import { type Coverage, covers, patternText } from "./paths.js";

/** Stands for exceptions that could not be read: it may match any path. */
export const SOME_PATHS: PathException = { pattern: { kind: "regex", source: "/unread/" }, methods: [] };

export interface Applied {
  readonly applied: readonly RawStep[];
  /** the place that says so, when a step leaves the path out */
  readonly marker: RawEntry["publicMarker"];
  /** exceptions that match the path and speak of others */
  readonly slips: NonNullable<RawEntry["slips"]>;
}

interface Request {
  readonly path: string;
  readonly method: string;
  readonly caseSensitive: boolean;
}

/** The steps that run for a request. An exception that names its path is a statement that it is open on purpose. */
export function withoutExceptions(steps: readonly RawStep[], request: Request): Applied {
  const applied: RawStep[] = [];
  const slips: NonNullable<RawEntry["slips"]>[number][] = [];
  let marker: RawEntry["publicMarker"] = null;
  for (const step of steps) {
    const except = (step.except ?? []).filter(
      ({ methods }) => methods.length === 0 || methods.includes(request.method),
    );
    const verdicts = except.map((one) => verdictOf(one, step, request));
    if (verdicts.includes("yes")) {
      marker ??= { reason: `left out of '${step.name}'`, place: step.place };
      continue;
    }
    const slip = except[verdicts.indexOf("slips")];
    if (slip?.pattern.kind === "regex") {
      slips.push({ guard: step.name, pattern: slip.pattern.source, place: step.place });
      continue;
    }
    const texts = except.map(({ pattern }) => patternText(pattern)).join(" or ");
    const condition = [step.condition, `the path is not ${texts}`].filter((text) => text !== "").join(" and ");
    applied.push(verdicts.includes("maybe") ? { ...step, condition } : step);
  }
  return { applied, marker, slips };
}

/** `slips` where an expression matches the path and does not speak of it. */
function verdictOf(except: PathException, { place }: RawStep, { path, caseSensitive }: Request): Coverage | "slips" {
  if (except === SOME_PATHS) return "maybe";
  const { pattern } = except;
  const verdict = covers(pattern, "exact", path, caseSensitive);
  if (verdict !== "maybe" || pattern.kind !== "regex" || /[:*]/.test(path)) return verdict;
  const end = pattern.source.lastIndexOf("/");
  const test: PathTest = {
    kind: "regex",
    text: pattern.source.slice(1, end),
    flags: pattern.source.slice(end + 1),
    place,
    withQuery: false,
    cut: false,
    folded: false,
  };
  const holds = holdsFor(test, path, "/");
  if (holds === undefined) return "maybe";
  if (!holds) return "no";
  return isMeant(test, path, "/") ? "yes" : "slips";
}
