/** Changes of other people, chosen by the request, by callers who may stand below them. */
import { lowestRank, rolesAbove } from "../../src/base/role-ranks.js";
import type { Access, ChangedMember, EntryPoint } from "../../src/model/facts.js";
import type { FindingDraft, RuleInput } from "../../src/model/rule.js";
import { byKey, entryPlaces, hasCaller } from "./entry-points.js";
import { reachesWith } from "./reaches.js";
import { accessName } from "./tenant-data.js";
import { listed, sentences } from "./wording.js";

interface Changed {
  readonly entry: EntryPoint;
  readonly person: ChangedMember;
  readonly enough: readonly string[];
  readonly above: readonly string[];
}

/** A draft where a role is enough to get to the write, and there are people with a higher one. */
export function personAbove(
  access: Access,
  input: RuleInput,
  vocabulary: readonly string[],
): FindingDraft<"personAbove">[] {
  const all = reachesWith(access, "changedMember").flatMap((reach): Changed[] => {
    const entry = input.facts.entries[reach.entry];
    const { changedMember: person, demands } = reach;
    if (entry === undefined || person === undefined || !hasCaller(entry) || entry.machine === true) return [];
    const enough = demands?.roles ?? [];
    const lowest = lowestRank(enough);
    if (lowest === null || demands?.everything === true) return [];
    const above = rolesAbove(lowest, [...vocabulary, ...enough]);
    return above.length === 0 ? [] : [{ entry, person, enough, above }];
  });
  const [lead] = all.sort((a, b) => byKey(a.entry, b.entry));
  return lead === undefined ? [] : [draft(access, lead, all)];
}

function draft(access: Access, lead: Changed, all: readonly Changed[]): FindingDraft<"personAbove"> {
  const { entry, person, enough, above } = lead;
  const entries = all.map((one) => one.entry);
  return {
    message: "personAbove",
    data: {
      access: accessName(access),
      effect: person.effect,
      path: person.path,
      above: above[0] ?? "",
      enough: enough.join("' or '"),
      detail: sentences([`It is reached from ${listed([...new Set(entries.map((one) => one.key))])}`]),
    },
    subject: entry.key,
    aspect: `${accessName(access)} ${person.effect}`,
    place: person.place,
    related: entryPlaces(entries),
    flow: [
      { place: entry.place, label: `'${entry.key}' begins here` },
      { place: person.place, label: `'${person.path}' says who` },
    ],
    confidence: "inferred",
    severity: "warning",
    remedy: `Load the role of whom '${person.path}' names and refuse when it stands above the caller's.`,
  };
}
