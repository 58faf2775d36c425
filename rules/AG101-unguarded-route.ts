/** AG101: entry points whose handler runs for anonymous callers. */
import type { EntryPoint } from "../src/model/facts.js";
import { defineRule, type FindingDraft, type RuleInput } from "../src/model/rule.js";
import { claimed } from "./support/certainty.js";
import { hasCaller, verbClass } from "./support/entry-points.js";
import { onePerPlace } from "./support/one-per-place.js";
import { type OpenEntry, type OpenLevel, openDetails, openEntries, openFlow } from "./support/open-entries.js";
import { isRegisteredElsewhere, registrationsWithoutGuard } from "./support/repair-place.js";
import { accessName, tenantData } from "./support/tenant-data.js";
import { isWebhook } from "./support/webhooks.js";
import { sentences } from "./support/wording.js";

type Message = "noGuard" | "attachOnly" | "presenceOnly" | "conventionWrite";

const MESSAGE_OF: Readonly<Record<OpenLevel, Message>> = {
  none: "noGuard",
  attach: "attachOnly",
  presence: "presenceOnly",
};

export const unguardedRoute = defineRule<Message>({
  meta: {
    code: "AG101",
    name: "unguarded-route",
    title: "Entry point without authentication",
    why: "Anybody who can reach the service can run this handler, because nothing before it rejects a caller without a verified identity. Whatever it reads or changes is open to the network.",
    severity: "error",
    securitySeverity: "8.6",
    precision: "high",
    cwe: [306, 862, 425],
    taxa: [
      "API2:2023",
      "API5:2023",
      "A01:2025",
      "A07:2025",
      "NHI4:2025",
      "PR.AA-03",
      "PR.AA-05",
      "ASVS-8.2.1",
      "ASVS-8.3.1",
    ],
    since: "0.1.0",
    messages: {
      noGuard: "'{entry}' runs for callers without a verified identity.{detail}",
      attachOnly: "'{entry}' reads an identity where there is one, and also runs without it.{detail}",
      presenceOnly: "'{entry}' demands that a credential is there, and never verifies it.{detail}",
      conventionWrite:
        "'{entry}' is public by convention and changes tenant data that nothing ties to a caller.{detail}",
    },
  },
  check(input) {
    const open = openEntries(input).filter((entry) => entry.nearMiss === null);
    const together = registrationsWithoutGuard(input.facts.entries);
    return onePerPlace([...open.map((one) => openDraft(one, together)), ...conventionWrites(input)]);
  },
});

function openDraft(open: OpenEntry, together: ReadonlySet<string>): FindingDraft<Message> {
  const { entry } = open;
  const registered = entry.registration.start !== entry.place.start || entry.registration.file !== entry.place.file;
  const atRegistration = isRegisteredElsewhere(entry) && together.has(entry.registration.file);
  const other = atRegistration
    ? { place: entry.place, label: `the handler of '${entry.key}'` }
    : { place: entry.registration, label: "registered here" };
  return {
    message: MESSAGE_OF[open.level],
    data: { entry: entry.key, detail: sentences(openDetails(open)) },
    subject: entry.key,
    place: atRegistration ? entry.registration : entry.place,
    related: registered ? [other] : [],
    flow: openFlow(open),
    confidence: open.shown ? claimed(entry.protection.confidence) : "named",
    severity: open.severity,
    remedy: remedy(open),
  };
}

function remedy(open: OpenEntry): string {
  const { entry } = open;
  return `Put a step that rejects anonymous callers before the handler. If it is public on purpose, say so in the policy: routes.rules: - { match: "${entry.key}", public: true, reason: "…", owner: "…" }.`;
}

/** Sign-in, webhooks and the like are open by nature; changing rows that already belong to somebody is not. */
function* conventionWrites(input: RuleInput): Generator<FindingDraft<Message>> {
  const tenants = tenantData(input);
  for (const [index, entry] of input.facts.entries.entries()) {
    // what webhooks do unsigned is AG108's
    if (!isConventional(entry) || isWebhook(entry) || input.policy.entries[index]?.public === true) continue;
    if (verbClass(entry, input.facts) !== "write") continue;
    const changed = tenants
      .exposed(entry, index)
      .find(
        ({ access, reach }) =>
          access.operation !== "read" &&
          access.operation !== "create" &&
          reach.binding.verdict === "unbound" &&
          reach.demandsSecret !== true,
      );
    if (changed === undefined) continue;
    const name = accessName(changed.access);
    yield {
      message: "conventionWrite",
      data: { entry: entry.key, detail: sentences([`It reaches '${name}'`, entry.intent?.reason ?? ""]) },
      subject: entry.key,
      place: entry.place,
      related: [{ place: changed.access.place, label: `'${name}' is reached` }],
      flow: [
        { place: entry.registration, label: `'${entry.key}' is registered` },
        ...changed.reach.binding.evidence.map((line) => ({ place: line.place, label: line.note })),
        { place: changed.access.place, label: `'${name}' is reached by anybody` },
      ],
      confidence: "named",
      severity: "note",
      remedy:
        "Tie the change to a secret that the caller must present (a signature, a one-time code), or demand a session.",
    };
  }
}

function isConventional(entry: EntryPoint): boolean {
  const { authentication, signature, decision } = entry.protection;
  const open = authentication === "none" || authentication === "attach" || authentication === "presence";
  return entry.intent?.by === "convention" && hasCaller(entry) && open && !signature && !decision;
}
