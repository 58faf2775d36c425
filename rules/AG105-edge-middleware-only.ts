/** AG105: entry points whose only protection is a middleware that stands apart from them and is chosen by path. */
import type { EntryPoint, Step } from "../src/model/facts.js";
import type { Place } from "../src/model/place.js";
import { defineRule, type FindingDraft, type RelatedPlace, type RuleInput, type Severity } from "../src/model/rule.js";
import { claimed, weaker } from "./support/certainty.js";
import { byKey, entryPlaces, verbClass } from "./support/entry-points.js";
import { onePerPlace } from "./support/one-per-place.js";
import { bypassedEntries, groupTallies, stepLabel } from "./support/open-entries.js";
import { accessName, tenantData } from "./support/tenant-data.js";
import { counted, listed, sentences } from "./support/wording.js";

type Message = "oneEntry" | "manyEntries";

interface EdgeEntry {
  readonly entry: EntryPoint;
  readonly step: Step;
  /** changes data, or shows data of a tenant that nothing ties to the caller */
  readonly matters: boolean;
  /** its peers verify the caller themselves */
  readonly standsOut: boolean;
  readonly effect: RelatedPlace | null;
}

/** From here on it is how the service is built, and one finding where that is decided says it. */
const MANY = 4;

export const edgeMiddlewareOnly = defineRule<Message>({
  meta: {
    code: "AG105",
    name: "edge-middleware-only",
    title: "Protection in edge middleware only",
    why: "Middleware at the edge is chosen by path, apart from the handlers: a rewritten path, another way in or a changed matcher leaves them open, and nothing behind it notices.",
    severity: "warning",
    securitySeverity: "6.5",
    precision: "high",
    cwe: [288, 289, 863, 425],
    taxa: ["API5:2023", "API8:2023", "A01:2025", "PR.AA-05", "ASVS-8.3.1", "ASVS-8.2.1"],
    since: "0.1.0",
    messages: {
      oneEntry: "'{entry}' is protected at the edge only, and its handler trusts that.{detail}",
      manyEntries: "'{guard}' is all that protects {count}, none of which verifies the caller itself.{detail}",
    },
  },
  check(input) {
    const found = edgeEntries(input).filter((one) => one.matters);
    const byStep = new Map<string, EdgeEntry[]>();
    for (const one of found.filter(({ standsOut }) => !standsOut)) {
      const key = `${one.step.place.file}:${one.step.place.start}`;
      byStep.set(key, [...(byStep.get(key) ?? []), one]);
    }
    const alike = [...byStep.values()].flatMap((all) => (all.length >= MANY ? [manyDraft(all)] : all.map(oneDraft)));
    return onePerPlace([...found.filter(({ standsOut }) => standsOut).map(oneDraft), ...alike]);
  },
});

function edgeEntries(input: RuleInput): EdgeEntry[] {
  const { facts, policy } = input;
  const tenants = tenantData(input);
  const bypassed = bypassedEntries(input);
  const tallyOf = groupTallies(facts.entries, (entry) => entry.protection.authentication === "rejects");
  return facts.entries.flatMap((entry, index) => {
    const { authentication, decision, signature } = entry.protection;
    if (authentication !== "edge-only" || decision || signature || entry.intent !== null) return [];
    if (policy.entries[index]?.public === true || bypassed.has(entry.key)) return [];
    const step = entry.steps.find(
      ({ condition, grants }) => condition === "edge" && (grants === "authentication" || grants === "decision"),
    );
    if (step === undefined) return [];
    const exposed = tenants.exposed(entry, index)[0]?.access ?? null;
    const writes = verbClass(entry, facts) === "write";
    const does = tenants.reached(entry, index).length > 0 || entry.effects.length > 0;
    const tally = tallyOf(entry);
    return [
      {
        entry,
        step,
        matters: exposed !== null || (writes && does),
        standsOut: tally.others >= 3 && tally.guarded / tally.others >= 0.8,
        effect: exposed === null ? null : { place: exposed.place, label: `and reaches '${accessName(exposed)}'` },
      },
    ];
  });
}

function oneDraft({ entry, step, standsOut, effect }: EdgeEntry): FindingDraft<Message> {
  const why = standsOut ? "Its peers verify the caller themselves" : "";
  return {
    ...shared(step),
    message: "oneEntry",
    data: { entry: entry.key, detail: sentences([`Only '${step.name}' stands before it`, why]) },
    subject: entry.key,
    place: entry.place,
    related: [{ place: step.place, label: `'${step.name}' runs at the edge` }],
    flow: [
      { place: step.place, label: `${stepLabel({ ...step, condition: "" })}, at the edge` },
      { place: entry.place, label: "the handler asks nothing itself" },
      ...(effect === null ? [] : [effect]),
    ],
    confidence: claimed(weaker("inferred", step.confidence)),
  };
}

function manyDraft(all: readonly EdgeEntry[]): FindingDraft<Message> {
  const [{ step }] = all;
  const entries = all.map(({ entry }) => entry).sort(byKey);
  const place: Place = step.definedAt ?? step.place;
  const named = `Among them are ${listed(entries.slice(0, 3).map((entry) => entry.key))}`;
  return {
    ...shared(step),
    message: "manyEntries",
    data: { guard: step.name, count: counted(all.length, "entry point"), detail: sentences([named]) },
    subject: `${place.file}#${step.name}`,
    place,
    related: entryPlaces(entries, 10),
    flow: [{ place, label: `${stepLabel({ ...step, condition: "" })}, at the edge` }, ...entryPlaces(entries, 3)],
    confidence: claimed(weaker("inferred", step.confidence)),
  };
}

function shared(step: Step): { severity: Severity; remedy: string } {
  const remedy = `Verify the identity again where the data is touched, in a function that every handler calls, and keep '${step.name}' as the first line only.`;
  return { severity: "warning", remedy };
}
