/** AG401: a privileged identity skips a check, outside the policy layer. */
import { defineRule, type FindingDraft, type RuleInput, type Severity } from "../src/model/rule.js";
import { bypassDraft, type OpenBypass, openBypasses } from "./support/bypass-drafts.js";
import { weaker } from "./support/certainty.js";
import { onePerPlace } from "./support/one-per-place.js";

type Message = "earlyAllow" | "orPrivilege" | "tenantRole";

export const superuserBypass = defineRule<Message>({
  meta: {
    code: "AG401",
    name: "superuser-bypass",
    title: "Superuser skips a check",
    why: "A flag on the user that opens every tenant turns one stolen or mistaken account into access to all of them. Scattered over handlers it can neither be reviewed nor withdrawn.",
    severity: "error",
    securitySeverity: "6.5",
    precision: "medium",
    cwe: [269, 863, 250],
    taxa: ["API5:2023", "API1:2023", "A01:2025", "A06:2025", "NHI5:2025", "PR.AA-05", "ASVS-8.2.1", "ASVS-8.4.2"],
    since: "0.1.0",
    messages: {
      earlyAllow: "'{predicate}' lets a privileged identity skip {skips}.{detail}",
      orPrivilege: "'{predicate}' allows a privileged identity whatever the other conditions say.{detail}",
      tenantRole: "'{predicate}' lets a role within the tenant skip {skips}.{detail}",
    },
  },
  check(input) {
    return onePerPlace(openBypasses(input, ["early-allow", "or-privilege"]).flatMap((open) => drafts(open, input)));
  },
});

function drafts(open: OpenBypass, input: RuleInput): FindingDraft<Message>[] {
  const { bypass } = open;
  if (bypass.scope === "tenant") {
    // roles within a tenant are how tenants are run: a reviewer may want the list, nobody else
    return input.profile === "audit" ? [bypassDraft(open, "tenantRole", "note", input)] : [];
  }
  const message = bypass.kind === "early-allow" ? "earlyAllow" : "orPrivilege";
  const draft = bypassDraft(open, message, severityOf(open), input);
  return [crossesTenants(open, input) ? draft : { ...draft, confidence: weaker("inferred", draft.confidence) }];
}

/**
 * Where a manifest says how privileges are meant, or one flag opens every tenant. Elsewhere that administrators may do
 * what owners may is how many services are run: worth a review, and no reason to stop a build.
 */
function crossesTenants({ bypass }: OpenBypass, { facts, policy }: RuleInput): boolean {
  if (policy.policy.file !== "") return true;
  if (bypass.scope !== "instance" || facts.tenancy.root === "") return false;
  return bypass.kind === "early-allow" || bypass.skips.includes("tenant-filter");
}

/** Skipping sign-in or the tenant filter crosses tenants; skipping a decision may stay within one. */
function severityOf({ bypass }: OpenBypass): Severity {
  if (bypass.scope !== "instance") return "warning";
  return bypass.skips.includes("authentication") || bypass.skips.includes("tenant-filter") ? "error" : "warning";
}
