/** How an entry point is protected, by the steps that run for it. */
import type { RawEntry } from "../../frameworks/routing.js";
import type { AuthenticationLevel, Confidence, Protection, Step, Surface } from "../../model/facts.js";
import type { Fact } from "../../program/facts/facts.js";
import type { Analysis } from "../analysis.js";
import { type Decision, decisionsIn, privilegeOf } from "../decisions/decisions.js";

/** What the steps of an entry come to, and what its handler ensures. */
export function protectionOf(
  steps: readonly Step[],
  raw: RawEntry,
  outcome: { readonly after: readonly Fact[]; readonly surface: Surface | null; readonly byName?: boolean },
  analysis: Analysis,
): Protection {
  const always = steps.filter((step) => step.condition === "");
  const rejecting = always.filter(guards);
  const decisions = decisionsIn(outcome.after, analysis.data, analysis.queries);
  const base = {
    decision: always.some((step) => step.grants === "decision") || decisions.length > 0,
    ...(decisions.some((one) => one.instanceWide) ? { instanceWide: true } : {}),
    ...privilegeAmong(always, decisions),
    signature: always.some((step) => step.grants === "signature"),
    stepUp: always.some((step) => step.grants === "stepUp"),
  };
  const verdict = (authentication: AuthenticationLevel, confidence: Confidence, detail: string): Protection => ({
    ...base,
    authentication,
    confidence,
    detail,
  });
  const [first] = rejecting;
  if (first !== undefined) return verdict("rejects", best(rejecting), "");
  const conditional = steps.find((step) => guards(step) && step.condition !== "" && step.condition !== "edge");
  if (conditional !== undefined) return verdict("conditional", "inferred", conditional.condition);
  if (steps.some((step) => guards(step) && step.condition === "edge")) return verdict("edge-only", "inferred", "");
  const unread = steps.find((step) => step.grants === "unknown");
  if (unread !== undefined) return verdict("unknown", "unknown", unreadBecause(unread));
  if (raw.incomplete !== "") return verdict("unknown", "unknown", raw.incomplete);
  const read = raw.handler.kind === "function" || raw.settled === true;
  if (!read && raw.publicMarker === null && outcome.surface === null)
    return verdict("unknown", "unknown", "the handler could not be read");
  if (outcome.byName && raw.publicMarker === null)
    return verdict("unknown", "unknown", "what its factory does before it calls the handler could not be followed");
  if (steps.some((step) => step.grants === "presence")) return verdict("presence", "inferred", "");
  return verdict(steps.some((step) => step.grants === "attach") ? "attach" : "none", "inferred", "");
}

/** What was read and stays open turns some callers away. */
export function unreadBecause({ name, definedAt }: Step): string {
  return definedAt === null
    ? `'${name}' could not be read`
    : `'${name}' turns callers away by a test that could not be followed`;
}

/** A step that was asked says more than a name. */
function privilegeAmong(steps: readonly Step[], decisions: readonly Decision[]): Pick<Protection, "privilege"> {
  const found = [privilegeOf(decisions), ...steps].flatMap(({ privilege }) =>
    privilege === undefined ? [] : [privilege],
  );
  return found.length === 0 ? {} : { privilege: found.includes("asked") ? "asked" : "named" };
}

const SURE: readonly Confidence[] = ["proven", "inferred", "named", "unknown"];

function best(steps: readonly Step[]): Confidence {
  return SURE.find((confidence) => steps.some((step) => step.confidence === confidence)) ?? "unknown";
}

export function guards(step: Step): boolean {
  return step.grants === "authentication" || step.grants === "decision";
}
