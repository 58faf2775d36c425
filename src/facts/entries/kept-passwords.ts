/** Entry points that anybody may call who knows the password that a row keeps: a link that its maker protected. */
import type { PublicIntent } from "../../model/facts.js";
import type { Fact } from "../../program/facts/facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin, PackageOrigin } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import { HASHES } from "./step-up.js";

const COMPARED = /(?:^|\.)(?:compare|verify)(?:Sync)?\(\)$/;

/** @param after what holds when the handler has not refused */
export function passwordIntent(after: readonly Fact[], analysis: Analysis): PublicIntent | null {
  return after.some(
    (fact) => (fact.kind === "present" && fact.of.some((origin) => isKnown(origin, analysis))) || isComparison(fact),
  )
    ? { by: "capability", reason: "asks for the password that the row keeps", place: null }
    : null;
}

/** What the caller sent was held against what is stored. */
function isKnown(origin: Origin, analysis: Analysis): boolean {
  if (origin.kind !== "package" || origin.site === null) return false;
  if (!HASHES.test(origin.module) || !COMPARED.test(origin.path)) return false;
  const parts = argumentsOf(origin, analysis);
  return (
    parts.some((o) => o.kind === "source" && (o.source === "input" || o.source === "credential")) &&
    parts.some((o) => o.kind === "source" && o.source === "row")
  );
}

/** The same asked by a method of the row: `user.login(password)`. */
function isComparison(fact: Fact): boolean {
  if (fact.kind !== "passed" || fact.check !== undefined || !/(?:^|\.)(?:compare|verify)(?:Sync)?$/.test(fact.name))
    return false;
  const parts = fact.args.flatMap((arg) => [...leaves(arg)]);
  return (
    parts.some((o) => o.kind === "source" && (o.source === "input" || o.source === "credential")) &&
    parts.some((o) => o.kind === "source" && o.source === "row" && /pass|hash|pin$|digest/i.test(o.path))
  );
}

function argumentsOf({ site }: PackageOrigin, { queries }: Analysis): readonly Origin[] {
  if (site === null) return [];
  const { fn, v, frame } = site;
  return Array.from(fn.args(v)).flatMap((arg) => [...leaves(queries.evaluate({ fn, v: arg, frame }))]);
}
