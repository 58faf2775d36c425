/**
 * Facts of a whole program, with what edits concern judged anew. Quick, and meant for the moment: what an edit means
 * for entries that never met the edited code before is left to the next whole run.
 */
import { byPlace, type Identified, identityOf, othersOf, type Part, type PartFacts } from "../facts/part.js";
import { guardDefinitions } from "../facts/symbols.js";
import type { Access, Bypass, EntryPoint, Facts, GuardFault, Reach, Unknown } from "../model/facts.js";
import type { Place } from "../model/place.js";
import { type Edit, isChanged, touches } from "./edits.js";
import { mentionsAny, placesIn } from "./mentioned-files.js";

type Edits = ReadonlyMap<string, Edit>;

/** How soon an entry is judged again. */
const RANK = {
  /** it is new, or the edit lies in it */
  edited: 0,
  /** it stands in a file of which anything may mean something else */
  sameFile: 1,
  /** what was edited was met on its ways */
  met: 2,
  /** something was added to its file, which leaves what stood there as it was unless it is registered for all of it */
  addedTo: 3,
} as const;

/** Judging one entry may take longer than all the rest of an answer: in less time than this none is begun of the last rank. */
const FOR_ALL_MS = 1_000;

/**
 * Which entries edits concern, going by the facts from before.
 *
 * @param before the facts from before, with their places as they are now
 * @param withinMs no further entry is judged after that, from the first one on; the others stay as they were
 */
export function renewalOf(before: Facts, edits: Edits, withinMs: number): Part {
  const known = new Set(before.entries.map(identityOf));
  const concerned = concernedBy(edits, before);
  const met = new Set(before.entries.filter(concerned).map(identityOf));
  const rank = (entry: Identified): number | null => {
    const key = identityOf(entry);
    if (!known.has(key) || isEdited(entry, edits)) return RANK.edited;
    if (standsIn(entry, edits, "file")) return RANK.sameFile;
    if (met.has(key)) return RANK.met;
    return standsIn(entry, edits, "added") ? RANK.addedTo : null;
  };
  let started: number | null = null;
  const enough = (next: number): boolean => {
    started ??= Date.now();
    return (next === RANK.addedTo && withinMs < FOR_ALL_MS) || Date.now() - started > withinMs;
  };
  return { files: new Set(edits.keys()), before, rank, enough };
}

/** What was edited is the entry itself. */
function isEdited({ registration, place }: Identified, edits: Edits): boolean {
  return [registration, place].some((one) => {
    const edit = edits.get(one.file);
    return edit !== undefined && touches(one, edit);
  });
}

/** The entry is registered or handled by a file that an edit reaches so far. */
function standsIn({ registration, place }: Identified, edits: Edits, reach: Edit["reach"]): boolean {
  return [registration, place].some((one) => edits.get(one.file)?.reach === reach);
}

/** By what is known of an entry: itself, and the accesses that it reaches, without what they say of others. */
function concernedBy(edits: Edits, { accesses }: Facts): (entry: EntryPoint, at: number) => boolean {
  const [mentioned, met] = [new Set<number>(), new Set<number>()];
  for (const [at, access] of accesses.entries()) {
    if (!mentionsAny(access, edits)) continue;
    mentioned.add(at);
    if (meets(access.place, edits) || meets(access.conjuncts, edits)) met.add(at);
  }
  return (entry, at) =>
    meets(entry, edits) ||
    entry.accesses.some(
      (access) =>
        met.has(access) ||
        (mentioned.has(access) && reachesFor(accesses[access], at).some((reach) => meets(reach, edits))),
    );
}

const reachesByEntry = new WeakMap<Access, ReadonlyMap<number, readonly Reach[]>>();

/** What an access says of one of the entries that reach it, which may be hundreds. */
function reachesFor(access: Access, entry: number | undefined): readonly Reach[] {
  const known = reachesByEntry.get(access) ?? grouped(access.reaches);
  reachesByEntry.set(access, known);
  return entry === undefined ? [] : (known.get(entry) ?? []);
}

function grouped(reaches: readonly Reach[]): ReadonlyMap<number, readonly Reach[]> {
  const found = new Map<number, Reach[]>();
  for (const reach of reaches) {
    const same = found.get(reach.entry);
    if (same === undefined) found.set(reach.entry, [reach]);
    else same.push(reach);
  }
  return found;
}

function meets(piece: object, edits: Edits): boolean {
  return mentionsAny(piece, edits) && placesIn(piece).some((place) => isMet(place, edits));
}

function isMet(place: Place, edits: Edits): boolean {
  const edit = edits.get(place.file);
  return edit !== undefined && (edit.reach === "file" || touches(place, edit));
}

function isGone(place: Place, edits: Edits): boolean {
  const edit = edits.get(place.file);
  return edit !== undefined && isChanged(place, edit);
}

/**
 * Joins the facts from before with those of a part.
 *
 * @param part facts about entries judged over the program as it is now
 */
export function renewedFacts({ facts: part, judged, present }: PartFacts, renewal: Part, edits: Edits): Facts {
  const { before } = renewal;
  const kept = othersOf(renewal, present, judged);
  const { entries, accesses } = joined(before, part, kept, edits);
  const stays = new Set(kept);
  const gone = new Set(before.entries.filter((entry) => !stays.has(entry)).map((entry) => entry.key));
  const renewed = <T extends AtEntries>(old: readonly T[], now: readonly T[]): readonly T[] =>
    withEntriesRenewed(old, now, gone, edits);
  const elsewhere = ({ place }: { readonly place: Place }): boolean => !edits.has(place.file);
  const either = (before.eitherChecks ?? []).filter((one) => !gone.has(one.entry) && !isMet(one.place, edits));
  const [acting, others] = [before.bypasses, part.bypasses].map((list) => list.filter(isImpersonation));
  return {
    ...part,
    entries,
    accesses,
    guardFaults: [
      ...renewed(before.guardFaults.filter(isOwnFault), part.guardFaults),
      ...before.guardFaults.filter((one) => !isOwnFault(one) && !isMet(one.place, edits)),
    ],
    decisionFaults: renewed(before.decisionFaults, part.decisionFaults),
    roleTests: renewed(before.roleTests, part.roleTests),
    loosePatterns: renewed(before.loosePatterns, part.loosePatterns),
    talkativeRefusals: renewed(before.talkativeRefusals, part.talkativeRefusals),
    denials: renewed(before.denials, part.denials),
    // looked for only where tokens are: what was known of other files still holds
    staleClaims: withEntriesRenewed(before.staleClaims, part.staleClaims, new Set(), edits),
    mixedPrincipals: renewed(before.mixedPrincipals, part.mixedPrincipals),
    bypasses: [
      ...before.bypasses.filter((one) => !isImpersonation(one) && elsewhere(one)),
      ...part.bypasses.filter((one) => !isImpersonation(one)),
      ...renewed(acting, others),
    ],
    eitherChecks: [...either, ...(part.eitherChecks ?? [])],
    published: before.published ?? [],
    guards: guardDefinitions(entries),
    unknowns: withUnknownsRenewed(before.unknowns, part.unknowns, edits),
  };
}

/** Found by looking at one entry; a test that is unlike all others is found by looking at all of them. */
function isOwnFault({ kind }: GuardFault): boolean {
  return kind !== "opposite-polarity";
}

/** Found by entry; all other bypasses are found by file. */
function isImpersonation({ kind }: Bypass): boolean {
  return kind === "impersonation";
}

/** Entries and accesses name each other by position, so both are numbered anew, in the order of a whole run. */
function joined(
  before: Facts,
  part: Facts,
  kept: readonly EntryPoint[],
  edits: Edits,
): { readonly entries: readonly EntryPoint[]; readonly accesses: readonly Access[] } {
  const order = [...kept, ...part.entries].sort(byPlace);
  const [inPart, inBefore] = [part, before].map(({ entries }) => new Map(entries.map((entry, at) => [entry, at])));
  const found = new Map<string, { access: Access; fromPart: boolean; readonly reaches: Reach[] }>();
  const touched = order.map((entry, number) => {
    const fromPart = inPart.has(entry);
    const facts = fromPart ? part : before;
    const own = (fromPart ? inPart : inBefore).get(entry);
    return entry.accesses.flatMap((at) => {
      const access = facts.accesses[at];
      // it may be gone
      if (!fromPart && (isGone(access.place, edits) || isGone(access.namedAt ?? access.place, edits))) return [];
      const key = accessKey(access);
      const known = found.get(key) ?? { access, fromPart, reaches: [] };
      // as the first entry that reaches it sees it; where its parts were edited, as the part saw it now
      if (fromPart && !known.fromPart && meets(known.access.conjuncts, edits))
        Object.assign(known, { access, fromPart });
      for (const one of reachesFor(access, own))
        known.reaches.push(one.entry === number ? one : { ...one, entry: number });
      found.set(key, known);
      return [key];
    });
  });
  const places = new Map([...found.keys()].map((key, at) => [key, at]));
  return {
    entries: order.map((entry, number) =>
      withAccesses(
        entry,
        touched[number].flatMap((key) => places.get(key) ?? []),
      ),
    ),
    accesses: [...found.values()].map(({ access, reaches }) => withReaches(access, reaches)),
  };
}

/** What stays as it is stays the same object: what was worked out of it still holds. */
function withAccesses(entry: EntryPoint, accesses: readonly number[]): EntryPoint {
  return isSame(entry.accesses, accesses) ? entry : { ...entry, accesses };
}

function withReaches(access: Access, reaches: readonly Reach[]): Access {
  return isSame(access.reaches, reaches) ? access : { ...access, reaches };
}

function isSame<T>(one: readonly T[], other: readonly T[]): boolean {
  return one.length === other.length && one.every((item, at) => item === other[at]);
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
  edits: Edits,
): readonly T[] {
  const found = new Map<string, T>();
  for (const one of before) {
    if (isMet(one.place, edits)) continue;
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

const accessKeys = new WeakMap<Access, string>();

/** Asked for with each entry that reaches the access. */
function accessKey(access: Access): string {
  const key = accessKeys.get(access) ?? keyOfAccess(access);
  accessKeys.set(access, key);
  return key;
}

function keyOfAccess({ place, namedAt, model, method }: Access): string {
  const named = namedAt === undefined ? "" : `:${namedAt.file}:${namedAt.start}`;
  return `${place.file}:${place.start}:${place.end}:${model}:${method}${named}`;
}

/** One place may be told twice, so what stays is not counted again. */
function withUnknownsRenewed(before: readonly Unknown[], now: readonly Unknown[], edits: Edits): readonly Unknown[] {
  const kept = before.filter((one) => !isMet(one.place, edits));
  const known = new Set(kept.map((one) => JSON.stringify(one)));
  return [...kept, ...now.filter((one) => !known.has(JSON.stringify(one)))];
}
