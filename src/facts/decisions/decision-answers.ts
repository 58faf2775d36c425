/** Answers of decision engines as the values of a function, and what the program reads of them. */
import { type Answer, answerOf, isVerdict } from "../../frameworks/knowledge/verdicts.js";
import type { Confidence, DecisionFaultKind } from "../../model/facts.js";
import { NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";

/** A fault in one function, before it is known which entries run it. */
export interface FoundFault {
  readonly fn: FunctionView;
  readonly v: number;
  readonly kind: DecisionFaultKind;
  readonly engine: string;
  readonly name: string;
  /** what holds the verdict: `.allowed`; for words the one that was compared */
  readonly verdict: string;
  readonly note: string;
  readonly confidence: Confidence;
}

/** What the whole program reads of the answers of engines. */
export interface AnswersRead {
  /** deciding calls whose verdict a function reads */
  readonly verdicts: ReadonlySet<string>;
  /** deciding calls whose whole answer a function hands on */
  readonly handedOn: ReadonlySet<string>;
}

/** Goes through everything that is read from answers, and what is given away of them. */
export function answersRead(functions: readonly FunctionView[], analysis: Analysis): AnswersRead {
  const verdicts = new Set<string>();
  const handedOn = new Set<string>();
  for (const fn of functions) {
    for (let v = 0; v < fn.valueCount; v += 1) {
      for (const value of readBy(fn, v)) {
        for (const answer of answersAt(fn, value, analysis)) {
          if (isVerdict(answer)) verdicts.add(readKey(fn, answer));
          else if (value !== v) handedOn.add(readKey(fn, answer));
        }
      }
    }
  }
  return { verdicts, handedOn };
}

/** What a row reads, or gives away. */
function readBy(fn: FunctionView, v: number): readonly number[] {
  switch (fn.op(v)) {
    case Op.Member:
    case Op.Element:
    case Op.Index:
      return [v];
    case Op.Call:
      return [v, ...fn.args(v)];
    case Op.Return:
      return fn.a(v) === NONE ? [] : [fn.a(v)];
    default:
      return [];
  }
}

/** The same for a call's answer wherever one function of a file, with those inside it, looks at it. */
export function readKey(fn: FunctionView, { site }: Answer): string {
  let outer = fn;
  for (let level = 0; level < 20 && outer.parent !== null && outer.parent.index !== 0; level += 1) outer = outer.parent;
  return `${outer.id}:${site.fn.id}/${site.v}`;
}

/** Engine answers that a value may be. */
export function answersAt(fn: FunctionView, v: number, analysis: Analysis): readonly Answer[] {
  const { queries } = analysis;
  return queries.evaluate({ fn, v, frame: null }).flatMap((origin) => {
    const values = origin.kind === "parameter" && origin.fn === fn ? elementsFor(origin, queries) : [origin];
    return values.flatMap((value) => answerOf(value, queries) ?? []);
  });
}

const GOES_THROUGH = /^(?:some|every|find|filter|map|forEach|flatMap)$/;

/** `results.some((one) => one.decision === "DENY")`: what the callback is given are elements of the list. */
function elementsFor(origin: Extract<Origin, { kind: "parameter" }>, queries: LinkQueries): readonly Origin[] {
  const { fn, index, path } = origin;
  const { parent } = fn;
  if (parent === null || index !== 0) return [];
  for (const call of parent.calls) {
    if (parent.op(call) !== Op.Call || !GOES_THROUGH.test(parent.memberName(parent.callee(call)))) continue;
    const [first] = parent.args(call);
    if (first === undefined || parent.op(first) !== Op.Closure || parent.file.fn(parent.a(first)) !== fn) continue;
    const lists = queries.evaluate({ fn: parent, v: parent.a(parent.callee(call)), frame: null });
    return lists.flatMap((list) => [...queries.project(list, ["[]", ...path])]);
  }
  return [];
}
