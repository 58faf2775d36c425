/**
 * Facts of a whole program, with what changed files concern judged anew. Quick, and meant for the moment: what changed
 * files mean for entries that never met them before is left to the next whole run.
 */
import { byPlace, type Part } from "../facts/collect.js";
import { guardDefinitions } from "../facts/symbols.js";
import type { Access, Bypass, EntryPoint, Facts, Reach, Unknown } from "../model/facts.js";
import type { Place } from "../model/place.js";

/** Entries judged again because something of theirs stands in a changed file; those that stand there come besides. */
const MOST_ENTRIES = 30;

type Identified = Pick<EntryPoint, "method" | "path" | "registration" | "place">;

/** Which entries changed files concern, going by the facts from before. */
export function renewalOf(before: Facts, files: ReadonlySet<string>): Part {
  const concerned = new Set<string>();
  for (const entry of before.entries) {
    if (concerned.size >= MOST_ENTRIES) break;
    if (mentions(entry, files) || entry.accesses.some((at) => mentions(before.accesses[at], files)))
      concerned.add(identity(entry));
  }
  const wants = (entry: Identified): boolean =>
    files.has(entry.registration.file) || files.has(entry.place.file) || concerned.has(identity(entry));
  return { files, wants, before, others: before.entries.filter((entry) => !wants(entry)) };
}

/**
 * Joins the facts from before with those of a part.
 *
 * @param part facts about the entries that the renewal wants, over the program as it is now
 */
export function renewedFacts(part: Facts, { before, others: kept, wants, files }: Part): Facts {
  const { entries, accesses } = joined(before, part, kept, files);
  const gone = new Set(before.entries.filter(wants).map((entry) => entry.key));
  const renewed = <T extends AtEntries>(old: readonly T[], now: readonly T[]): readonly T[] =>
    withEntriesRenewed(old, now, gone, files);
  const stays = ({ place }: { readonly place: Place }): boolean => !files.has(place.file);
  const either = (before.eitherChecks ?? []).filter((one) => !gone.has(one.entry) && stays(one));
  const [acting, others] = [before.bypasses, part.bypasses].map((list) => list.filter(isImpersonation));
  return {
    ...part,
    entries,
    accesses,
    guardFaults: renewed(before.guardFaults, part.guardFaults),
    decisionFaults: renewed(before.decisionFaults, part.decisionFaults),
    roleTests: renewed(before.roleTests, part.roleTests),
    loosePatterns: renewed(before.loosePatterns, part.loosePatterns),
    talkativeRefusals: renewed(before.talkativeRefusals, part.talkativeRefusals),
    denials: renewed(before.denials, part.denials),
    // looked for only where tokens are: what was known of other files still holds
    staleClaims: withEntriesRenewed(before.staleClaims, part.staleClaims, new Set(), files),
    mixedPrincipals: renewed(before.mixedPrincipals, part.mixedPrincipals),
    bypasses: [
      ...before.bypasses.filter((one) => !isImpersonation(one) && stays(one)),
      ...part.bypasses.filter((one) => !isImpersonation(one)),
      ...renewed(acting, others),
    ],
    eitherChecks: [...either, ...(part.eitherChecks ?? [])],
    published: before.published ?? [],
    guards: guardDefinitions(entries),
    unknowns: withUnknownsRenewed(before.unknowns, part.unknowns, files),
  };
}

/** Found by entry; all other bypasses are found by file. */
function isImpersonation({ kind }: Bypass): boolean {
  return kind === "impersonation";
}

/** Entries and accesses name each other by position, so both are numbered anew. */
function joined(
  before: Facts,
  part: Facts,
  kept: readonly EntryPoint[],
  files: ReadonlySet<string>,
): { readonly entries: readonly EntryPoint[]; readonly accesses: readonly Access[] } {
  const order = [...kept, ...part.entries].sort(byPlace);
  const numbers = new Map(order.map((entry, at) => [entry, at]));
  const accesses = new Map<string, { readonly access: Access; readonly reaches: Reach[] }>();
  for (const facts of [before, part]) {
    for (const access of facts.accesses) {
      // it may stand elsewhere now, or be gone
      if (facts === before && files.has(access.place.file)) continue;
      const reaches = access.reaches.flatMap((reach) => {
        const entry = numbers.get(facts.entries[reach.entry]);
        return entry === undefined ? [] : [{ ...reach, entry }];
      });
      if (reaches.length === 0) continue;
      const key = accessKey(access);
      // the part saw the call as it is now
      const known = accesses.get(key)?.reaches ?? [];
      accesses.set(key, { access, reaches: [...known, ...reaches] });
    }
  }
  const places = new Map([...accesses.keys()].map((key, at) => [key, at]));
  const ofPart = new Set(part.entries);
  return {
    entries: order.map((entry) => {
      const facts = ofPart.has(entry) ? part : before;
      const own = entry.accesses.flatMap((at) => places.get(accessKey(facts.accesses[at])) ?? []);
      return { ...entry, accesses: own };
    }),
    accesses: [...accesses.values()].map(({ access, reaches }) => ({ ...access, reaches })),
  };
}

interface AtEntries {
  readonly place: Place;
  readonly entries: readonly string[];
}

/** Items that name entries: without those that are judged again, with what was found of them now. */
function withEntriesRenewed<T extends AtEntries>(
  before: readonly T[],
  now: readonly T[],
  gone: ReadonlySet<string>,
  files: ReadonlySet<string>,
): readonly T[] {
  const found = new Map<string, T>();
  for (const one of before) {
    if (files.has(one.place.file)) continue;
    const entries = one.entries.filter((key) => !gone.has(key));
    if (entries.length > 0 || one.entries.length === 0) found.set(itemKey(one), { ...one, entries });
  }
  for (const one of now) {
    const known = found.get(itemKey(one))?.entries ?? [];
    found.set(itemKey(one), { ...one, entries: [...new Set([...known, ...one.entries])].sort() });
  }
  return [...found.values()];
}

/** What an item says, apart from the entries it concerns and how that is shown. */
function itemKey(item: AtEntries): string {
  return JSON.stringify(item, (key, value: unknown) =>
    key === "entries" || key === "evidence" || key === "confidence" ? undefined : value,
  );
}

function accessKey({ place, model, method }: Access): string {
  return `${place.file}:${place.start}:${place.end}:${model}:${method}`;
}

function identity({ method, path, registration, place }: Identified): string {
  return [method, path, registration.file, registration.start, place.file, place.start].join(" ");
}

/** True when a place in one of the files stands anywhere in the data. */
function mentions(value: unknown, files: ReadonlySet<string>): boolean {
  if (typeof value !== "object" || value === null) return false;
  if ("file" in value && typeof value.file === "string" && files.has(value.file)) return true;
  return Object.values(value).some((item: unknown) => mentions(item, files));
}

/** One place may be told twice, so what stays is not counted again. */
function withUnknownsRenewed(
  before: readonly Unknown[],
  now: readonly Unknown[],
  files: ReadonlySet<string>,
): readonly Unknown[] {
  const kept = before.filter((one) => !files.has(one.place.file));
  const known = new Set(kept.map((one) => JSON.stringify(one)));
  return [...kept, ...now.filter((one) => !known.has(JSON.stringify(one)))];
}
