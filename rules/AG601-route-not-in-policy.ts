/** AG601: entry points of which the manifest says nothing. */
import type { EntryPoint } from "../src/model/facts.js";
import { defineRule } from "../src/model/rule.js";
import { claimed } from "./support/certainty.js";
import { hasCaller } from "./support/entry-points.js";
import { hasManifest } from "./support/manifest.js";
import { sentences } from "./support/wording.js";

export const routeNotInPolicy = defineRule({
  meta: {
    code: "AG601",
    name: "route-not-in-policy",
    title: "Entry point that the policy does not cover",
    why: "Nobody has decided who may call an entry point of which the policy says nothing. What is undecided is reviewed by nobody, and it stays when the reason for it is gone.",
    severity: "warning",
    securitySeverity: "4.0",
    precision: "high",
    cwe: [1059, 912],
    taxa: ["API9:2023", "A02:2025", "A06:2025", "ID.AM-02", "ID.AM-08", "ASVS-8.1.1"],
    since: "0.1.0",
    messages: {
      notCovered: "No rule of the policy covers '{entry}', and the policy has no default for routes.",
      publicInCode: "'{entry}' is open in the code, and no rule of the policy says so.{reason}",
    },
  },
  *check(input) {
    if (!hasManifest(input)) return;
    const { policy, entries } = input.policy;
    for (const { entry, route } of entries) {
      if (route >= 0 || !hasCaller(entry)) continue;
      const open = isOpen(entry);
      if (!open && policy.defaultDeclared) continue;
      yield {
        message: open ? "publicInCode" : "notCovered",
        data: { entry: entry.key, reason: sentences([entry.intent?.reason ?? ""]) },
        subject: entry.key,
        place: entry.place,
        related: open && entry.intent?.place ? [{ place: entry.intent.place, label: "opened here" }] : [],
        flow: [],
        confidence: open ? claimed(entry.protection.confidence) : "proven",
        remedy: remedy(entry, open),
      };
    }
  },
});

/** Marked as public, and nothing rejects anonymous callers after all. */
function isOpen({ intent, protection }: EntryPoint): boolean {
  return intent !== null && protection.authentication !== "rejects" && !protection.decision;
}

function remedy(entry: EntryPoint, open: boolean): string {
  const demand = open ? 'public: true, reason: "…", owner: "…"' : "require: [authentication]";
  return `Add to routes.rules: - { match: "${entry.key}", ${demand} }.`;
}
