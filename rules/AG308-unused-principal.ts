/** AG308: a function takes the caller's identity and reads or writes without it. */
import { defineRule, type FindingDraft } from "../src/model/rule.js";
import { type FailedAccess, failedAccesses, failedDraft, undecidedSeverity } from "./support/bound-accesses.js";
import { onePerPlace } from "./support/one-per-place.js";

export const unusedPrincipal = defineRule<"unused">({
  meta: {
    code: "AG308",
    name: "unused-principal",
    title: "Identity handed in and not used in the query",
    why: "Callers hand the identity over and trust that it limits what is found. Where the function leaves it out of the query, every signed-in caller reaches the rows of all others.",
    severity: "error",
    securitySeverity: "8.1",
    precision: "high",
    cwe: [639, 863, 566],
    taxa: ["API1:2023", "A01:2025", "PR.AA-05", "PR.DS-10", "ASVS-8.2.2"],
    since: "0.1.0",
    messages: {
      unused: "'{access}' is reached with the caller's identity in '{parameter}' and does not use it.{detail}",
    },
  },
  check(input) {
    const failed = failedAccesses(
      input,
      "unbound",
      (reach) => reach.unusedPrincipal !== undefined && reach.otherCheck === undefined,
    ).filter(({ access }) => access.operation !== "create");
    return onePerPlace(failed.flatMap((one) => draft(one)));
  },
});

function draft(failed: FailedAccess): FindingDraft<"unused">[] {
  const principal = failed.lead.reach.unusedPrincipal;
  if (principal === undefined) return [];
  const base = failedDraft<"unused">(failed, "unused");
  const parameter = principal.parameter === "" ? "a parameter" : principal.parameter;
  const label = `'${principal.symbol || "the function"}' takes the identity here`;
  return [
    {
      ...base,
      data: { ...base.data, parameter },
      // what was decided about the caller does not say whose the rows are, and the identity is there to say it
      severity: undecidedSeverity(failed),
      related: [{ place: principal.place, label }, ...base.related],
    },
  ];
}
