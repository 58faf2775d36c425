/**
 * Calls that compare two values: `row.teamId.equals(user.teamId)` of document stores' ids and value objects,
 * `isEqual(a, b)` of packages for it.
 */
import { Op } from "../../model/lowered.js";
import type { FunctionView } from "../linking/function-view.js";
import type { Frame, LinkQueries, Origin } from "../values/origin.js";

const METHOD = /^(?:equals|isEqual|isEqualTo|eq)$/;
const FUNCTION = /^(?:(?:.*\.)?isEqual|(?:.*\.)?equals|is|deepEqual|)$/;
const PACKAGE =
  /^(?:lodash(?:-es)?(?:$|[./])|fast-deep-equal|deep-equal|dequal|fast-equals|ramda|remeda|radash|es-toolkit|underscore)/;

/** The two values that a call compares, null for other calls and for functions of the project, which are read. */
export function comparedByCall(
  fn: FunctionView,
  call: number,
  frame: Frame | null,
  queries: LinkQueries,
): readonly [number, number] | null {
  if (fn.op(call) !== Op.Call) return null;
  const callee = fn.callee(call);
  const [first, second, ...others] = Array.from(fn.args(call));
  if (first === undefined || others.length > 0) return null;
  if (second === undefined) {
    if (fn.op(callee) !== Op.Member || !METHOD.test(fn.memberName(callee))) return null;
    return isOfProject(queries.evaluate({ fn, v: callee, frame })) ? null : [fn.a(callee), first];
  }
  const compares = queries
    .evaluate({ fn, v: callee, frame })
    .some((o) => o.kind === "package" && PACKAGE.test(o.module) && FUNCTION.test(o.path));
  return compares ? [first, second] : null;
}

function isOfProject(callees: readonly Origin[]): boolean {
  return callees.some((origin) => origin.kind === "function" && origin.fn.hasBody);
}
