/** AG301: a query on tenant data that nothing ties to the caller's tenant or to the caller. */
import type { Reach } from "../src/model/facts.js";
import { defineRule } from "../src/model/rule.js";
import { failedAccesses, failedDraft } from "./support/bound-accesses.js";
import { onePerPlace } from "./support/one-per-place.js";

export const unscopedQuery = defineRule<"unbound" | "tenantChosen">({
  meta: {
    code: "AG301",
    name: "unscoped-query",
    title: "Query on tenant data without a tenant or owner predicate",
    why: "A signed-in caller who guesses or learns an id reads or changes rows of another tenant. Being authenticated says who is calling, not whose row it is.",
    severity: "error",
    securitySeverity: "8.1",
    precision: "high",
    cwe: [639, 566, 863],
    taxa: ["API1:2023", "A01:2025", "PR.AA-05", "PR.DS-10", "ASVS-8.2.2", "ASVS-8.4.1"],
    since: "0.1.0",
    messages: {
      unbound: "'{access}' is not bound to the caller's tenant or owner.{detail}",
      tenantChosen: "'{access}' picks a tenant without asking whether the caller belongs to it.{detail}",
    },
  },
  check(input) {
    // nothing filters a create: what is written into it is judged elsewhere
    const failed = failedAccesses(input, "unbound", isPlain).filter(({ access }) => access.operation !== "create");
    return onePerPlace(
      failed.map((one) => {
        const root = one.tenants.scopingOf(one.access.model)?.kind === "root";
        return failedDraft(one, root ? "tenantChosen" : "unbound");
      }),
    );
  },
});

/** A check that went to another id is AG304, an identity that was handed in for nothing AG308. */
function isPlain(reach: Reach): boolean {
  return reach.otherCheck === undefined && reach.unusedPrincipal === undefined;
}
