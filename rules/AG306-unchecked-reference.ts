/** AG306: a key of another row is stored as the request gave it, and nothing shows whose row that is. */
import type { Access, WrittenKey } from "../src/model/facts.js";
import type { Place } from "../src/model/place.js";
import { defineRule, type FindingDraft, type RelatedPlace } from "../src/model/rule.js";
import { type FailedAccess, type FailedReach, reachedAccesses } from "./support/bound-accesses.js";
import { entryPlaces } from "./support/entry-points.js";
import { onePerPlace } from "./support/one-per-place.js";
import { reachesWith } from "./support/reaches.js";
import { tenantPlaces } from "./support/repair-place.js";
import { shownRows } from "./support/shown-rows.js";
import { accessName } from "./support/tenant-data.js";
import { listed, sentences } from "./support/wording.js";

type Message = "foreignKey" | "tenantKey" | "otherPerson";

export const uncheckedReference = defineRule<Message>({
  meta: {
    code: "AG306",
    name: "unchecked-reference",
    title: "Reference to a row whose owner was not checked",
    why: "A foreign key taken from the request can point to a row of another tenant. What is stored then shows, changes or is shown beside that tenant's data wherever the relation is followed.",
    severity: "error",
    securitySeverity: "7.1",
    precision: "high",
    cwe: [639, 863, 841],
    taxa: ["API1:2023", "A01:2025", "PR.AA-05", "PR.DS-10", "ASVS-8.2.2", "ASVS-8.4.1"],
    since: "0.1.0",
    messages: {
      foreignKey: "'{access}' stores '{column}' from the request without checking whose '{model}' it is.{detail}",
      otherPerson:
        "'{access}' stores '{column}' as '{path}' names it, which need not be that of the '{between}' that was looked up.{detail}",
      tenantKey: "'{access}' stores the tenant '{column}' as the request names it, membership unchecked.{detail}",
    },
  },
  check(input) {
    const accesses = reachedAccesses(
      input,
      // where the row itself is not the caller's, that is the finding
      ({ binding: { verdict } }) => verdict !== "unbound" && verdict !== "tenant-from-input",
      (access) => reachesWith(access, "unverifiedKeys"),
    );
    // where a branch checked one of two ids, that is said where the other is used (AG304)
    const elsewhere = new Set((input.facts.eitherChecks ?? []).map(({ entry, used }) => `${entry} ${used}`));
    const placeOf = tenantPlaces(input.facts.entries);
    const shown = shownRows(input);
    // whoever was sent the key of a row that is shown by it may answer there
    const isAnswer = ({ operation }: Access, { references, role }: WrittenKey): boolean =>
      operation === "create" && role !== "tenant" && shown.isShown(references);
    return onePerPlace(
      accesses.flatMap((one) =>
        drafts(one, placeOf, (reach, key) => {
          return elsewhere.has(`${reach.entry.key} ${key.path}`) || isAnswer(one.access, key);
        }),
      ),
    );
  },
});

function drafts(
  access: FailedAccess,
  placeOf: ReturnType<typeof tenantPlaces>,
  isSettled: (reach: FailedReach, key: WrittenKey) => boolean,
): FindingDraft<Message>[] {
  const columns = new Map<string, { key: WrittenKey; at: Place | undefined; reaches: FailedReach[] }>();
  for (const reach of access.reaches) {
    for (const key of reach.reach.unverifiedKeys ?? []) {
      if (isSettled(reach, key)) continue;
      const at = key.role === "tenant" ? placeOf(reach.entry, reach.reach) : undefined;
      const told = `${key.column} ${at?.file ?? ""} ${at?.start ?? ""}`;
      const known = columns.get(told);
      if (known === undefined) columns.set(told, { key, at, reaches: [reach] });
      else known.reaches.push(reach);
    }
  }
  return [...columns.values()].map(({ key, at, reaches }) => {
    const one = draft(access, key, reaches);
    return at === undefined ? one : { ...one, place: at };
  });
}

function draft({ access }: FailedAccess, key: WrittenKey, reaches: readonly FailedReach[]): FindingDraft<Message> {
  const [lead] = reaches;
  const entries = [...new Set(reaches.map((reach) => reach.entry.key))];
  const named = lead?.confidence === "named";
  const { besides } = key;
  const related: RelatedPlace[] = entryPlaces(reaches.map((reach) => reach.entry));
  return {
    message: besides !== undefined ? "otherPerson" : key.role === "tenant" ? "tenantKey" : "foreignKey",
    data: {
      access: accessName(access),
      column: key.column,
      model: key.references,
      path: key.path,
      between: besides?.model ?? "",
      detail: sentences([
        besides === undefined ? `The value is '${key.path}'` : `That was found by '${besides.path}'`,
        `It is reached from ${listed(entries)}`,
      ]),
    },
    subject: lead?.entry.key ?? "",
    aspect: `${accessName(access)}.${key.column}`,
    place: key.place,
    related: [{ place: access.place, label: `'${accessName(access)}' writes it` }, ...related],
    flow: [],
    confidence: lead?.confidence ?? "named",
    severity: named ? "note" : key.role === "reference" || besides !== undefined ? "warning" : "error",
    remedy:
      besides !== undefined
        ? `take '${key.column}' from the '${besides.model}' that was found, or refuse when '${key.path}' differs from it`
        : `load the '${key.references || "row"}' within the caller's tenant first, and end the request when it is not there`,
  };
}
