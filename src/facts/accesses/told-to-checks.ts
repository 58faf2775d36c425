/**
 * Rows that are looked up to tell a check which tenant is meant: `context: async (params) => ({ orgId: (await
 * find(params.slug))?.id })`, which a wrapper hands to `authenticate(request, context)`. Nothing of them is shown.
 */
import { calleeName } from "../../program/facts/refusals.js";
import type { Site } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import { DECIDES, Travelled } from "./travelling-keys.js";

const MAX_ROWS = 4000;

/** True when only keys of what is found leave the function, and its caller hands them to nothing but checks. */
export function isToldToChecks(site: Site, analysis: Analysis): boolean {
  const { fn, v, frame } = site;
  if (isAskedOfChecks(site, analysis)) return true;
  const caller = frame?.site ?? null;
  if (caller === null || fn.valueCount > MAX_ROWS || caller.fn.valueCount > MAX_ROWS) return false;
  const inside = new Travelled(fn, v, true).run();
  if (inside === null || !inside.returned || inside.calls.size > 0) return false;
  const outside = new Travelled(caller.fn, caller.v, false).run();
  if (outside === null || outside.returned || outside.calls.size === 0) return false;
  return [...outside.calls].every((call) => isCheck({ ...caller, v: call }, analysis));
}

/** `ability.can("write", { kind: row.kind })`, `rows.some((row) => !ability.can("write", row.kind))`: a decision, and no more. */
function isAskedOfChecks({ fn, v, frame }: Site, analysis: Analysis): boolean {
  if (fn.valueCount > MAX_ROWS) return false;
  const travels = new Travelled(fn, v, true, "here").run();
  if (travels === null || travels.returned || (travels.calls.size === 0 && !travels.asked)) return false;
  return [...travels.calls].every(
    (call) => DECIDES.test(calleeName(fn, fn.callee(call))) || isCheck({ fn, v: call, frame }, analysis),
  );
}

function isCheck(site: Site, { guarantees, queries }: Analysis): boolean {
  const name = calleeName(site.fn, site.fn.callee(site.v));
  return (["return", "truthy"] as const).some((on) => {
    const check = guarantees.checks.namedCheck(name, site, on, queries);
    return check !== undefined && check.level !== "look-up";
  });
}
