/**
 * Results that say themselves whether they succeeded: `E.left(e)`, `O.none`, `err(e)`. Knowledge of packages says what
 * makes them, through the member `RESULT_OK`; here is what tests them, `E.isLeft(x)`, `x.isErr()`.
 */
import { NONE, Op } from "../../model/lowered.js";
import { type FactsOf, memberFacts } from "../facts/alternative-facts.js";
import type { Fact } from "../facts/facts.js";
import type { Frame, Origin, OriginQueries, Site } from "../values/origin.js";
import type { FunctionView } from "./function-view.js";

/** Member of a result that is true for success and false for failure. */
export const RESULT_OK = "#ok";

const SUCCESS = /^is(?:Right|Some|Ok|Just|Success)$/;
const FAILURE = /^is(?:Left|None|Err|Nothing|Failure)$/;

/** What such a test says of the function that gave the result; null when the call tests none. */
export function resultFacts(
  fn: FunctionView,
  call: number,
  truthy: boolean,
  frame: Frame | null,
  facts: FactsOf,
): readonly Fact[] | null {
  const name = fn.memberName(fn.callee(call)) || plainName(fn, fn.callee(call));
  const success = SUCCESS.test(name);
  if (!success && !FAILURE.test(name)) return null;
  const args = fn.args(call);
  const object = args.length === 1 ? args[0] : args.length === 0 ? fn.a(fn.callee(call)) : NONE;
  if (object === undefined || object === NONE) return null;
  if (isResult(fn, object, frame, facts)) return memberFacts(fn, object, RESULT_OK, success === truthy, frame, facts);
  if (args.length > 0 || !saysItself({ fn, v: object, frame }, name, facts.queries)) return null;
  return memberFacts(fn, object, `${name}()`, truthy, frame, facts);
}

/** `{ error, isErr: () => true }`: results of the project's own making, which say by a method what they are. */
function saysItself(site: Site, name: string, queries: OriginQueries): boolean {
  return queries
    .evaluate(site)
    .some((origin) => origin.kind !== "package" && answersOf(origin, `${name}()`, site, queries).some(isTruthValue));
}

/** What a member of a value is, or what it answers when its name ends in `()`. */
export function answersOf(origin: Origin, name: string, site: Site, queries: OriginQueries): readonly Origin[] {
  if (!name.endsWith("()")) return queries.project(origin, name.split("."));
  const methods = queries.project(origin, name.slice(0, -"()".length).split("."));
  return methods.flatMap((method) => (method.kind === "function" ? [...queries.apply(method, site)] : [method]));
}

/** `return E.left(error)`, `return O.none`: whoever asked is told that there is nothing for him. */
export function isFailure(fn: FunctionView, v: number, queries: OriginQueries): boolean {
  const origins = queries.evaluate({ fn, v, frame: null });
  return origins.length > 0 && origins.every((origin) => origin.kind === "package" && saysFailure(origin, queries));
}

function saysFailure(origin: Origin, queries: OriginQueries): boolean {
  return queries.project(origin, [RESULT_OK]).some((ok) => ok.kind === "constant" && ok.value === false);
}

function plainName(fn: FunctionView, callee: number): string {
  return fn.op(callee) === Op.Member ? "" : (fn.info.slots[fn.b(callee)]?.name ?? "");
}

function isResult(fn: FunctionView, v: number, frame: Frame | null, { queries }: FactsOf): boolean {
  return queries
    .evaluate({ fn, v, frame })
    .some((origin) => origin.kind === "package" && queries.project(origin, [RESULT_OK]).some(isTruthValue));
}

function isTruthValue(origin: { readonly kind: string; readonly value?: unknown }): boolean {
  return origin.kind === "constant" && typeof origin.value === "boolean";
}
