/** Results told apart by their type: `typeof token === "string"` where a text is what went wrong. */
import { NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../linking/function-view.js";
import type { Origin } from "../values/origin.js";
import { behind } from "./conditions.js";

/** What a comparison of a `typeof` asks about: the call whose result it is, and the type that it names. */
export interface TypeTest {
  readonly call: number;
  readonly type: string;
}

/** @param comparison an equality; null when neither side is the type of what a call gave */
export function typeTest(fn: FunctionView, comparison: number): TypeTest | null {
  const sides = [behind(fn, fn.b(comparison)), behind(fn, fn.c(comparison))] as const;
  for (const [asked, other] of [sides, [sides[1], sides[0]] as const]) {
    if (fn.op(asked) !== Op.Unary || fn.text(fn.a(asked)) !== "typeof" || fn.op(other) !== Op.String) continue;
    const call = behind(fn, fn.b(asked));
    return call !== NONE && fn.op(call) === Op.Call ? { call, type: fn.text(fn.a(other)) } : null;
  }
  return null;
}

/** Whether the test says that the result is no text: then it was not the message of a refusal. */
export function isNoText({ type }: TypeTest, equal: boolean): boolean {
  return type === "string" ? !equal : equal && type !== "undefined";
}

/** All that a value may be is text that is written out. */
export function isText(origins: readonly Origin[]): boolean {
  return (
    origins.length > 0 &&
    origins.every((o) =>
      o.kind === "constant" ? typeof o.value === "string" : o.kind === "literal" && o.form === "template",
    )
  );
}
