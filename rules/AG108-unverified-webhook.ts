/** AG108: a webhook that acts on a message without checking who signed it. */
import { defineRule, type FindingDraft } from "../src/model/rule.js";
import { onePerPlace } from "./support/one-per-place.js";
import { stepLabel } from "./support/open-entries.js";
import { accessName } from "./support/tenant-data.js";
import { type UnverifiedWebhook, unverifiedWebhooks } from "./support/webhooks.js";
import { listed, sentences } from "./support/wording.js";

type Message = "unsigned" | "unsignedFrom" | "tooEarly";

export const unverifiedWebhook = defineRule<Message>({
  meta: {
    code: "AG108",
    name: "unverified-webhook",
    title: "Webhook without a signature check",
    why: "The address of a webhook is no secret. Without a check of the signature anybody can send what the provider would send, and the service acts on it: paid, upgraded, deleted.",
    severity: "error",
    securitySeverity: "8.1",
    precision: "high",
    cwe: [345, 306, 940],
    taxa: ["API2:2023", "API10:2023", "A01:2025", "A08:2025", "PR.AA-03", "ASVS-8.2.1"],
    since: "0.1.0",
    messages: {
      unsigned: "'{entry}' acts on messages without checking a signature.{detail}",
      tooEarly: "'{entry}' acts on messages before their signature is checked.{detail}",
      unsignedFrom: "'{entry}' acts on messages of {sender} without checking their signature.{detail}",
    },
  },
  check(input) {
    return onePerPlace(unverifiedWebhooks(input).map(draft));
  },
});

function draft(found: UnverifiedWebhook): FindingDraft<Message> {
  const { entry, change, onTenantData } = found;
  const { sender } = entry;
  const effect =
    change === null
      ? `It has effects outside: ${listed(entry.effects)}`
      : `It reaches '${accessName(change)}'${onTenantData ? ", which is tenant data" : ""}`;
  return {
    message: found.tooEarly ? "tooEarly" : sender === undefined ? "unsigned" : "unsignedFrom",
    data: { entry: entry.key, sender: sender?.name ?? "", detail: sentences([effect]) },
    subject: entry.key,
    place: entry.place,
    related: change === null ? [] : [{ place: change.place, label: `'${accessName(change)}' is reached` }],
    flow: [
      { place: entry.registration, label: `'${entry.key}' is registered` },
      ...entry.steps.slice(0, 8).map((step) => ({ place: step.place, label: stepLabel(step) })),
      { place: entry.place, label: "the handler takes the message as it comes" },
      ...(change === null ? [] : [{ place: change.place, label: `and reaches '${accessName(change)}'` }]),
    ],
    // where a signature is read and yet nothing checks it, the check may only not have been recognised
    confidence: change !== null && sender?.signature !== true ? "inferred" : "named",
    severity: onTenantData ? "error" : "warning",
    remedy: `Verify the signature over the raw body before anything else, in constant time, with a secret that must be set. If anybody may send this, say so in the policy: routes.rules: - { match: "${entry.key}", public: true, reason: "…", owner: "…" }.`,
  };
}
