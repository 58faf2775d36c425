/** AG407: a request is served with a client, a key or an option to which the data layer's access rules do not apply. */
import type { EntryPoint } from "../src/model/facts.js";
import { defineRule, type FindingDraft, type RuleInput } from "../src/model/rule.js";
import {
  accessPlace,
  type FailedAccess,
  failedDetails,
  failedFlow,
  reachedAccesses,
} from "./support/bound-accesses.js";
import { bypassDraft, openBypasses } from "./support/bypass-drafts.js";
import { entriesByKey, entryPlaces, hasCaller } from "./support/entry-points.js";
import { onePerPlace } from "./support/one-per-place.js";
import { accessName } from "./support/tenant-data.js";

type Message = "option" | "client";

export const elevatedClient = defineRule<Message>({
  meta: {
    code: "AG407",
    name: "elevated-client",
    title: "Request served with a client that no access rule limits",
    why: "The rules of the data layer were written so that no query can forget them. A client that stands above them serves the request with the rights of the service, and every filter that is forgotten shows the rows of all.",
    severity: "error",
    securitySeverity: "7.5",
    precision: "medium",
    cwe: [250, 269, 863],
    taxa: ["API1:2023", "API5:2023", "A01:2025", "NHI5:2025", "PR.AA-05", "ASVS-8.4.1"],
    since: "0.1.0",
    messages: {
      option: "'{predicate}' lifts the access rules of the data layer while a request is served.{detail}",
      client: "'{access}' uses {client}, and nothing ties the rows to the caller.{detail}",
    },
  },
  check(input) {
    return onePerPlace([...options(input), ...clients(input)]);
  },
});

/** An option in a request path; where a decision was made before, it may be what that decision allowed. */
function options(input: RuleInput): FindingDraft<Message>[] {
  return openBypasses(input, ["elevated-client"]).flatMap((open) => {
    const entries = entriesByKey(open.bypass.entries, input.facts).filter(servesUsers);
    if (entries.length === 0) return [];
    const undecided = entries.some((entry) => !entry.protection.decision);
    const draft = bypassDraft<Message>(open, "option", undecided ? "error" : "note", input);
    return [undecided ? draft : { ...draft, confidence: "named" }];
  });
}

function servesUsers(entry: EntryPoint): boolean {
  return (
    hasCaller(entry) && entry.machine !== true && !/(?:^|\/)(?:admin|cron|internal|webhooks?)(?:\/|$)/i.test(entry.path)
  );
}

function clients(input: RuleInput): FindingDraft<Message>[] {
  const open = new Set(["unbound", "tenant-from-input", "optional", "ineffective"]);
  return reachedAccesses(input, (reach) => open.has(reach.binding.verdict))
    .filter(({ access }) => access.elevated !== undefined)
    .map(clientDraft);
}

function clientDraft(failed: FailedAccess): FindingDraft<Message> {
  const { access, lead, reaches } = failed;
  return {
    message: "client",
    data: { access: accessName(access), client: access.elevated ?? "", detail: failedDetails(failed) },
    subject: lead.entry.key,
    aspect: accessName(access),
    place: accessPlace(access),
    related: entryPlaces(reaches.map((reach) => reach.entry)),
    flow: failedFlow(failed),
    confidence: lead.confidence,
    severity: lead.confidence === "named" ? "note" : "warning",
    remedy: "Use a client that carries the caller's own token, or bind the query to the caller.",
  };
}
