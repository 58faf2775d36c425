/** What facts amount to: whether they show who calls, and how sure that is. */
import type { Confidence, Grant } from "../../model/facts.js";
import type { Fact } from "../../program/facts/facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import { decisionsIn } from "../decisions/decisions.js";

export interface Grade {
  readonly grants: Grant;
  readonly confidence: Confidence;
}

/** What facts amount to for those behind them. */
export function grade(
  facts: readonly Fact[],
  attached: ReadonlyMap<string, readonly Origin[]>,
  analysis: Analysis,
): Grade {
  const { guarantees, data, queries } = analysis;
  const level = guarantees.checks.level(facts, queries);
  if (level === null || level.level === "presence") {
    const identity = [...attached.values()].some((origins) => holdsIdentity(origins, analysis, 0));
    const presence: Grade = { grants: "presence", confidence: "inferred" };
    if (level !== null) return presence;
    return identity ? { grants: "attach", confidence: "inferred" } : { grants: "neutral", confidence: "inferred" };
  }
  const confidence = confidenceOf(level.fact);
  if (level.level === "signature") return { grants: "signature", confidence };
  const decisions = decisionsIn(facts, data, queries);
  if (decisions.length > 0) return { grants: "decision", confidence };
  return { grants: "authentication", confidence };
}

/** `ctx.state.user = user`, `ctx.state.auth = { user, token }` */
function holdsIdentity(origins: readonly Origin[], analysis: Analysis, depth: number): boolean {
  return leaves(origins).some((o) => {
    if (o.kind === "source") return o.source === "identity" || isLookedUp(o, analysis);
    if (o.kind !== "literal" || o.form !== "object" || depth > 2) return false;
    const { fn, v, frame } = o.site;
    return Array.from(fn.props(v)).some((prop) =>
      holdsIdentity(analysis.queries.evaluate({ fn, v: prop.value, frame }), analysis, depth + 1),
    );
  });
}

/** The row that the caller's credential led to. */
function isLookedUp(origin: Origin, { guarantees, queries }: Analysis): boolean {
  const found = guarantees.checks.level([{ kind: "present", of: [origin], via: [] }], queries);
  return found !== null && found.level === "identity";
}

function confidenceOf(fact: Fact): Confidence {
  if (fact.kind === "passed") return fact.named ? "named" : "proven";
  if (fact.kind !== "present") return "inferred";
  const named = fact.of.some((o) => o.kind === "apply" || (o.kind === "source" && o.source === "identity" && o.named));
  return named ? "inferred" : "proven";
}
