/** Checks handed to a verifier that waits for an error: one that answers yes or no is heard by nobody. */
import { FnHint, NONE, Op } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import type { TokenFlaw } from "../../model/token-flaws.js";
import { behind } from "../../program/facts/conditions.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { TokenContext } from "../claims/token-context.js";
import { symbolOf, usersOf } from "../claims/token-values.js";

/** Options that hold such a check. */
const CHECK = "customJwtCheck";
const LIBRARY = /^aws-jwt-verify(?:\/|$)/;
const MAX_DEPTH = 3;

/** The checks that a function hands over and that only answer. */
export function answeringChecks(fn: FunctionView, context: TokenContext): readonly TokenFlaw[] {
  if (!fn.file.lowered.imports.some(({ module }) => LIBRARY.test(module))) return [];
  const found: TokenFlaw[] = [];
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) !== Op.Object) continue;
    for (const prop of fn.props(v)) {
      if (prop.name !== CHECK || prop.value === NONE) continue;
      const checks = context.evaluate({ fn, v: prop.value });
      const answers = checks.some((o) => o.kind === "function" && answersOnly(o.fn) && !refuses(o.fn, context, 0));
      if (!answers) continue;
      found.push({
        kind: "result-untested",
        place: placeOf(fn, v, prop.value),
        call: CHECK,
        symbol: symbolOf(fn),
        detail: "The library waits for an error and does not look at what the check hands back",
        evidence: [],
        confidence: "proven",
      });
    }
  }
  return found;
}

/** A check written in its place; one that stands elsewhere is handed over where the options are. */
function placeOf(fn: FunctionView, options: number, check: number): Place {
  if (fn.start(check) !== NONE) return fn.place(check);
  return fn.place(usersOf(fn, options).find((user) => fn.start(user) !== NONE) ?? options);
}

/** Something that is handed back says yes or no. */
function answersOnly(fn: FunctionView): boolean {
  return fn.returns.some((row) => {
    if (fn.a(row) === NONE) return false;
    const value = behind(fn, fn.a(row));
    switch (fn.op(value)) {
      case Op.True:
      case Op.False:
      case Op.Logic:
        return true;
      case Op.Binary:
        return /^(?:[!=]==?|[<>]=?|in)$/.test(fn.text(fn.a(value)));
      case Op.Unary:
        return fn.text(fn.a(value)) === "!";
      default:
        return false;
    }
  });
}

/** It throws, or one of the functions that it calls does. */
function refuses(fn: FunctionView, context: TokenContext, depth: number): boolean {
  if ((fn.info.hints & FnHint.Throws) !== 0) return true;
  if (depth >= MAX_DEPTH) return false;
  return [...fn.calls].some(
    (v) =>
      fn.op(v) === Op.Call &&
      context.evaluate({ fn, v: fn.callee(v) }).some((o) => o.kind === "function" && refuses(o.fn, context, depth + 1)),
  );
}
