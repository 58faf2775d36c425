/** AG303: a tenant predicate that is gone when its value is. */
import type { Bypass } from "../src/model/facts.js";
import type { Place } from "../src/model/place.js";
import { defineRule, type FindingDraft } from "../src/model/rule.js";
import { type FailedAccess, failedAccesses, failedDraft } from "./support/bound-accesses.js";
import { onePerPlace } from "./support/one-per-place.js";

export const optionalTenantFilter = defineRule<"vanishes">({
  meta: {
    code: "AG303",
    name: "optional-tenant-filter",
    title: "Tenant filter that disappears",
    why: "Many data layers drop a condition whose value is undefined. Whoever leaves the value out then gets the rows of all tenants.",
    severity: "error",
    securitySeverity: "7.7",
    precision: "high",
    cwe: [639, 863, 668],
    taxa: ["API1:2023", "A01:2025", "PR.AA-05", "PR.DS-10", "ASVS-8.4.1", "ASVS-8.2.2"],
    since: "0.1.0",
    messages: {
      vanishes: "The tenant filter of '{access}' disappears when its value is empty or undefined.{detail}",
    },
  },
  check(input) {
    const failed = failedAccesses(input, "optional").filter((one) => !droppedForPrivilege(one, input.facts.bypasses));
    return onePerPlace(failed.map(draft));
  },
});

/** A value that is checked when it is given is to be demanded: where it enters the filter, whatever helper queries with it. */
function draft(failed: FailedAccess): FindingDraft<"vanishes"> {
  const base = failedDraft<"vanishes">(failed, "vanishes");
  const { conjunct, ifGiven } = failed.lead.reach.binding;
  if (conjunct === null || ifGiven !== true || conjunct.place.file === (failed.queriedAt ?? base.place).file)
    return base;
  return {
    ...base,
    place: conjunct.place,
    related: [{ place: base.place, label: "it is queried here" }, ...base.related],
  };
}

/** A filter that a privileged identity drops is one flaw, and AG402 reports it where it is repaired. */
function droppedForPrivilege({ reaches }: FailedAccess, bypasses: readonly Bypass[]): boolean {
  const drops = bypasses.filter((bypass) => bypass.kind === "filter-drop");
  return reaches.every(({ entry, reach }) =>
    drops.some((bypass) => bypass.entries.includes(entry.key) || builds(bypass, reach.binding.conjunct?.place)),
  );
}

/** The filter is built elsewhere, where the privileged are told apart. */
function builds({ builder }: Bypass, part: Place | undefined): boolean {
  if (builder === undefined || part === undefined || builder.file !== part.file) return false;
  return builder.start <= part.start && part.end <= builder.end;
}
