/** What opens everything at once: wildcards granted to a privilege, an engine told not to enforce. */
import type { Bypass } from "../../model/facts.js";
import { NONE, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import { graphOf } from "../../program/facts/control-flow.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { LinkQueries } from "../../program/values/origin.js";
import { type Predicate, predicateOf } from "./bypass-predicates.js";
import { kindOf, leavesOfTest, make } from "./bypass-record.js";
import { textOf } from "./bypass-text.js";

/** `if (user.isSuperAdmin) can("manage", "all")`, `if (process.env.AUTHZ_OFF) enforcer.enableEnforce(false)` */
export function wholesaleBypasses(fn: FunctionView, queries: LinkQueries): readonly Bypass[] {
  const opened = [...fn.calls].flatMap((v): Bypass[] => {
    const kind = opensAll(fn, v);
    if (kind === null) return [];
    const predicate = conditionOf(fn, v, kind, queries);
    if (predicate === null) return [];
    const found = { audited: false, confidence: "inferred" } as const;
    return [make(fn, v, predicate, kindOf(predicate, "early-allow"), ["decision"], found)];
  });
  return [...opened, ...promotions(fn, queries)];
}

const LOOKS_ROLES_UP = /roles?(?:$|[A-Z_])|membership/i;
const PRIVILEGED = /^(?:super_?)?(?:admin(?:istrator)?|owner|root)$/i;

/** `if (caller.isMachine) return "owner";` in a function that otherwise looks a role up. */
function promotions(fn: FunctionView, queries: LinkQueries): readonly Bypass[] {
  if (!LOOKS_ROLES_UP.test(fn.info.name)) return [];
  const returned = fn.returns.filter((row) => fn.a(row) !== NONE);
  const literals = returned.filter((row) => fn.op(behind(fn, fn.a(row))) === Op.String);
  if (literals.length === returned.length) return [];
  return literals.flatMap((row): Bypass[] => {
    const value = behind(fn, fn.a(row));
    const predicate = PRIVILEGED.test(fn.text(fn.a(value))) ? conditionOf(fn, row, "superuser", queries) : null;
    const found = { audited: false, confidence: "inferred" } as const;
    return predicate === null ? [] : [make(fn, row, predicate, kindOf(predicate, "early-allow"), ["decision"], found)];
  });
}

function opensAll(fn: FunctionView, v: number): Predicate["kind"] | null {
  if (fn.op(v) !== Op.Call) return null;
  const callee = fn.callee(v);
  const name = textOf(fn, callee).split(".").at(-1) ?? "";
  const args = [...fn.args(v)].map((arg) => behind(fn, arg));
  const text = (at: number): string => {
    const arg = args[at];
    return arg !== undefined && fn.op(arg) === Op.String ? fn.text(fn.a(arg)) : "";
  };
  if (name === "can" && text(0) === "manage" && text(1) === "all") return "superuser";
  return name === "enableEnforce" && args[0] !== undefined && fn.op(args[0]) === Op.False ? "environment" : null;
}

/** The condition of that kind right before the call. */
function conditionOf(fn: FunctionView, v: number, kind: Predicate["kind"], queries: LinkQueries): Predicate | null {
  const { blocks, blockOf } = graphOf(fn);
  for (const { terminator: row } of blocks) {
    if (row === NONE || fn.op(row) !== Op.Branch) continue;
    if (fn.b(row) !== blockOf[v] && fn.c(row) !== blockOf[v]) continue;
    for (const leaf of leavesOfTest(fn, fn.a(row))) {
      const predicate = predicateOf(fn, leaf.v, queries);
      if (predicate?.kind === kind) return predicate;
    }
  }
  return null;
}
