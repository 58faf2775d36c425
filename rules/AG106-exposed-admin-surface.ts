/** AG106: boards, admin panels, metrics and consoles that nothing closes to anonymous callers. */
import type { EntryPoint, Surface } from "../src/model/facts.js";
import { defineRule, type FindingDraft, type RuleInput, type Severity } from "../src/model/rule.js";
import { onePerPlace } from "./support/one-per-place.js";
import { bypassedEntries, stepLabel } from "./support/open-entries.js";
import { listed, sentences } from "./support/wording.js";

type Message = Surface["kind"];

/** Boards and panels act for whoever opens them; what is only read is a question of where it can be reached from. */
const SEVERITY: Readonly<Record<Surface["kind"], Severity>> = {
  board: "error",
  admin: "error",
  debug: "error",
  metrics: "warning",
  console: "note",
  documentation: "note",
};

export const exposedAdminSurface = defineRule<Message>({
  meta: {
    code: "AG106",
    name: "exposed-admin-surface",
    title: "Surface for operators open to anybody",
    why: "Boards over queues and admin panels bring their own buttons: whoever opens them reads the data of every tenant, retries and deletes. They are mounted in one line and easily left without a guard.",
    severity: "error",
    securitySeverity: "8.6",
    precision: "high",
    cwe: [306, 1188, 425, 489],
    taxa: ["API5:2023", "API8:2023", "A01:2025", "A02:2025", "PR.AA-05", "ASVS-8.2.1"],
    since: "0.1.0",
    messages: {
      board: "'{entry}' opens {name} to anonymous callers.{detail}",
      admin: "'{entry}' opens {name} to anonymous callers.{detail}",
      debug: "'{entry}' hands {name} to anonymous callers.{detail}",
      metrics: "'{entry}' shows the metrics of {name} to anonymous callers.{detail}",
      console: "'{entry}' opens {name} to anonymous callers.{detail}",
      documentation: "'{entry}' shows the whole interface to anonymous callers ({name}).{detail}",
    },
  },
  check(input) {
    return onePerPlace(exposed(input));
  },
});

function* exposed(input: RuleInput): Generator<FindingDraft<Message>> {
  const { facts, policy } = input;
  const elsewhere = new Set([...facts.guardFaults.flatMap((fault) => fault.entries), ...bypassedEntries(input)]);
  for (const [index, entry] of facts.entries.entries()) {
    const { surface } = entry;
    if (surface === undefined || !isOpen(entry) || policy.entries[index]?.public === true) continue;
    if (entry.intent?.by === "marker" || elsewhere.has(entry.key)) continue;
    yield draft(entry, surface);
  }
}

function isOpen({ protection }: EntryPoint): boolean {
  const { authentication, decision, signature } = protection;
  const open = authentication === "none" || authentication === "attach" || authentication === "presence";
  return open && !decision && !signature;
}

function draft(entry: EntryPoint, surface: Surface): FindingDraft<Message> {
  const names = entry.steps.map((step) => step.name);
  const before =
    names.length === 0 ? "Nothing runs before it" : `Before it run ${listed(names)}, none of which rejects`;
  return {
    message: surface.kind,
    data: { entry: entry.key, name: surface.name, detail: sentences([before]) },
    subject: entry.key,
    place: entry.place,
    related: [],
    flow: [
      ...entry.steps.slice(0, 8).map((step) => ({ place: step.place, label: stepLabel(step) })),
      { place: entry.place, label: `${surface.name} is reached by anybody` },
    ],
    // metrics are often closed by the network, which the code does not show
    confidence: surface.kind === "metrics" ? "named" : "proven",
    severity: SEVERITY[surface.kind],
    remedy: `Put a step that admits operators only before it, on the same path, or serve it on a port that is not public. If it is open on purpose, say so in the policy: routes.rules: - { match: "${entry.key}", public: true, reason: "…", owner: "…" }.`,
  };
}
