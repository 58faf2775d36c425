/** AG402: a privileged identity drops the tenant filter. */
import { defineRule } from "../src/model/rule.js";
import { bypassDraft, openBypasses } from "./support/bypass-drafts.js";
import { onePerPlace } from "./support/one-per-place.js";

export const superuserWidensQuery = defineRule<"filterDropped">({
  meta: {
    code: "AG402",
    name: "superuser-widens-query",
    title: "Superuser drops the tenant filter",
    why: "One query serves two audiences, and a single flag decides which. When the flag is wrong, forged or stolen, an ordinary page shows the rows of all tenants.",
    severity: "error",
    securitySeverity: "7.5",
    precision: "medium",
    cwe: [269, 863, 250],
    taxa: ["API1:2023", "API5:2023", "A01:2025", "A06:2025", "NHI5:2025", "PR.AA-05", "ASVS-8.4.1", "ASVS-8.4.2"],
    since: "0.1.0",
    messages: {
      filterDropped: "'{predicate}' drops the tenant filter for a privileged identity.{detail}",
    },
  },
  check(input) {
    return onePerPlace(
      openBypasses(input, ["filter-drop"]).map((open) => {
        const severity = open.bypass.scope === "instance" ? "error" : "warning";
        return bypassDraft(open, "filterDropped", severity, input);
      }),
    );
  },
});
