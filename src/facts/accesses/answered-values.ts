/**
 * Values that a helper answers only where it has checked them: `const { orgId } = await ofMember(user.id, body.orgId)`,
 * of `if (!(await findMember(userId, orgId))) return {}; return { orgId };`.
 */
import { NONE, Op } from "../../model/lowered.js";
import type { Fact } from "../../program/facts/facts.js";
import { settledFacts } from "../../program/facts/settled-facts.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { frameFor, MAX_FRAME_DEPTH } from "../../program/values/call-frames.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin, Site } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import { levelsOf } from "../guards/conditional-checks.js";
import { valueKey } from "./ledger-values.js";
import { variablesTold } from "./replaced-values.js";

const MAX_STEPS = 6;

interface Taken {
  readonly call: number;
  /** members that were read of the answer */
  readonly path: readonly string[];
}

/** Whether what an access, or a call around it, is told was taken out of answers that give the value where it is shown alone. */
export function isAnsweredWhereShown(
  value: Origin,
  site: Site,
  analysis: Analysis,
  isShown: (facts: readonly Fact[]) => boolean,
): boolean {
  const { queries } = analysis;
  const key = valueKey(value);
  const holds = ({ fn, frame }: Site, v: number): boolean =>
    leaves(queries.evaluate({ fn, v, frame })).some((o) => valueKey(o) === key);
  return levelsOf(site).some((at) => {
    if (at.fn.op(at.v) !== Op.Call) return false;
    const told = variablesTold(at.fn, at.v).filter((slot) => at.fn.storesTo(slot).some((v) => holds(at, v)));
    const taken = told.flatMap((slot) => at.fn.storesTo(slot).map((v) => takenFrom(at.fn, v)));
    return taken.length > 0 && taken.every((one) => one !== null && isGivenWhereShown(key, one, at, analysis, isShown));
  });
}

/** `const { orgId } = await check(…)` */
function takenFrom(fn: FunctionView, stored: number): Taken | null {
  const path: string[] = [];
  let v = stored;
  for (let step = 0; step < MAX_STEPS; step += 1) {
    switch (fn.op(v)) {
      case Op.Member:
        path.unshift(fn.text(fn.b(v)));
        v = fn.a(v);
        break;
      case Op.Await:
      case Op.Cast:
        v = fn.a(v);
        break;
      case Op.Var: {
        const [only, ...others] = fn.a(v) === 0 ? fn.storesTo(fn.b(v)) : [];
        if (only === undefined || others.length > 0) return null;
        v = only;
        break;
      }
      case Op.Call:
        return path.length === 0 ? null : { call: v, path };
      default:
        return null;
    }
  }
  return null;
}

function isGivenWhereShown(
  key: string,
  { call, path }: Taken,
  { fn, frame }: Site,
  { queries, guarantees }: Analysis,
  isShown: (facts: readonly Fact[]) => boolean,
): boolean {
  const site: Site = { fn, v: call, frame };
  const [callee, ...others] = queries.evaluate({ fn, v: fn.callee(call), frame });
  if (callee?.kind !== "function" || others.length > 0 || callee.fn.returns.length < 2) return false;
  const inner = frameFor(callee, site);
  if (inner.depth > MAX_FRAME_DEPTH) return false;
  const gives = (row: number): boolean => {
    const returned = callee.fn.a(row);
    const values = returned === NONE ? [] : queries.evaluate({ fn: callee.fn, v: returned, frame: inner });
    return leaves(values.flatMap((o) => [...queries.project(o, path)])).some((o) => valueKey(o) === key);
  };
  const giving = callee.fn.returns.filter(gives);
  // what gives it in any case checks nothing by what it answers
  if (giving.length === 0 || giving.length === callee.fn.returns.length) return false;
  return giving.every((row) => isShown(settledFacts(guarantees.factsAt({ fn: callee.fn, v: row, frame: inner }))));
}
