/** AG406: an error, a time-out, an empty list or a missing value allows. */
import type { BypassCause } from "../src/model/facts.js";
import { defineRule, type Severity } from "../src/model/rule.js";
import { bypassDraft, type OpenBypass, openBypasses } from "./support/bypass-drafts.js";
import { onePerPlace } from "./support/one-per-place.js";

type Message = "error" | "timeOut" | "emptyList" | "missing" | "unsetSecret" | "unknownRank";

export const failOpen = defineRule<Message>({
  meta: {
    code: "AG406",
    name: "fail-open",
    title: "Check allows when it cannot be made",
    why: "Whoever can make the check fail, wait or find nothing gets through it. That is cheaper than passing it: an overload, a variable that is not set, a role that nobody listed.",
    severity: "error",
    securitySeverity: "7.5",
    precision: "medium",
    cwe: [636, 755, 280],
    taxa: ["API8:2023", "API5:2023", "A10:2025", "A01:2025", "PR.AA-05", "ASVS-16.5.3"],
    since: "0.1.0",
    messages: {
      error: "'{predicate}' allows when the check fails.{detail}",
      timeOut: "'{predicate}' allows when the check takes too long.{detail}",
      emptyList: "'{predicate}' allows when the list is empty.{detail}",
      missing: "'{predicate}' allows when the value is missing.{detail}",
      unsetSecret: "'{predicate}' allows when the secret is not set.{detail}",
      unknownRank: "'{predicate}' allows a role that has no rank.{detail}",
    },
  },
  check(input) {
    return onePerPlace(
      openBypasses(input, ["fail-open"]).map((open) =>
        bypassDraft(open, MESSAGES[open.bypass.cause ?? "missing-value"], severityOf(open), input),
      ),
    );
  },
});

const MESSAGES: Readonly<Record<BypassCause, Message>> = {
  error: "error",
  "time-out": "timeOut",
  "empty-list": "emptyList",
  "missing-value": "missing",
  "unset-secret": "unsetSecret",
  "unknown-rank": "unknownRank",
  default: "missing",
  unchecked: "missing",
  unrecorded: "missing",
  writes: "missing",
};

/** What opens by itself or by the caller's hand weighs most; what is opened by a choice of the project less. */
function severityOf({ bypass }: OpenBypass): Severity {
  return bypass.confidence === "proven" ? "error" : "warning";
}
