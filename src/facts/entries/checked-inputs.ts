/**
 * Ids of the request that a step keeps for the handlers behind it: `ctx.state.projectId = ctx.query.projectId`. Where
 * every way on either replaces the id or shows that it is the caller's, what is kept is as good as verified; what the
 * request says under the same name is not.
 */
import type { Fact } from "../../program/facts/facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin, Site, SourceOrigin } from "../../program/values/origin.js";
import { Ledger } from "../accesses/ledger.js";
import { valueKey } from "../accesses/ledger-values.js";
import type { Analysis } from "../analysis.js";
import type { StoredPath } from "./attached.js";

/** Marks those among the attached values. @param goesOn calls of the continuation */
export function markChecked(
  step: string,
  stored: readonly StoredPath[],
  goesOn: readonly Site[],
  analysis: Analysis,
  attached: Map<string, readonly Origin[]>,
): void {
  for (const [path, origins] of attached) {
    const inputs = leaves(origins).filter(isInput);
    const writes = stored.filter((one) => one.path === path);
    if (inputs.length === 0 || writes.length === 0 || goesOn.length === 0) continue;
    const chosen = writes.filter((one) => leaves(one.origins).some(isInput));
    if (!chosen.every((one) => isChecked(one, writes, goesOn, analysis))) continue;
    attached.set(
      path,
      origins.map((origin) => (isInput(origin) ? { ...origin, checkedBy: step } : origin)),
    );
  }
}

function isInput(origin: Origin): origin is SourceOrigin {
  return origin.kind === "source" && origin.source === "input";
}

function isChecked(
  one: StoredPath,
  writes: readonly StoredPath[],
  goesOn: readonly Site[],
  analysis: Analysis,
): boolean {
  const { guarantees, queries } = analysis;
  const ways = goesOn.flatMap((next) => {
    const replaced = writes.filter((other) => isAfter(other.site, one.site) && other.site.fn === next.fn);
    return guarantees.waysBy(
      next,
      one.site,
      replaced.map((other) => other.site.v),
    );
  });
  // a way on which nobody is known is the business of whoever asks for a caller
  const known = ways.filter((way) => {
    const level = guarantees.checks.level(way, queries)?.level;
    return level !== undefined && level !== "presence";
  });
  return (known.length === 0 ? ways : known).every((way) => showsCallers(one, way, analysis));
}

function isAfter(later: Site, earlier: Site): boolean {
  return later.fn === earlier.fn && later.v > earlier.v;
}

/** The id was verified on this way, or is not there. */
function showsCallers(one: StoredPath, way: readonly Fact[], { data, queries }: Analysis): boolean {
  const ledger = new Ledger(way, data, queries);
  const read = new Set([one.target, ...leaves(one.origins).filter(isInput)].map(valueKey));
  const missing = way.some((fact) => fact.kind === "absent" && fact.of.some((o) => read.has(valueKey(o))));
  return (
    missing ||
    ledger.verified(one.target) !== null ||
    leaves(one.origins)
      .filter(isInput)
      .every((o) => ledger.verified(o) !== null)
  );
}
