/** Tests that name one account twice, as the one that is worked on and as the one that asks. */
import { LogicKind, NONE, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Leaf } from "./bypass-record.js";

const MAX_DEPTH = 8;

/** `row.id === 1 && caller.id !== 1`: nobody but that account itself may touch it, and it gets by no check that others meet. */
export function keepsOthersOff(fn: FunctionView, test: number, leaf: Leaf): boolean {
  const named = literalAt(fn, leaf.v);
  return (
    named !== null &&
    conjunctionsIn(fn, test, 0).some(
      (parts) =>
        parts.includes(behind(fn, leaf.v)) &&
        parts.some((part) => part !== behind(fn, leaf.v) && literalAt(fn, part) === named && isEqual(fn, part)),
    )
  );
}

/** What is joined by `&&`, in each of the alternatives. */
function conjunctionsIn(fn: FunctionView, test: number, depth: number): readonly (readonly number[])[] {
  const v = behind(fn, test);
  if (fn.op(v) !== Op.Logic || depth > MAX_DEPTH) return [[v]];
  const left = conjunctionsIn(fn, fn.b(v), depth + 1);
  const right = conjunctionsIn(fn, fn.c(v), depth + 1);
  if (fn.a(v) !== LogicKind.And) return [...left, ...right];
  return left.length === 1 && right.length === 1 ? [[...left[0], ...right[0]]] : [...left, ...right];
}

/** The text or number that something is compared with, as it is written. */
function literalAt(fn: FunctionView, test: number): string | null {
  const v = behind(fn, test);
  if (v === NONE || fn.op(v) !== Op.Binary || !/^[!=]==?$/.test(fn.text(fn.a(v)))) return null;
  for (const side of [behind(fn, fn.b(v)), behind(fn, fn.c(v))])
    if (fn.op(side) === Op.Number || fn.op(side) === Op.String) return fn.text(fn.a(side));
  return null;
}

function isEqual(fn: FunctionView, test: number): boolean {
  return fn.text(fn.a(behind(fn, test))).startsWith("=");
}
