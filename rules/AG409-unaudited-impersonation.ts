/** AG409: acting as another user without asking for the real user's privilege, on writes, or without a record. */
import { defineRule, type Severity } from "../src/model/rule.js";
import { bypassDraft, type OpenBypass, openBypasses } from "./support/bypass-drafts.js";
import { onePerPlace } from "./support/one-per-place.js";

type Message = "unchecked" | "writes" | "unrecorded";

export const unauditedImpersonation = defineRule<Message>({
  meta: {
    code: "AG409",
    name: "unaudited-impersonation",
    title: "Acting as another user without check, limit or record",
    why: "Everything that is done under another name is held against the wrong person. Without a check on every request the privilege outlives its withdrawal, and without a record nobody can tell who it was.",
    severity: "error",
    securitySeverity: "7.1",
    precision: "medium",
    cwe: [269, 778, 284],
    taxa: ["API5:2023", "A01:2025", "A09:2025", "NHI9:2025", "PR.AA-05", "DE.CM-03", "ASVS-8.3.1"],
    since: "0.1.0",
    messages: {
      unchecked: "'{predicate}' acts as another user, and nothing asks for the privilege of the real one.{detail}",
      writes: "'{predicate}' changes data in the name of another user.{detail}",
      unrecorded: "'{predicate}' begins to act as another user without a record.{detail}",
    },
  },
  check(input) {
    const allowed = input.policy.policy.impersonation;
    const open = openBypasses(input, ["impersonation"]).filter(
      ({ bypass }) => bypass.cause !== "writes" || allowed?.allow !== "write",
    );
    return onePerPlace(open.map((one) => bypassDraft(one, messageOf(one), severityOf(one), input)));
  },
});

function messageOf({ bypass }: OpenBypass): Message {
  return bypass.cause === "writes" || bypass.cause === "unrecorded" ? bypass.cause : "unchecked";
}

/** Without a record it was at least decided. */
function severityOf({ bypass }: OpenBypass): Severity {
  return bypass.cause === "unrecorded" ? "warning" : "error";
}
