/** Whether what an open entry does was seen to be done for callers whom nobody knows. */
import type { Access, BindingVerdict, EntryPoint } from "../../src/model/facts.js";
import type { TenantData } from "./tenant-data.js";

const LEFT_OPEN: ReadonlySet<BindingVerdict> = new Set(["unbound", "tenant-from-input", "optional", "ineffective"]);

/**
 * Where an identity is looked for first, what follows may well hang on who calls: rows that nothing ties to a caller are
 * reached all the same, or something is written and nothing at all is tied to one. Whatever looks for an identity or was
 * made to be open, and decides on one of its ways, was written with both kinds of callers in mind.
 */
export function servesAnybody(entry: EntryPoint, index: number, tenants: TenantData): boolean {
  const all = tenants.reached(entry, index);
  const lookedFor = entry.protection.authentication !== "none";
  if (entry.decidesSometimes === true && (lookedFor || entry.intent !== null)) return false;
  // nowhere on its ways it knows who calls
  if (!lookedFor && !all.some(({ reach }) => reach.authenticated)) return true;
  const reached = all.filter(({ access }) => !findsTheKey(access));
  const verdicts = new Set(reached.map(({ reach }) => reach.binding.verdict));
  if ([...verdicts].some((verdict) => LEFT_OPEN.has(verdict))) return true;
  if (verdicts.has("bound") || verdicts.has("unknown")) return false;
  return reached.some(({ access }) => access.operation !== "read" && tenants.holds(access.model));
}

/** A row found by what a token says of itself holds the key that the token is then verified with. */
export function findsTheKey({ conjuncts }: Access): boolean {
  const values = conjuncts.flatMap((conjunct) => conjunct.values);
  return values.length > 0 && values.every(({ source }) => source === "claims-unverified");
}
