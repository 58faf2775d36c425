/** Answers that are written in the code or stand in the configuration: every caller is told the same. */
import { NONE } from "../../model/lowered.js";
import type { Frame, LinkQueries, Origin } from "../../program/values/origin.js";

const MAX_DEPTH = 4;
const MAX_VALUES = 60;

/** @param frame what the handler is given */
export function answersAlike(handler: Origin, frame: Frame | null, queries: LinkQueries): boolean {
  if (handler.kind !== "function" || !handler.fn.hasBody || handler.fn.returns.length === 0) return false;
  const { fn } = handler;
  return fn.returns.every(
    (row) => fn.a(row) !== NONE && areFixed(queries.evaluate({ fn, v: fn.a(row), frame }), queries, 0),
  );
}

function areFixed(origins: readonly Origin[], queries: LinkQueries, depth: number): boolean {
  if (origins.length > MAX_VALUES || depth > MAX_DEPTH) return false;
  // an empty list holds nothing, and is as fixed as any
  return (origins.length > 0 || depth > 0) && origins.every((origin) => isFixed(origin, queries, depth));
}

function isFixed(origin: Origin, queries: LinkQueries, depth: number): boolean {
  switch (origin.kind) {
    case "constant":
      return true;
    case "source":
      return origin.source === "config";
    case "derived":
      return areFixed(origin.of, queries, depth + 1);
    case "fallback":
      return areFixed(origin.value, queries, depth + 1) && areFixed(origin.or, queries, depth + 1);
    case "literal":
      return (
        (origin.form === "object" || origin.form === "array") &&
        areFixed(queries.project(origin, ["[]"]), queries, depth + 1)
      );
    case "package":
      // what a package exports, of which nothing was asked
      return origin.module !== "" && !origin.path.includes("()");
    case "function":
    case "class":
    case "instance":
    case "namespace":
    case "parameter":
    case "apply":
    case "typed":
    case "unknown":
      return false;
  }
}
