/** Scopes that entry points demand of a token, as far as they are written out. */
import type { RawStep } from "../../frameworks/routing.js";
import { Op } from "../../model/lowered.js";
import type { Fact } from "../../program/facts/facts.js";
import { calleeName } from "../../program/facts/refusals.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin, PackageOrigin } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import type { JudgedEntry } from "../entries/entries.js";

const SCOPE = /scope/i;
const MAX_SCOPES = 12;

/** Sorted; empty when none is demanded or none can be read. */
export function demandedScopes(
  { raw, after }: JudgedEntry,
  steps: readonly RawStep[],
  analysis: Analysis,
): readonly string[] {
  const found = new Set<string>();
  for (const [key, values] of raw.metadata) if (SCOPE.test(key)) add(found, texts(values, analysis));
  for (const { origin } of steps) if (origin.kind === "package") add(found, ofPackage(origin, analysis));
  for (const fact of after) add(found, ofFact(fact, analysis));
  return [...found].sort();
}

function add(found: Set<string>, words: readonly string[]): void {
  for (const word of words) if (found.size < MAX_SCOPES) found.add(word);
}

/** `requiredScopes("orders:read")`: the middleware of a package and what it was made with. */
function ofPackage(origin: PackageOrigin, analysis: Analysis): readonly string[] {
  for (let step: PackageOrigin | null = origin; step !== null; step = step.previous) {
    if (step.site === null || !SCOPE.test(calleeName(step.site.fn, step.site.fn.callee(step.site.v)))) continue;
    const { fn, v, frame } = step.site;
    return [...fn.args(v)].flatMap((arg) => texts(analysis.queries.evaluate({ fn, v: arg, frame }), analysis));
  }
  return [];
}

/** `claims.scope.split(" ").includes("api")`, `hasScope(token, "api")`, `user.scope === "api"` */
function ofFact(fact: Fact, analysis: Analysis): readonly string[] {
  if (fact.kind === "equal" && [fact.left, fact.right].some((side) => leaves(side).some(readsScope)))
    return texts([...fact.left, ...fact.right], analysis);
  if (fact.kind === "passed" && (SCOPE.test(fact.name) || fact.args.some((arg) => leaves(arg).some(readsScope))))
    return fact.args.flatMap((arg) => texts(arg, analysis));
  if (fact.kind !== "present" || !leaves(fact.of).some(readsScope)) return [];
  return fact.of.flatMap((origin) => askedOf(origin, analysis));
}

function readsScope(origin: Origin): boolean {
  return origin.kind === "source" && origin.source !== "input" && SCOPE.test(origin.path);
}

/** The word that a list was asked for. */
function askedOf(origin: Origin, analysis: Analysis): readonly string[] {
  if ((origin.kind !== "derived" && origin.kind !== "package") || origin.site === null) return [];
  const { fn, v, frame } = origin.site;
  if (fn.op(v) !== Op.Call) return [];
  return [...fn.args(v)].flatMap((arg) => texts(analysis.queries.evaluate({ fn, v: arg, frame }), analysis));
}

function texts(origins: readonly Origin[], { queries }: Analysis): readonly string[] {
  return leaves(
    origins.flatMap((o) => (o.kind === "literal" && o.form === "array" ? [...queries.project(o, ["[]"])] : [o])),
  ).flatMap((o) => (o.kind === "constant" && typeof o.value === "string" && o.value !== "" ? [o.value] : []));
}
