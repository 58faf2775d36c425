/** Accesses whose binding failed, one finding per access: shared by the rules of AG3xx. */
import type { Access, BindingVerdict, Confidence, EntryPoint, Reach } from "../../src/model/facts.js";
import type { Place } from "../../src/model/place.js";
import type { FindingDraft, RelatedPlace, RuleInput, Severity } from "../../src/model/rule.js";
import { acceptedInvitations } from "./accepted-invitations.js";
import { byCertainty, claimed, lowered, weaker } from "./certainty.js";
import { byKey, entryPlaces, hasCaller } from "./entry-points.js";
import { oncePerRun } from "./once-per-run.js";
import { bypassedEntries } from "./open-entries.js";
import { reachesJudged } from "./reaches.js";
import { type ShownRows, shownRows } from "./shown-rows.js";
import { accessName, type TenantData, tenantData } from "./tenant-data.js";
import { listed, sentences } from "./wording.js";

/** An access and the entry points from which it is not bound, the most certain path first. */
export interface FailedAccess {
  /** where a filter was handed in, it stands for the call that brought it */
  readonly access: Access;
  /** the query itself, where the access stands for a call that brought its filter */
  readonly queriedAt?: Place;
  readonly lead: FailedReach;
  readonly reaches: readonly FailedReach[];
  readonly tenants: TenantData;
}

export interface FailedReach {
  readonly entry: EntryPoint;
  readonly reach: Reach;
  readonly confidence: Confidence;
}

/**
 * Accesses on tenant data that at least one known caller reaches with this verdict.
 *
 * @param wanted further condition on the reach
 */
export function failedAccesses(
  input: RuleInput,
  verdict: BindingVerdict,
  wanted: (reach: Reach) => boolean = () => true,
): FailedAccess[] {
  const shown = verdict === "unbound" ? foundAmongShown(input) : null;
  const failed = (reach: Reach, access: Access): boolean =>
    reach.binding.verdict === verdict || (access.operation !== "read" && shown?.(reach, access) === true);
  return reachedAccesses(
    input,
    (reach, access) => failed(reach, access) && !bringsKey(reach) && wanted(reach),
    (access) => reachesJudged(access, verdict),
  ).flatMap(perFilter);
}

/**
 * Rows are shown to whoever knows their key, and one that was found that way is changed: that it could be read asks for
 * nothing, so the write is where somebody has to.
 */
const foundAmongShown = oncePerRun((input): ((reach: Reach, access: Access) => boolean) => {
  const shown = shownRows(input);
  const reads = new Set<string>();
  for (const access of input.facts.accesses) {
    if (!isShown(access, input, shown)) continue;
    for (const { entry, binding } of access.reaches)
      if (binding.verdict === "unbound") reads.add(keyOfRead(entry, access, access.place));
  }
  return ({ entry, binding }, access) =>
    binding.readOff !== undefined && reads.has(keyOfRead(entry, access, binding.readOff));
});

function keyOfRead(entry: number, { model }: Access, { file, start }: Place): string {
  return `${entry} ${model} ${file}:${start}`;
}

/** What everybody may read by intent. */
function isShown(access: Access, { facts }: RuleInput, shown: ShownRows): boolean {
  return access.operation === "read" && (facts.published?.includes(access.model) === true || shown.readsShown(access));
}

const FEW_CALLS = 4;

/**
 * A helper that is handed its filter asks as many questions as there are calls that bring one, each with its repair.
 * What many of them leave out alike has a common cause, and is told once.
 */
function perFilter(failed: FailedAccess): FailedAccess[] {
  if (failed.access.namedAt !== undefined) return [failed];
  const groups = new Map<string, FailedReach[]>();
  for (const one of failed.reaches) {
    const at = one.reach.handedFilter?.place;
    const key = at === undefined ? "" : `${at.file}:${at.start}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  if (groups.size > FEW_CALLS) return [failed];
  return [...groups.values()].flatMap((reaches) => {
    const [lead] = reaches;
    if (lead === undefined) return [];
    const handed = lead.reach.handedFilter;
    if (handed === undefined) return [{ ...failed, lead, reaches }];
    const { place, conjuncts } = handed;
    return [
      { ...failed, lead, reaches, access: { ...failed.access, place, conjuncts }, queriedAt: failed.access.place },
    ];
  });
}

/** The row is picked by a key that comes along with the object that is written: AG307 tells of both. */
function bringsKey({ assignedKeys }: Reach): boolean {
  return assignedKeys?.some((key) => key.role === "primary") === true;
}

/** Accesses on tenant data that nobody shows by intent. */
const guardedAccesses = oncePerRun((input): readonly Access[] => {
  const tenants = tenantData(input);
  const shown = shownRows(input);
  return input.facts.accesses.filter((access) => tenants.holds(access.model) && !isShown(access, input, shown));
});

/**
 * Accesses on tenant data with the reaches that are wanted, from entry points that have a caller with an identity.
 *
 * @param among the reaches that may be wanted
 */
export function reachedAccesses(
  input: RuleInput,
  wanted: (reach: Reach, access: Access) => boolean,
  among: (access: Access) => readonly Reach[] = ({ reaches }) => reaches,
): FailedAccess[] {
  const tenants = tenantData(input);
  const switched = bypassedEntries(input);
  const accepted = acceptedInvitations(input);
  const found: FailedAccess[] = [];
  for (const access of guardedAccesses(input)) {
    // what everybody may read by intent is no secret elsewhere, and anybody may follow it
    const published = input.facts.published?.includes(access.model) === true;
    const reaches = among(access)
      .filter(
        (reach) => wanted(reach, access) && !(published && reach.ownLink === true) && !accepted.covers(access, reach),
      )
      .flatMap((reach) => calledReach(access, reach, input, switched))
      .sort(byWeight);
    const [lead] = reaches;
    if (lead !== undefined) found.push({ access, lead, reaches, tenants });
  }
  return found;
}

function calledReach(access: Access, reach: Reach, input: RuleInput, switched: ReadonlySet<string>): FailedReach[] {
  const entry = input.facts.entries[reach.entry];
  if (entry === undefined || !hasCaller(entry)) return [];
  if (input.policy.entries[reach.entry]?.public === true || isOpenOnPurpose(entry, access)) return [];
  if ((reach.decided && reach.instanceWide === true) || reach.unlessOpened === true) return [];
  const confidence =
    callerCertainty(entry, reach, switched) ?? (changesChosenTenant(access, entry, input) ? "inferred" : null);
  return confidence === null
    ? []
    : [{ entry, reach, confidence: weaker(claimed(reach.binding.confidence), confidence) }];
}

/**
 * What its path suggests (`/invites/:id`, `/users/reset-password`) excuses no change where callers must sign in;
 * to register somebody their address is looked up all the same. Machines prove something else.
 */
function isOpenOnPurpose(entry: EntryPoint, access: Access): boolean {
  const { intent, machine, protection } = entry;
  if (intent === null) return false;
  if (intent.by === "marker" || machine === true || protection.authentication !== "rejects") return true;
  return intent.by === "convention" && access.operation === "read" && !isPicked(access);
}

/** By an id, or by what the path names: whoever is asked for that way need not be the caller's. */
function isPicked({ conjuncts }: Access): boolean {
  return conjuncts.some(({ column, values }) =>
    values.some(
      ({ source, path }) =>
        source === "input" && (/(?:^|[a-z_])(?:id|Id|ID)$/.test(column) || path.startsWith("params.")),
    ),
  );
}

/** How sure it is that there is a caller with an identity; null where anybody may come, which AG101 reports. */
function callerCertainty(entry: EntryPoint, reach: Reach, switched: ReadonlySet<string>): Confidence | null {
  // a guard that was not followed may have checked the very id, whatever else shows who calls
  if (entry.steps.some((step) => step.grants === "unknown" && step.definedAt !== null)) return "named";
  // a switch that opens it for development leaves it guarded where it matters
  if (reach.authenticated || reach.decided || switched.has(entry.key)) return "proven";
  switch (entry.protection.authentication) {
    case "rejects":
    case "conditional":
    case "edge-only":
      return "proven";
    case "unknown":
      // an unread step may have checked the very id
      return "named";
    default:
      return null;
  }
}

/**
 * Whoever comes is known where they have signed in, and nothing holds that against the tenant which is changed: to demand
 * a sign-in (AG101) would leave that as it is.
 */
function changesChosenTenant(access: Access, { protection }: EntryPoint, { facts }: RuleInput): boolean {
  if (protection.authentication !== "attach" || (access.operation !== "update" && access.operation !== "delete"))
    return false;
  const isRoot = facts.tenancy.scopings.some(({ kind, model }) => kind === "root" && model === access.model);
  return isRoot && isPicked(access);
}

function byWeight(a: FailedReach, b: FailedReach): number {
  return (
    byCertainty(a.confidence, b.confidence) ||
    Number(a.reach.decided) - Number(b.reach.decided) ||
    byKey(a.entry, b.entry)
  );
}

/** Somebody decided, though not about this row: then it weighs less. */
export function failedSeverity(failed: FailedAccess): Severity {
  const severity = undecidedSeverity(failed);
  return failed.lead.reach.decided ? lowered(severity) : severity;
}

/** Writes weigh as much as the rule; a read does when the request picks the row or nothing filters it at all. */
export function undecidedSeverity(failed: FailedAccess): Severity {
  const { access, lead } = failed;
  if (lead.confidence === "named") return "note";
  const chosen = isChosen(failed);
  const everything = access.filterKnown && access.conjuncts.length === 0;
  return access.operation !== "read" || chosen || everything ? "error" : "warning";
}

/** On some way the request picks the row. */
function isChosen({ access, reaches }: Pick<FailedAccess, "access" | "reaches">): boolean {
  return reaches.some(({ reach }) => reach.chosen === true) || isFromRequest(access);
}

export function isFromRequest({ conjuncts }: Access): boolean {
  return conjuncts.some((part) => part.values.some((value) => value.source === "input"));
}

/** Why it is tenant data, what the filter is, who gets here. */
export function failedDetails(failed: FailedAccess): string {
  const { access, lead, reaches, tenants } = failed;
  const entries = [...new Set(reaches.map((reach) => reach.entry.key))];
  return sentences([
    tenants.why(access.model),
    predicateFound(access, isChosen(failed)),
    lead.reach.binding.reason,
    `It is reached from ${listed(entries)}`,
  ]);
}

/** What the filter is, as a clause. */
export function predicateFound(access: Access, chosen: boolean): string {
  if (access.operation === "create") return "";
  if (!access.filterKnown) return "Its filter could be read in part only";
  const columns = [...new Set(access.conjuncts.map((part) => part.column))];
  if (columns.length === 0) return "It has no filter";
  return `Its filter names ${listed(columns, 4)} only${chosen ? ", with a value from the request" : ""}`;
}

/** Where an access is repaired: in a helper for any model, the call that names this one and its rows. */
export function accessPlace({ namedAt, place }: Access): Place {
  return namedAt ?? place;
}

/** The helper that a repaired call leads to. */
export function helperPlaces(access: Access): RelatedPlace[] {
  return access.namedAt === undefined ? [] : [{ place: access.place, label: "the helper reaches the rows here" }];
}

/** From the entry point over the evidence to the access. */
export function failedFlow(failed: FailedAccess): RelatedPlace[] {
  const { access, lead } = failed;
  return [
    { place: lead.entry.place, label: `'${lead.entry.key}' begins here` },
    ...lead.reach.binding.evidence.slice(0, 20).map((line) => ({ place: line.place, label: line.note })),
    { place: access.place, label: `'${accessName(access)}' is not bound to the caller` },
  ];
}

/** What these rules say alike; each adds its message, and its place where that is not the access. */
export function failedDraft<Message extends string>(failed: FailedAccess, message: Message): FindingDraft<Message> {
  const { access, lead, reaches } = failed;
  return {
    message,
    data: { access: accessName(access), detail: failedDetails(failed) },
    subject: lead.entry.key,
    aspect: accessName(access),
    place: accessPlace(access),
    related: [
      ...(failed.queriedAt === undefined ? [] : [{ place: failed.queriedAt, label: "it is queried here" }]),
      ...helperPlaces(access),
      ...entryPlaces(reaches.map((reach) => reach.entry)),
    ],
    flow: failedFlow(failed),
    confidence: lead.confidence,
    severity: failedSeverity(failed),
    remedy: lead.reach.binding.remedy,
  };
}
