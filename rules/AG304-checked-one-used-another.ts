/** AG304: one id of the request was checked, and the row is picked by another that nothing ties to it. */
import { defineRule, type FindingDraft, type Severity } from "../src/model/rule.js";
import { type FailedAccess, type FailedReach, failedAccesses, failedDraft } from "./support/bound-accesses.js";
import { onePerPlace } from "./support/one-per-place.js";

export const checkedOneUsedAnother = defineRule<"otherId">({
  meta: {
    code: "AG304",
    name: "checked-one-used-another",
    title: "One id is checked and another is used",
    why: "A check on one id says nothing of another that arrives in the same request. A caller sends an id of their own for the check and a foreign one for the row.",
    severity: "error",
    securitySeverity: "8.1",
    precision: "high",
    cwe: [639, 863, 566],
    taxa: ["API1:2023", "A01:2025", "PR.AA-05", "PR.DS-10", "ASVS-8.2.2", "ASVS-8.4.1"],
    since: "0.1.0",
    messages: {
      otherId: "'{access}' is picked by '{used}' although '{checked}' was checked.{detail}",
    },
  },
  check(input) {
    const failed = failedAccesses(input, "unbound", (reach) => reach.otherCheck !== undefined);
    return onePerPlace(failed.flatMap(perUse).flatMap(draft));
  },
});

/** A helper that picks the row is called from many places, each with a check of its own. */
function perUse(failed: FailedAccess): FailedAccess[] {
  const places = new Map<string, FailedReach[]>();
  for (const one of failed.reaches) {
    const use = one.reach.otherCheck?.use;
    if (use === undefined) continue;
    const key = `${use.file}:${use.start}`;
    places.set(key, [...(places.get(key) ?? []), one]);
  }
  return [...places.values()].flatMap((reaches) => {
    const [lead] = reaches;
    return lead === undefined ? [] : [{ ...failed, lead, reaches }];
  });
}

function draft(failed: FailedAccess): FindingDraft<"otherId">[] {
  const { lead, access } = failed;
  const other = lead.reach.otherCheck;
  if (other === undefined) return [];
  const base = failedDraft<"otherId">(failed, "otherId");
  const severity: Severity = lead.confidence === "named" ? "note" : "error";
  return [
    {
      ...base,
      data: { ...base.data, used: other.used, checked: other.checked },
      place: other.use,
      severity,
      related: [
        { place: other.place, label: `'${other.name}' checks '${other.checked}'` },
        { place: access.place, label: "the row is picked here" },
        ...base.related,
      ],
      remedy: `tie '${other.used}' to '${other.checked}': filter by both, or check the row that was loaded`,
    },
  ];
}
