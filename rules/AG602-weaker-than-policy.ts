/** AG602: entry points that meet less than the manifest demands, and manifests that demand less than they extend. */
import type { EntryPoint } from "../src/model/facts.js";
import { type EntryPolicy, meetsRequirement, type PolicyRoute } from "../src/model/policy.js";
import { defineRule, type FindingDraft, type RuleInput } from "../src/model/rule.js";
import { claimed } from "./support/certainty.js";
import { hasManifest, inManifest, requirementWords, sourceOf } from "./support/manifest.js";
import { stepLabel } from "./support/open-entries.js";
import { sentences } from "./support/wording.js";

type Message = "weaker" | "loosened";

export const weakerThanPolicy = defineRule<Message>({
  meta: {
    code: "AG602",
    name: "weaker-than-policy",
    title: "Entry point weaker than the policy demands",
    why: "The policy is what reviewers and auditors rely on. An entry point that skips what it demands is a hole that the documents deny.",
    severity: "error",
    securitySeverity: "7.5",
    precision: "high",
    cwe: [863, 1068, 1059],
    taxa: ["API5:2023", "API9:2023", "A01:2025", "A06:2025", "PR.AA-05", "GV.PO-02", "ASVS-8.1.1", "ASVS-8.2.1"],
    since: "0.1.0",
    messages: {
      weaker: "'{entry}' lacks {missing}, which {source} demands.{detail}",
      loosened: "The policy demands less than the one it extends: {what}.",
    },
  },
  *check(input) {
    if (!hasManifest(input)) return;
    for (const applied of input.policy.entries) {
      const draft = judge(applied, input.policy.policy.routes[applied.route]);
      if (draft !== null) yield draft;
    }
    yield* loosened(input);
  },
});

function judge(applied: EntryPolicy, route: PolicyRoute | undefined): FindingDraft<Message> | null {
  const { entry } = applied;
  const { authentication, confidence, detail } = entry.protection;
  // what could not be read is listed among the unknowns, not accused
  if (applied.public || authentication === "unknown") return null;
  const missing = applied.require.filter((requirement) => !meetsRequirement(entry, requirement, route !== undefined));
  if (missing.length === 0) return null;
  // by default alone, AG101 tells of missing authentication, and AG601 of what is open on purpose
  if (route === undefined && (missing.includes("authentication") || entry.intent !== null)) return null;
  return {
    message: "weaker",
    data: {
      entry: entry.key,
      missing: requirementWords(missing),
      source: sourceOf(route),
      detail: sentences([conditional(entry) ? `Authentication depends on '${detail}'` : "", intentWords(entry)]),
    },
    subject: entry.key,
    place: entry.place,
    related: [],
    flow: flowOf(entry),
    confidence: claimed(confidence),
    remedy: `Add ${requirementWords(missing)} before the handler, or correct the policy in a reviewed change.`,
  };
}

function conditional(entry: EntryPoint): boolean {
  return entry.protection.authentication === "conditional" && entry.protection.detail !== "";
}

function intentWords({ intent }: EntryPoint): string {
  return intent === null ? "" : `The code opens it: ${intent.reason}`;
}

function flowOf(entry: EntryPoint): FindingDraft["flow"] {
  return [
    { place: entry.registration, label: `'${entry.key}' is registered` },
    ...entry.steps.slice(0, 8).map((step) => ({ place: step.place, label: stepLabel(step) })),
    { place: entry.place, label: "the handler runs" },
  ];
}

function* loosened({ policy }: RuleInput): Generator<FindingDraft<Message>> {
  for (const { what, at } of policy.policy.loosenings) {
    yield {
      message: "loosened",
      data: { what },
      subject: what,
      ...inManifest(at),
      confidence: "proven",
      severity: "warning",
      remedy: "Keep to what the extended policy demands, or have it changed there by its owner.",
    };
  }
}
