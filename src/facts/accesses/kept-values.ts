/** Values of a list of which only those go on that passed a test: `ids.filter((id) => own.has(id)).map((id) => ({ id }))`. */
import { NONE, Op, PropKind } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import { answerFacts, type ElementReader, elementsGoneThrough, isOf } from "../../program/facts/element-facts.js";
import type { Fact } from "../../program/facts/facts.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { givenFrame } from "../../program/values/call-frames.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin, Site } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import { valueKey } from "./ledger-values.js";

const MAX_DEPTH = 8;

/** What the tests that a call's arguments were chosen by show of a value. */
export function factsOfKept(value: Origin, { fn, v, frame }: Site, analysis: Analysis): readonly Fact[] {
  const { queries, guarantees } = analysis;
  const reader: ElementReader = {
    read: (atoms, callback, under) => guarantees.reader.read(atoms, callback, under),
    ensures: (callback, exit, under) => guarantees.ensures(callback, exit, under),
  };
  const calls = Array.from(fn.args(v)).flatMap((arg) => [...filterCalls(fn, arg, 0)]);
  return calls.flatMap((call) => {
    const [callback] = fn.args(call);
    if (callback === undefined) return [];
    const elements = elementsGoneThrough(fn, fn.callee(call), frame, queries);
    if (!isOf({ kind: "present", of: [value], via: [] }, elements)) return [];
    return queries.evaluate({ fn, v: callback, frame }).flatMap((test) => {
      if (test.kind !== "function" || !test.fn.hasBody) return [];
      const inner = givenFrame(test, [elements], frame?.depth ?? 0);
      const kept = answerFacts(test.fn, true, inner, reader);
      return kept.filter((fact) => speaksOf(fact, value));
    });
  });
}

function speaksOf(fact: Fact, value: Origin): boolean {
  if (fact.kind !== "present" && fact.kind !== "equal") return false;
  const parts = fact.kind === "present" ? fact.of : [...fact.left, ...fact.right];
  return leaves(parts).some((part) => valueKey(part) === valueKey(value));
}

/** Calls of `filter` that an argument, or what an object in it holds, was made by. */
function* filterCalls(fn: FunctionView, value: number, depth: number): Generator<number> {
  if (value === NONE || depth > MAX_DEPTH) return;
  const v = behind(fn, value);
  switch (fn.op(v)) {
    case Op.Object:
      for (const prop of fn.props(v)) if (prop.kind === PropKind.Named) yield* filterCalls(fn, prop.value, depth + 1);
      return;
    case Op.Call: {
      const callee = fn.callee(v);
      if (fn.op(callee) !== Op.Member) return;
      if (fn.memberName(callee) === "filter") yield v;
      else if (/^(?:map|flatMap|slice)$/.test(fn.memberName(callee))) yield* filterCalls(fn, fn.a(callee), depth + 1);
      return;
    }
    default:
      return;
  }
}
