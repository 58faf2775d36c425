/** AG307: an object of the request is written as it is, and may say to whom the row belongs. */
import type { WrittenKey } from "../src/model/facts.js";
import { defineRule, type FindingDraft } from "../src/model/rule.js";
import { type FailedAccess, reachedAccesses } from "./support/bound-accesses.js";
import { entryPlaces } from "./support/entry-points.js";
import { onePerPlace } from "./support/one-per-place.js";
import { reachesWith } from "./support/reaches.js";
import { accessName } from "./support/tenant-data.js";
import { listed, sentences } from "./support/wording.js";

export const tenantMassAssignment = defineRule<"wholeObject">({
  meta: {
    code: "AG307",
    name: "tenant-mass-assignment",
    title: "Object of the request may set tenant or owner",
    why: "Whoever sends the object adds the key of another tenant, owner or parent to it. The row is then created in, or moved to, a place that the caller has no business in.",
    severity: "error",
    securitySeverity: "7.7",
    precision: "high",
    cwe: [915, 639, 863],
    taxa: ["API3:2023", "A01:2025", "PR.AA-05", "PR.DS-10", "ASVS-8.2.3"],
    since: "0.1.0",
    messages: {
      wholeObject: "'{access}' writes '{path}' as it is, and so lets the request set {columns}.{detail}",
    },
  },
  check(input) {
    const accesses = reachedAccesses(
      input,
      (reach) => (reach.assignedKeys ?? []).length > 0,
      (access) => reachesWith(access, "assignedKeys"),
    );
    return onePerPlace(accesses.flatMap((one) => draft(one)));
  },
});

function draft({ access, lead, reaches }: FailedAccess): FindingDraft<"wholeObject">[] {
  const keys: readonly WrittenKey[] = lead.reach.assignedKeys ?? [];
  const [first] = keys;
  if (first === undefined) return [];
  const columns = listed(keys.map((key) => key.column));
  const entries = [...new Set(reaches.map((reach) => reach.entry.key))];
  return [
    {
      message: "wholeObject",
      data: {
        access: accessName(access),
        path: first.path,
        columns,
        detail: sentences([`It is reached from ${listed(entries)}`]),
      },
      subject: lead.entry.key,
      aspect: accessName(access),
      place: first.place,
      related: entryPlaces(reaches.map((reach) => reach.entry)),
      flow: [],
      confidence: lead.confidence,
      severity: lead.confidence === "named" ? "note" : "error",
      remedy: `name the columns that the request may set, or write ${columns} after the spread`,
    },
  ];
}
