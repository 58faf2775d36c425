/** Whether the role of the one who is changed was looked at before: compared, tested, handed to something that tests it. */
import { NONE, Op } from "../../model/lowered.js";
import type { Fact } from "../../program/facts/facts.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Frame, Origin, Site } from "../../program/values/origin.js";
import { isIncludedByCaller } from "../accesses/included-rows.js";
import { valueKey } from "../accesses/ledger-values.js";
import type { Analysis } from "../analysis.js";
import { levelsOf } from "../guards/conditional-checks.js";
import { isOfAnother } from "./own-roles.js";
import { lastName, ROLE_NAME } from "./role-values.js";

const MAX_DEPTH = 4;
const MAX_CLOSURES = 24;
const OWNER = /owner/i;

/** A check on the way saw a role of somebody else, or the key by which the target was chosen. */
export function targetWasChecked(facts: readonly Fact[], chosen: Origin, analysis: Analysis): boolean {
  const key = valueKey(chosen);
  return facts.some((fact) => sees(fact, key, analysis, 0));
}

function sees(fact: Fact, key: string, analysis: Analysis, depth: number): boolean {
  const ofTarget = (origins: readonly Origin[]): boolean => leaves(origins).some((o) => isTargetRole(o, analysis));
  const isChosen = (origins: readonly Origin[]): boolean => leaves(origins).some((o) => valueKey(o) === key);
  switch (fact.kind) {
    case "present":
    case "absent":
      return ofTarget(fact.of);
    case "equal":
    case "unequal":
      // `id !== session.user.id`, and ids that are ruled out
      return ofTarget([...fact.left, ...fact.right]) || isChosen(fact.left) || isChosen(fact.right);
    case "passed":
      return (
        fact.level !== "look-up" &&
        fact.args.some((arg) => ofTarget(within(arg, analysis)) || isChosen(within(arg, analysis)))
      );
    case "either":
      return depth < MAX_DEPTH && fact.paths.some((path) => path.some((one) => sees(one, key, analysis, depth + 1)));
    default:
      return false;
  }
}

/** Arguments with what objects among them hold. */
function within(origins: readonly Origin[], { queries }: Analysis): readonly Origin[] {
  return origins.flatMap((o) =>
    o.kind === "literal" && o.form === "object" ? [o, ...queries.project(o, ["[]"])] : [o],
  );
}

/** Something in the functions on the way tests a role that is not the caller's, in whatever form. */
export function testsTarget(site: Site, analysis: Analysis): boolean {
  return levelsOf(site).some(({ fn, frame }) =>
    [fn, ...closuresIn(fn)].some((one) => testsIn(one, fn === one ? frame : null, analysis)),
  );
}

function closuresIn(fn: FunctionView): readonly FunctionView[] {
  const found: FunctionView[] = [];
  const open = [fn];
  for (let next = open.pop(); next !== undefined && found.length < MAX_CLOSURES; next = open.pop()) {
    for (let v = 0; v < next.valueCount; v += 1) {
      if (next.op(v) !== Op.Closure) continue;
      const inner = next.file.fn(next.a(v));
      found.push(inner);
      open.push(inner);
    }
  }
  return found;
}

function testsIn(fn: FunctionView, frame: Frame | null, analysis: Analysis): boolean {
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (operandsTested(fn, v).some((one) => isRoleOfTarget({ fn, v: one, frame }, analysis))) return true;
  }
  return false;
}

/** What is compared, looked up in a list, or handed to a call by name or in an object. */
function operandsTested(fn: FunctionView, v: number): readonly number[] {
  switch (fn.op(v)) {
    case Op.Binary:
      return [fn.b(v), fn.c(v)];
    case Op.Branch:
      return [fn.a(v)];
    case Op.Index:
      return [fn.b(v)];
    case Op.Call: {
      const callee = fn.callee(v);
      const receiver = fn.op(callee) === Op.Member ? [fn.a(callee)] : [];
      const args = Array.from(fn.args(v));
      const props = args.flatMap((arg) =>
        fn.op(arg) === Op.Object ? [...fn.props(arg)].map((prop) => prop.value) : [],
      );
      return [...receiver, ...args, ...props];
    }
    default:
      return [];
  }
}

/** A member that is named as roles are, of what is not known to be the caller's. */
function isRoleOfTarget(site: Site, analysis: Analysis): boolean {
  const { fn, v } = site;
  if (v === NONE || fn.op(v) !== Op.Member || !ROLE_NAME.test(fn.memberName(v))) return false;
  if (OWNER.test(fn.memberName(v))) return true;
  const origins = leaves(analysis.queries.evaluate(site));
  return origins.some((origin) => isTargetRole(origin, analysis)) || origins.every((origin) => isUnread(origin));
}

/** What a callback is given is known only where it is called. */
function isUnread(origin: Origin): boolean {
  return origin.kind === "parameter" || origin.kind === "unknown" || origin.kind === "typed";
}

function isTargetRole(origin: Origin, analysis: Analysis): boolean {
  const { data, queries } = analysis;
  if (origin.kind !== "source" || origin.source !== "row" || !ROLE_NAME.test(lastName(origin.path))) return false;
  if (OWNER.test(lastName(origin.path))) return true;
  if (isIncludedByCaller(origin, queries)) return false;
  return origin.path.includes(".") || !data.keyedByCaller(origin, queries) || isOfAnother(origin, analysis);
}
