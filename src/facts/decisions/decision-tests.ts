/** Tests of an engine's answer that do not ask what it decided: the whole answer, another word, what is not a no. */
import { type Answer, allows, isVerdict } from "../../frameworks/knowledge/verdicts.js";
import { LogicKind, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import { displayName } from "../../program/facts/fact-reader.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Origin } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import { type AnswersRead, answersAt, type FoundFault, readKey } from "./decision-answers.js";

/** Faults among the conditions of one function. */
export function faultyTests(fn: FunctionView, read: AnswersRead, analysis: Analysis): readonly FoundFault[] {
  const found: FoundFault[] = [];
  for (let v = 0; v < fn.valueCount; v += 1) {
    const tested = testedBy(fn, v);
    if (tested !== null) found.push(...truthiness(fn, tested, read, analysis));
    else if (isEquality(fn, v)) found.push(...comparison(fn, v, read, analysis));
  }
  return found;
}

function testedBy(fn: FunctionView, v: number): number | null {
  switch (fn.op(v)) {
    case Op.Branch:
    case Op.Cond:
      return fn.a(v);
    case Op.Unary:
      return fn.text(fn.a(v)) === "!" ? fn.b(v) : null;
    case Op.Logic:
      return fn.a(v) === LogicKind.Nullish ? null : fn.b(v);
    default:
      return null;
  }
}

function isEquality(fn: FunctionView, v: number): boolean {
  return fn.op(v) === Op.Binary && /^[!=]==?$/.test(fn.text(fn.a(v)));
}

function truthiness(fn: FunctionView, v: number, read: AnswersRead, analysis: Analysis): readonly FoundFault[] {
  if (isEquality(fn, v)) return [];
  // reading a variable has no place of its own: what it holds is shown
  const at = fn.op(v) === Op.Var ? behind(fn, v) : v;
  return answersAt(fn, v, analysis).flatMap((answer) => {
    const { call, path } = answer;
    if (isVerdict(answer)) {
      if (call.form !== "word" && call.form !== "plan") return [];
      const note = "A word is tested here as if it were true or false, and every word is true";
      return [fault(fn, at, answer, "enum-truthiness", note)];
    }
    if (call.form === "throws" || read.verdicts.has(readKey(fn, answer)) || read.handedOn.has(readKey(fn, answer)))
      return [];
    if (/\(\)/.test(path.replace(/^(?:body\.)?json\(\)/, ""))) return [];
    const answered = /^(?:ok|status|statusText|(?:\w+\.)?length)$/.test(path);
    return answered
      ? [fault(fn, at, answer, "missing-result", "That the engine answered is tested here, and not what")]
      : [fault(fn, at, answer, "whole-object", "The answer is an object, which is true whatever it says")];
  });
}

function comparison(fn: FunctionView, v: number, read: AnswersRead, analysis: Analysis): readonly FoundFault[] {
  const sides = [fn.b(v), fn.c(v)];
  return sides.flatMap((side, i) => {
    const other = analysis.queries.evaluate({ fn, v: sides[1 - i], frame: null });
    return answersAt(fn, side, analysis).flatMap((answer) => compared(fn, v, answer, other, read));
  });
}

const NO = /(?:^|[._])(?:NO_PERMISSION|CONDITIONAL_PERMISSION|UNSPECIFIED|DENY|DENIED)$/;

function compared(
  fn: FunctionView,
  v: number,
  answer: Answer,
  other: readonly Origin[],
  read: AnswersRead,
): readonly FoundFault[] {
  const { call, path } = answer;
  if (!isVerdict(answer)) {
    const known = read.verdicts.has(readKey(fn, answer)) || read.handedOn.has(readKey(fn, answer));
    const success = /^(?:type|status|ok|(?:\w+\.)?length)$/.test(path) && call.form !== "throws" && !known;
    return success
      ? [fault(fn, v, answer, "missing-result", "That the engine answered is tested here, and not what")]
      : [];
  }
  const [only, second] = other;
  if (only === undefined || second !== undefined || allows(call, only)) return [];
  const notNo = "Only a plain no is refused here: what is missing or failed is let through";
  if (call.form === "flag-or-missing") {
    return only.kind === "constant" && only.value === false ? [fault(fn, v, answer, "missing-result", notNo)] : [];
  }
  if (call.form === "plan") {
    const denied = only.kind === "constant" && call.denies?.some((word) => word === only.value) === true;
    const carried = read.handedOn.has(readKey(fn, answer)) || carriesPlanOut(fn);
    return denied && !carried
      ? [fault(fn, v, answer, "missing-result", "What it allows under conditions is let through")]
      : [];
  }
  if (call.form !== "word") return [];
  if (only.kind === "package") return NO.test(only.path) ? [fault(fn, v, answer, "missing-result", notNo)] : [];
  if (only.kind !== "constant" || only.value === undefined || only.value === null) return [];
  if (call.denies?.some((word) => word === only.value)) return [fault(fn, v, answer, "missing-result", notNo)];
  const note = `The engine never answers '${String(only.value)}'`;
  return [fault(fn, v, answer, "wrong-word", note)];
}

/** The conditions of a plan are read, or every kind of it is told apart. */
function carriesPlanOut(fn: FunctionView): boolean {
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) === Op.Member && fn.text(fn.b(v)) === "condition") return true;
    if (fn.op(v) === Op.String && /^KIND_(?:CONDITIONAL|ALWAYS_ALLOWED)$/.test(fn.text(fn.a(v)))) return true;
  }
  return false;
}

function fault(
  fn: FunctionView,
  v: number,
  { call, site }: Answer,
  kind: FoundFault["kind"],
  note: string,
): FoundFault {
  const name = displayName(site.fn, site.v);
  const certain = kind !== "missing-result";
  return {
    fn,
    v,
    kind,
    engine: call.engine,
    name,
    verdict: wanted(call.written, call.allows),
    note,
    confidence: certain ? "proven" : "inferred",
  };
}

function wanted(written: string, words: readonly (string | number)[] | undefined): string {
  const [word] = words ?? [];
  return typeof word === "string" && !written.includes("=") ? `${written} === "${word}"` : written;
}
