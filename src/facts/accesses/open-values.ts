/** Values of which nothing can be said: only some caller knows them, or they come from where nothing was read. */
import { isEnvironment } from "../../frameworks/knowledge/auth-level.js";
import type { Origin } from "../../program/values/origin.js";

/** Patterns, times and numbers are nobody's. */
const OF_THE_LANGUAGE = /^(?:RegExp|Date|Number|BigInt|Boolean|Math|parseInt|parseFloat)\b/;

/** `Status.ACTIVE` of generated or published code: the same for every caller */
const ENUM_MEMBER = /^(?:[\w$]+\.)*[A-Z][\w$]*\.[A-Z][\w$]*$/;

export function isOpenOrigin(origin: Origin): boolean {
  if (origin.kind === "package" && origin.module === "" && OF_THE_LANGUAGE.test(origin.path)) return false;
  if (origin.kind === "package" && ENUM_MEMBER.test(origin.path)) return false;
  if (origin.kind === "source") return origin.source === "request" || origin.source === "context";
  return (
    ["unknown", "parameter", "apply", "typed", "package", "instance"].includes(origin.kind) && !isEnvironment(origin)
  );
}
