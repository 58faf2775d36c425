/** AG404: a person, a domain or a key that is written in the code is let through. */
import { defineRule, type Severity } from "../src/model/rule.js";
import { bypassDraft, type OpenBypass, openBypasses } from "./support/bypass-drafts.js";
import { onePerPlace } from "./support/one-per-place.js";

export const hardCodedIdentity = defineRule<"literal">({
  meta: {
    code: "AG404",
    name: "hard-coded-identity",
    title: "Identity or key written in the code is let through",
    why: "An account or a key that stands in the code is granted by a commit and withdrawn by a deployment. Whoever reads the source, takes over the address or keeps an old build has the privilege, and nobody sees that it exists.",
    severity: "error",
    securitySeverity: "7.8",
    precision: "high",
    cwe: [798, 287, 863],
    taxa: ["API2:2023", "API5:2023", "A07:2025", "A01:2025", "NHI2:2025", "PR.AA-01", "PR.AA-05", "ASVS-8.2.1"],
    since: "0.1.0",
    messages: {
      literal: "'{predicate}' lets an identity that is written in the code skip {skips}.{detail}",
    },
  },
  check(input) {
    return onePerPlace(
      openBypasses(input, ["literal-identity"]).map((open) => bypassDraft(open, "literal", severityOf(open), input)),
    );
  },
});

/** Who is demanded by name is at least turned away otherwise; a key in the code is everybody's. */
function severityOf({ bypass }: OpenBypass): Severity {
  return bypass.confidence === "proven" ? "error" : "warning";
}
