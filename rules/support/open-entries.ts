/** Entry points that anonymous callers reach: judged once for AG101, AG102 and AG104. */

import { parentOf } from "../../src/base/path.js";
import type { Access, EntryPoint, NearMiss, Step } from "../../src/model/facts.js";
import type { RelatedPlace, RuleInput, Severity } from "../../src/model/rule.js";
import { effectiveVerb, hasCaller, isAuthenticated, verbClass } from "./entry-points.js";
import { faultyEntries } from "./faulty-entries.js";
import { oncePerRun } from "./once-per-run.js";
import { findsTheKey, servesAnybody } from "./serves-anybody.js";
import { accessName, type TenantData, tenantData } from "./tenant-data.js";
import { counted, listed } from "./wording.js";

export type OpenLevel = "none" | "attach" | "presence";

export interface GroupTally {
  readonly guarded: number;
  readonly others: number;
}

export interface OpenEntry {
  readonly entry: EntryPoint;
  readonly level: OpenLevel;
  readonly severity: Severity;
  /** a guard that was meant for it and misses it */
  readonly nearMiss: NearMiss | null;
  /** the access that makes it worst: on tenant data, else the first */
  readonly access: Access | null;
  readonly onTenantData: boolean;
  readonly tally: GroupTally;
  /** something that it does was seen to go on for callers whom nobody knows */
  readonly shown: boolean;
}

/** Protection at the edge is AG105's; the others of these let anonymous callers in. */
function openLevel(entry: EntryPoint): OpenLevel | null {
  const level = entry.protection.authentication;
  if (level !== "none" && level !== "attach" && level !== "presence") return null;
  return entry.protection.decision || entry.protection.signature ? null : level;
}

/** How many other entries of the same group something guards. */
export function groupTallies(
  entries: readonly EntryPoint[],
  isGuarded: (entry: EntryPoint) => boolean = isAuthenticated,
): (entry: EntryPoint) => GroupTally {
  const all = new Map<string, { guarded: number; total: number }>();
  for (const entry of entries) {
    const tally = all.get(entry.group) ?? { guarded: 0, total: 0 };
    tally.total += 1;
    if (isGuarded(entry)) tally.guarded += 1;
    all.set(entry.group, tally);
  }
  return (entry) => {
    const tally = all.get(entry.group) ?? { guarded: 0, total: 1 };
    return { guarded: tally.guarded - (isGuarded(entry) ? 1 : 0), others: tally.total - 1 };
  };
}

/** The same for actions that have a file each: how those of the other files of the folder are. */
function folderTallies(entries: readonly EntryPoint[]): (entry: EntryPoint) => GroupTally {
  const folders = new Map<string, EntryPoint[]>();
  for (const entry of entries) {
    if (entry.transport !== "action") continue;
    const folder = parentOf(entry.place.file);
    folders.set(folder, [...(folders.get(folder) ?? []), entry]);
  }
  return (entry) => {
    const others = (folders.get(parentOf(entry.place.file)) ?? []).filter((one) => one !== entry);
    return { guarded: others.filter(isAuthenticated).length, others: others.length };
  };
}

function amongGuarded({ guarded, others }: GroupTally): boolean {
  return others >= 2 && guarded / others >= 0.65;
}

/** Most of at least three peers are guarded: being open is then hardly meant. */
function standsOut(tally: GroupTally): boolean {
  return tally.others >= 3 && tally.guarded / tally.others >= 0.8;
}

/** Among guarded peers the open builder was hardly meant, the less so where it hands out what belongs to somebody. */
function wrongBuilder(tally: GroupTally, tenantData: boolean): boolean {
  return standsOut(tally) || (tenantData && tally.others >= 3 && tally.guarded / tally.others >= 0.65);
}

/** Whoever chose the open builder and wrote the handler for callers whom nobody knows meant it, whatever its peers do. */
function isMeantOpen(entry: EntryPoint, tally: GroupTally, tenantData: boolean): boolean {
  return entry.asksForCaller === true || !wrongBuilder(tally, tenantData);
}

interface Stakes {
  readonly writes: boolean;
  readonly tenantData: boolean;
  readonly anything: boolean;
  /** it does more outside than ask other services */
  readonly acts: boolean;
  readonly standsOut: boolean;
  /** who reads the same elsewhere has to show who they are */
  readonly closedElsewhere: boolean;
}

function severityOf(level: OpenLevel, stakes: Stakes, audit: boolean): Severity | null {
  if (level === "presence") return stakes.writes || stakes.tenantData ? "warning" : audit ? "note" : null;
  if (stakes.tenantData || (stakes.writes && stakes.anything)) return "error";
  if (stakes.acts || (stakes.writes && stakes.standsOut)) return "warning";
  if (stakes.standsOut && stakes.closedElsewhere) return "warning";
  // a read of what belongs to nobody is a question to whoever reviews
  if (stakes.anything || stakes.standsOut) return "note";
  // nothing worth guarding was seen; a write may still do something that could not be read
  return stakes.writes || audit ? "note" : null;
}

/** Every entry that AG101 or AG102 reports in this run, in the order of the facts. */
export const openEntries = oncePerRun(readOpenEntries);

function readOpenEntries(input: RuleInput): readonly OpenEntry[] {
  const { facts, policy, profile } = input;
  const tenants = tenantData(input);
  const tallyOf = groupTallies(facts.entries);
  const folderOf = folderTallies(facts.entries);
  const faulty = faultyEntries(input);
  const bypassed = new Set([...bypassedEntries(input), ...looselyOpened(input)]);
  const guardedApps = new Set(facts.entries.filter(isAuthenticated).map(({ app }) => app ?? ""));
  const found: OpenEntry[] = [];
  for (const [index, entry] of facts.entries.entries()) {
    const level = openLevel(entry);
    // a guard that cannot stop the request is one flaw, and AG103 reports it where it is repaired; so is one with a way round
    if (level === null || !hasCaller(entry)) continue;
    if (entry.intent !== null && entry.intent.by !== "builder") continue;
    // what a provider sends is AG108's
    if (entry.sender !== undefined && verbClass(entry, facts) === "write") continue;
    // a field runs behind the operation that returned its parent, which is judged itself
    if (entry.method === "FIELD") continue;
    if (faulty.has(entry.key) || bypassed.has(entry.key)) continue;
    if (policy.entries[index]?.public === true || isGuardedByDatabase(entry, index, tenants)) continue;
    const exposed = tenants.exposed(entry, index).find(({ access }) => !findsTheKey(access))?.access ?? null;
    if (entry.transport === "page" && exposed === null) continue;
    const tally = tallyOf(entry);
    if (entry.intent !== null && isMeantOpen(entry, tally, exposed !== null)) continue;
    const access = exposed ?? tenants.reached(entry, index)[0]?.access ?? null;
    const stakes: Stakes = {
      writes: verbClass(entry, facts) === "write",
      tenantData: exposed !== null,
      anything: access !== null || entry.effects.length > 0,
      acts: entry.effects.some((effect) => effect !== "calls other services"),
      standsOut: standsOut(tally),
      closedElsewhere: access !== null && closedElsewhere(access, index, input),
    };
    const judged = severityOf(level, stakes, profile === "audit");
    if (judged === null) continue;
    const severity = entry.inner === true ? "note" : judged;
    const nearMiss = entry.nearMisses.find(wouldProtect) ?? null;
    // reads of a module that is open as a whole, in an application that guards others, are hardly forgotten
    const apart = exposed !== null && tally.others === 0 && amongGuarded(folderOf(entry));
    const whole = (tally.guarded === 0 && !apart) || isOnOpenSite(entry, tally);
    const alone = whole && guardedApps.has(entry.app ?? "") && effectiveVerb(entry, facts) === "read";
    const meant = alone && tenants.exposed(entry, index).every((one) => isOneByKey(one.access));
    const shown =
      (stakes.anything || stakes.acts) &&
      !meant &&
      !(level === "presence" && isLookedUp(entry, index, tenants)) &&
      servesAnybody(entry, index, tenants);
    found.push({ entry, level, severity, nearMiss, access, onTenantData: exposed !== null, tally, shown });
  }
  return found;
}

/** All that it does is ask a database whose policies turn away whoever is not signed in. */
function isGuardedByDatabase(entry: EntryPoint, index: number, tenants: TenantData): boolean {
  const reached = tenants.reached(entry, index);
  if (reached.length === 0 || entry.effects.some((effect) => effect !== "calls other services")) return false;
  return reached.every(({ reach }) => reach.binding.byRowSecurity === true);
}

/** Rows are sought by the credential, and whether one was found may have been asked in a way that was not followed. */
function isLookedUp(entry: EntryPoint, index: number, tenants: TenantData): boolean {
  return tenants
    .reached(entry, index)
    .some(({ access }) => access.conjuncts.some(({ values }) => values.some(({ source }) => source === "credential")));
}

/** `/challenge/:slug`: of the pages around it hardly one asks who reads. */
function isOnOpenSite({ transport }: EntryPoint, { guarded, others }: GroupTally): boolean {
  return transport === "page" && others >= 3 && guarded * 3 <= others;
}

/** What the request names is shown, or how much there is: a list of everybody's rows is another matter. */
function isOneByKey({ method, conjuncts }: Access): boolean {
  if (/count|aggregate/i.test(method)) return true;
  return conjuncts.some(({ values }) => values.some(({ source }) => source === "input"));
}

/** Of at least three other entries that do the same with the same rows something guards nearly all. */
function closedElsewhere(access: Access, index: number, input: RuleInput): boolean {
  if (access.model === "") return false;
  const entries = entriesByDeed(input).get(deedOf(access)) ?? [];
  const others = entries.filter((at) => at !== index).flatMap((at) => input.facts.entries[at] ?? []);
  return standsOut({ guarded: others.filter(isAuthenticated).length, others: others.length });
}

function deedOf({ model, operation }: Access): string {
  return `${operation} ${model}`;
}

/** Which entries do what, by their position. */
const entriesByDeed = oncePerRun(({ facts }): ReadonlyMap<string, readonly number[]> => {
  const found = new Map<string, number[]>();
  for (const [index, entry] of facts.entries.entries()) {
    const deeds = entry.accesses.flatMap((at) => facts.accesses[at] ?? []).map(deedOf);
    for (const deed of new Set(deeds)) {
      const same = found.get(deed);
      if (same === undefined) found.set(deed, [index]);
      else same.push(index);
    }
  }
  return found;
});

/** Entries that a switch (AG403) or something the caller writes (AG405) opens. */
export const bypassedEntries = oncePerRun(readBypassed);

function readBypassed({ facts }: RuleInput): ReadonlySet<string> {
  const ways = facts.bypasses.filter(
    ({ kind, skips }) => (kind === "environment" || kind === "header") && skips.includes("authentication"),
  );
  return new Set(ways.flatMap((bypass) => bypass.entries));
}

/** Entries that a loose pattern opens: AG107 reports the pattern. */
function looselyOpened({ facts }: RuleInput): readonly string[] {
  return facts.loosePatterns.flatMap(({ kind, entries }) =>
    kind === "prefix" || kind === "anywhere" || kind === "method" ? entries : [],
  );
}

function wouldProtect(miss: NearMiss): boolean {
  return miss.step.grants === "authentication" || miss.step.grants === "decision";
}

const STEP_LABELS: Readonly<Record<Step["grants"], string>> = {
  authentication: "rejects anonymous callers",
  decision: "rejects callers that are not allowed",
  signature: "rejects unsigned messages",
  stepUp: "demands a recent or stronger sign-in",
  presence: "only demands that some credential is there",
  attach: "sets an identity if there is one, and goes on",
  neutral: "has nothing to do with identity",
  unknown: "could not be read",
};

/** What one step does, for a flow. */
export function stepLabel(step: Step): string {
  const when = step.condition === "" ? "" : `, when ${step.condition}`;
  return `'${step.name}' ${STEP_LABELS[step.grants]}${when}`;
}

/** Registration, the steps that ran, the handler, and the first thing it touches. */
export function openFlow(open: OpenEntry): RelatedPlace[] {
  const { entry, access } = open;
  const flow: RelatedPlace[] = [{ place: entry.registration, label: `'${entry.key}' is registered` }];
  for (const step of entry.steps.slice(0, 8)) flow.push({ place: step.place, label: stepLabel(step) });
  flow.push({ place: entry.place, label: "the handler runs for anybody" });
  if (access !== null) flow.push({ place: access.place, label: `and reaches '${accessName(access)}'` });
  return flow;
}

/** What runs before the handler, what it reaches, how its peers do: sentences for the message. */
export function openDetails(open: OpenEntry): string[] {
  const { entry, access, onTenantData, tally } = open;
  const names = entry.steps.map((step) => step.name);
  const steps =
    names.length === 0 ? "Nothing runs before the handler" : `Before it run ${listed(names)}, none of which rejects`;
  const effect =
    access !== null
      ? `It reaches '${accessName(access)}'${onTenantData ? ", which is tenant data" : ""}`
      : entry.effects.length > 0
        ? `It has effects outside: ${listed(entry.effects)}`
        : "";
  const peers =
    tally.guarded > 0
      ? `Of the ${counted(tally.others, "other entry point")} of its group, ${tally.guarded} ${tally.guarded === 1 ? "is" : "are"} guarded`
      : "";
  const inner =
    entry.inner === true ? "Only code of the server calls it, and its file makes an action of it all the same" : "";
  return [steps, effect, peers, inner];
}
