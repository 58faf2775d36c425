/** The calls that make up a query builder: those of one chain, and later statements on a variable that holds it. */
import { NONE, Op } from "../../model/lowered.js";
import { canAvoid } from "../../program/facts/avoidance.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { PackageOrigin, Site } from "../../program/values/origin.js";
import type { Choice } from "./data-call.js";
import { wayAround } from "./way-around.js";

export interface Step {
  /** the method: `where` */
  readonly name: string;
  readonly site: Site;
  /** there is a way around it */
  readonly conditional: boolean;
  /** what comes out so on all of the ways around it, if that is one test */
  readonly unless?: Choice | undefined;
  /** where the ways around it part and meet again, if that is known */
  readonly stretch?: Stretch | null;
}

/** From where a variable gets its builder to where it is used last, and the statement between that may be gone around. */
export interface Stretch {
  readonly fn: FunctionView;
  readonly from: number;
  readonly at: number;
  readonly to: number;
}

/** Calls on the way to the last one, and calls on variables that hold the builder, in order. */
export function builderSteps(callee: PackageOrigin, use: Site, wanted: RegExp): readonly Step[] {
  const chain: Site[] = [];
  for (let step: PackageOrigin | null = callee; step !== null; step = step.previous) {
    if (step.site !== null && step.site.fn.op(step.site.v) === Op.Call) chain.unshift(step.site);
  }
  const made = chain.filter((site) => site.fn.memberName(site.fn.callee(site.v)) !== "");
  const steps = made.map(
    (site): Step => ({ name: site.fn.memberName(site.fn.callee(site.v)), site, conditional: false }),
  );
  const seen = new Set(made.map((site) => `${site.fn.id}:${site.v}`));
  for (const site of made) {
    const end = site.fn === use.fn ? use.v : NONE;
    for (const later of statementsOn(site.fn, site.v)) {
      const key = `${site.fn.id}:${later}`;
      if (seen.has(key) || (end !== NONE && later > end)) continue;
      seen.add(key);
      const conditional = canAvoid(site.fn, site.v, later, end);
      const step: Step = {
        name: site.fn.memberName(site.fn.callee(later)),
        site: { ...site, v: later },
        conditional,
        ...(conditional ? { unless: wayAround(site, later, end) } : {}),
      };
      const at = steps.findIndex((known) => known.site.fn === site.fn && known.site.v > later);
      steps.splice(at < 0 ? steps.length : at, 0, step);
    }
  }
  return steps.filter((step) => wanted.test(step.name));
}

/** Calls on a variable in which a builder was put: `qb.andWhere(…)`, also chained ones. */
function statementsOn(fn: FunctionView, made: number): readonly number[] {
  const slot = fn.info.slots.findIndex((_, index) => fn.storesTo(index).includes(made));
  if (slot < 0) return [];
  return Array.from(fn.calls).filter((call) => {
    if (call <= made || fn.op(call) !== Op.Call) return false;
    let v = call;
    while (fn.op(v) === Op.Call || fn.op(v) === Op.Member) v = fn.a(v);
    return fn.op(v) === Op.Var && fn.a(v) === 0 && fn.b(v) === slot;
  });
}
