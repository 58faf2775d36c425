/** AG403: an environment variable or a configuration value switches protection off. */
import { type EntryPoint, ONE_OF_SEVERAL, PATH_UNDECIDED, type Step } from "../src/model/facts.js";
import { defineRule, type FindingDraft, type RuleInput } from "../src/model/rule.js";
import { bypassDraft, openBypasses } from "./support/bypass-drafts.js";
import { claimed } from "./support/certainty.js";
import { byKey, entryPlaces, hasCaller } from "./support/entry-points.js";
import { onePerPlace } from "./support/one-per-place.js";
import { listed, sentences } from "./support/wording.js";

type Message = "switchedOff" | "conditional";

export const environmentBypass = defineRule<Message>({
  meta: {
    code: "AG403",
    name: "environment-bypass",
    title: "Configuration switches protection off",
    why: "A switch for development reaches production with the next copied configuration file, or by being unset. Then the service runs without the check and nothing in the code shows it.",
    severity: "error",
    securitySeverity: "7.3",
    precision: "high",
    cwe: [489, 1188, 636],
    taxa: ["API8:2023", "A02:2025", "NHI8:2025", "PR.AA-05", "PR.PS-01", "ASVS-13.2.2", "ASVS-16.5.3"],
    since: "0.1.0",
    messages: {
      switchedOff: "'{predicate}' switches {skips} off.{detail}",
      conditional: "'{guard}' protects only under a condition.{detail}",
    },
  },
  check(input) {
    const switches = openBypasses(input, ["environment"]).map((open) =>
      bypassDraft<Message>(open, "switchedOff", "error", input),
    );
    return onePerPlace([...switches, ...conditionalSteps(input)]);
  },
});

/** How a condition is called that no name stands for. */
const UNNAMED = "a test";

interface Conditional {
  readonly step: Step | null;
  readonly entries: EntryPoint[];
}

/** Entry points whose protection is conditional and that no switch reported above explains: one finding per step. */
function conditionalSteps(input: RuleInput): FindingDraft<Message>[] {
  const explained = new Set(
    input.facts.bypasses.flatMap((bypass) =>
      bypass.kind === "environment" || bypass.cause === "unset-secret" ? bypass.entries : [],
    ),
  );
  const byPlace = new Map<string, Conditional>();
  for (const [index, entry] of input.facts.entries.entries()) {
    if (entry.protection.authentication !== "conditional" || !hasCaller(entry)) continue;
    if (explained.has(entry.key) || entry.intent !== null || input.policy.entries[index]?.public === true) continue;
    if (isNoSwitch(entry.protection.detail)) continue;
    const step = entry.steps.find(isConditional) ?? null;
    const at = step?.definedAt ?? step?.place ?? entry.place;
    // what a package gave is attached to each route anew and is one guard all the same
    const shared = step !== null && step.definedAt === null;
    const key = shared ? `${at.file}:${step.name}:${step.condition}` : `${at.file}:${at.start}`;
    const known = byPlace.get(key);
    if (known === undefined) byPlace.set(key, { step, entries: [entry] });
    else known.entries.push(entry);
  }
  return [...byPlace.values()].flatMap(conditionalDraft);
}

/**
 * A route for any path lies partly behind a guard, or which of several functions stands there could not be told:
 * undecided. So is a guard under a path that the configuration holds, whatever else it depends on.
 */
function isNoSwitch(condition: string): boolean {
  const isUndecided = (part: string): boolean => part === ONE_OF_SEVERAL || /^the path (?:matches|is not) /.test(part);
  const parts = condition.split(" and ");
  return condition !== "" && (parts.every(isUndecided) || parts.some((part) => /^the path matches \/:\w+$/.test(part)));
}

function isConditional(step: Step): boolean {
  return (
    step.condition !== "" &&
    !isNoSwitch(step.condition) &&
    (step.grants === "authentication" || step.grants === "decision")
  );
}

function conditionalDraft({ step, entries }: Conditional): FindingDraft<Message>[] {
  const sorted = entries.sort(byKey);
  const [first] = sorted;
  if (first === undefined) return [];
  const place = step?.definedAt ?? step?.place ?? first.place;
  const condition = step?.condition ?? first.protection.detail;
  const keys = [...new Set(sorted.map((entry) => entry.key))];
  return [
    {
      message: "conditional",
      data: {
        guard: step?.name ?? first.key,
        detail: sentences([
          condition === "" || condition === UNNAMED ? "" : `The condition is '${condition}'`,
          `It protects ${listed(keys)}`,
        ]),
      },
      subject: step === null ? first.key : `${place.file}#${step.name}`,
      place,
      related: entryPlaces(sorted),
      flow: [
        { place: first.registration, label: `'${first.key}' is registered` },
        { place, label: `protected only under the condition '${condition}'` },
      ],
      // not a switch of the environment, and perhaps what the service means
      confidence: condition === PATH_UNDECIDED ? "unknown" : claimed(step?.confidence ?? first.protection.confidence),
      severity: "warning",
      remedy: "Make the protection unconditional, and use test accounts instead of a switch.",
    },
  ];
}
