/** AG304: one id of the request was checked, and the row is picked by another that nothing ties to it. */
import type { EitherCheck, EntryPoint, ExternalChange } from "../src/model/facts.js";
import { defineRule, type FindingDraft, type RuleInput, type Severity } from "../src/model/rule.js";
import { type FailedAccess, type FailedReach, failedAccesses, failedDraft } from "./support/bound-accesses.js";
import { entriesByKey, entryPlaces, hasCaller } from "./support/entry-points.js";
import { onePerPlace } from "./support/one-per-place.js";
import { tenantData } from "./support/tenant-data.js";
import { sentences } from "./support/wording.js";

type Message = "otherId" | "eitherId" | "outside";

export const checkedOneUsedAnother = defineRule<Message>({
  meta: {
    code: "AG304",
    name: "checked-one-used-another",
    title: "One id is checked and another is used",
    why: "A check on one id says nothing of another that arrives in the same request. A caller sends an id of their own for the check and a foreign one for the row.",
    severity: "error",
    securitySeverity: "8.1",
    precision: "high",
    cwe: [639, 863, 566],
    taxa: ["API1:2023", "A01:2025", "PR.AA-05", "PR.DS-10", "ASVS-8.2.2", "ASVS-8.4.1"],
    since: "0.1.0",
    messages: {
      outside:
        "'{to}' changes whatever '{used}' names outside of the database, and nothing shows whose that is.{detail}",
      otherId: "'{access}' is picked by '{used}' although '{checked}' was checked.{detail}",
      eitherId: "'{to}' takes '{used}', which is checked only where '{checked}' is missing.{detail}",
    },
  },
  check(input) {
    const failed = failedAccesses(input, "unbound", (reach) => reach.otherCheck !== undefined);
    const either = (input.facts.eitherChecks ?? []).flatMap((one) => eitherDraft(one, input));
    return onePerPlace([...failed.flatMap(perUse).flatMap(draft), ...either, ...outsideDrafts(input)]);
  },
});

/** An identity provider, a payment or hosting service is told to change something by an id that was not among what was checked. */
function* outsideDrafts(input: RuleInput): Generator<FindingDraft<Message>> {
  const tenants = tenantData(input);
  for (const [index, entry] of input.facts.entries.entries()) {
    if (entry.externalChanges === undefined || !isAnswerable(entry, index, input)) continue;
    const reached = tenants.reached(entry, index);
    if (reached.some(({ reach }) => reach.instanceWide === true)) continue;
    // where nothing at all was checked, that is what is missing (AG501)
    const bound = reached.some(({ reach }) => reach.decided || reach.binding.verdict === "bound");
    for (const change of entry.externalChanges)
      if (bound || entry.protection.decision || change.checked !== null) yield outsideDraft(entry, change);
  }
}

/** Somebody must sign in for it, and is answerable for a tenant and not for all of them. */
function isAnswerable(entry: EntryPoint, index: number, { policy }: RuleInput): boolean {
  const { protection, machine, intent } = entry;
  if (protection.authentication !== "rejects" || machine === true || !hasCaller(entry)) return false;
  // what its path suggests excuses nothing where callers must sign in
  return intent?.by !== "marker" && intent?.by !== "signature" && policy.entries[index]?.public !== true;
}

function outsideDraft(entry: EntryPoint, change: ExternalChange): FindingDraft<Message> {
  const { name, path, place, checked } = change;
  const known = checked === null ? [] : [{ place: checked.place, label: `'${checked.name}' checks '${checked.path}'` }];
  return {
    message: "outside",
    data: {
      to: name,
      used: path,
      detail: sentences([
        checked === null ? "" : `What was checked is '${checked.path}'`,
        `It is reached from '${entry.key}'`,
      ]),
    },
    subject: entry.key,
    aspect: `${name} ${path}`,
    place,
    related: [...known, ...entryPlaces([entry])],
    flow: [
      { place: entry.place, label: `'${entry.key}' begins here` },
      ...known,
      { place, label: `'${name}' is given '${path}', unchecked` },
    ],
    confidence: "inferred",
    severity: "warning",
    remedy: `look '${path}' up under the caller's tenant first, and use what was found`,
  };
}

/** One of two ids is looked at, by branch, and both are used after it. */
function eitherDraft(one: EitherCheck, { facts, policy }: RuleInput): FindingDraft<Message>[] {
  const [entry] = entriesByKey([one.entry], facts).filter(
    (candidate) => hasCaller(candidate) && policy.entries[facts.entries.indexOf(candidate)]?.public !== true,
  );
  if (entry === undefined) return [];
  return [
    {
      message: "eitherId",
      data: {
        to: one.to,
        used: one.used,
        checked: one.checked,
        detail: " Whoever sends both has one of them checked.",
      },
      subject: entry.key,
      aspect: `${one.to} ${one.used}`,
      place: one.place,
      related: [{ place: one.at, label: `'${one.name}' checks '${one.checked}'` }, ...entryPlaces([entry])],
      flow: [
        { place: entry.place, label: `'${entry.key}' begins here` },
        { place: one.at, label: `'${one.name}' checks '${one.checked}' where it is given` },
        { place: one.place, label: `'${one.to}' takes '${one.used}', unchecked on that way` },
      ],
      confidence: "inferred",
      severity: "error",
      remedy: "check each id that is given, or use only the one that was checked",
    },
  ];
}

/** A helper that picks the row is called from many places, each with a check of its own. */
function perUse(failed: FailedAccess): FailedAccess[] {
  const places = new Map<string, FailedReach[]>();
  for (const one of failed.reaches) {
    const use = one.reach.otherCheck?.use;
    if (use === undefined) continue;
    const key = `${use.file}:${use.start}`;
    places.set(key, [...(places.get(key) ?? []), one]);
  }
  return [...places.values()].flatMap((reaches) => {
    const [lead] = reaches;
    return lead === undefined ? [] : [{ ...failed, lead, reaches }];
  });
}

function draft(failed: FailedAccess): FindingDraft<Message>[] {
  const { lead, access } = failed;
  const other = lead.reach.otherCheck;
  if (other === undefined) return [];
  const base = failedDraft<Message>(failed, "otherId");
  const severity: Severity = lead.confidence === "named" ? "note" : "error";
  return [
    {
      ...base,
      data: { ...base.data, used: other.used, checked: other.checked },
      place: other.use,
      severity,
      related: [
        { place: other.place, label: `'${other.name}' checks '${other.checked}'` },
        { place: access.place, label: "the row is picked here" },
        ...base.related,
      ],
      remedy: `tie '${other.used}' to '${other.checked}': filter by both, or check the row that was loaded`,
    },
  ];
}
