/** Settings of the whole service under names that the request chooses, where nothing decides who may set them. */
import type { Access, ChosenSetting, EntryPoint } from "../../src/model/facts.js";
import type { FindingDraft, RuleInput } from "../../src/model/rule.js";
import { byKey, entryPlaces, hasCaller } from "./entry-points.js";
import { reachesWith } from "./reaches.js";
import { accessName } from "./tenant-data.js";
import { listed, sentences } from "./wording.js";

interface Chosen {
  readonly entry: EntryPoint;
  readonly setting: ChosenSetting;
}

export function anySetting(access: Access, input: RuleInput): FindingDraft<"anySetting">[] {
  const all = reachesWith(access, "chosenSetting").flatMap(
    ({ entry: index, chosenSetting: setting, decided }): Chosen[] => {
      const entry = input.facts.entries[index];
      if (entry === undefined || setting === undefined || !hasCaller(entry) || entry.machine === true) return [];
      return decided || entry.protection.decision ? [] : [{ entry, setting }];
    },
  );
  const [lead] = all.sort((a, b) => byKey(a.entry, b.entry));
  if (lead === undefined) return [];
  const { entry, setting } = lead;
  const { column, path, place } = setting;
  return [
    {
      message: "anySetting",
      data: {
        access: accessName(access),
        column,
        path,
        detail: sentences([`It is reached from ${listed([...new Set(all.map((one) => one.entry.key))])}`]),
      },
      subject: entry.key,
      aspect: `${accessName(access)} ${column}`,
      place,
      related: [
        { place: access.place, label: `'${accessName(access)}' writes it` },
        ...entryPlaces(all.map((one) => one.entry)),
      ],
      flow: [
        { place: entry.place, label: `'${entry.key}' begins here` },
        { place, label: `the keys of '${path}' are taken` },
        { place: access.place, label: "and written as names of settings" },
      ],
      confidence: "inferred",
      // open until the service is set up, it is so for an hour
      severity: entry.intent === null ? "error" : "warning",
      remedy: `Keep only those keys of '${path}' that are on a list of settings which may be set here.`,
    },
  ];
}
