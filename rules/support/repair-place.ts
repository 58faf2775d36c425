/** Where a step that is missing before a handler will be added. */
import type { Access, EntryPoint, Facts, Reach } from "../../src/model/facts.js";
import type { Place } from "../../src/model/place.js";
import { hasCaller, isAuthenticated } from "./entry-points.js";

/**
 * Handlers that live in files of their own are guarded where they are registered, when their neighbours are: the
 * missing middleware goes into that line. So it does in a file that guards nothing, where most reads, or writes, of
 * the application are. Everything else is repaired in the handler, as is one of many that a loop registers in one line.
 */
export function repairPlaces(entries: readonly EntryPoint[]): (entry: EntryPoint) => Place {
  const guarding = new Set<string>();
  const tallies = new Map<string, { total: number; guarded: number; files: Set<string> }>();
  for (const entry of entries.filter(isRegisteredElsewhere)) {
    const { file } = entry.registration;
    const tally = tallies.get(habitOf(entry)) ?? { total: 0, guarded: 0, files: new Set() };
    tallies.set(habitOf(entry), tally);
    const guarded = isGuardedIn(file, entry);
    if (guarded) {
      guarding.add(file);
      tally.files.add(file);
      tally.guarded += 1;
    }
    if (isAuthenticated(entry) && entry.intent === null) tally.total += 1;
  }
  const isHabit = (entry: EntryPoint): boolean => {
    const tally = tallies.get(habitOf(entry));
    return tally !== undefined && tally.files.size >= SEVERAL && tally.guarded / tally.total >= MOST;
  };
  const isGuardedThere = (entry: EntryPoint): boolean => guarding.has(entry.registration.file) || isHabit(entry);
  const together = registeredTogether(entries);
  return (entry) =>
    isRegisteredElsewhere(entry) && isGuardedThere(entry) && !together.has(placeKey(entry.registration))
      ? entry.registration
      : entry.place;
}

/** Lines that register several handlers, as a loop over a list of routes does: a guard added there is for all of them. */
function registeredTogether(entries: readonly EntryPoint[]): ReadonlySet<string> {
  const handlers = new Map<string, Set<string>>();
  for (const { registration, place } of entries) {
    const key = placeKey(registration);
    handlers.set(key, (handlers.get(key) ?? new Set()).add(placeKey(place)));
  }
  return new Set([...handlers].filter(([, places]) => places.size >= SEVERAL).map(([key]) => key));
}

function placeKey({ file, start }: Place): string {
  return `${file}:${start}`;
}

/** Reads are often left to whoever has signed in where writes ask for more. */
function habitOf(entry: EntryPoint): string {
  return `${kinOf(entry)}|${entry.method === "GET" ? "read" : "write"}`;
}

function isGuardedIn(file: string, { steps }: EntryPoint): boolean {
  return steps.some(
    ({ grants, place }) => (grants === "authentication" || grants === "decision") && place.file === file,
  );
}

const MOST = 0.6;

/**
 * Where a file registers several handlers that stand elsewhere, and none of its routes asks who calls, the guard of
 * all of them was forgotten: it goes in there, before the first of them.
 */
export function registrationsWithoutGuard(entries: readonly EntryPoint[]): ReadonlySet<string> {
  const tallies = new Map<string, { elsewhere: number; guarded: number }>();
  for (const entry of entries) {
    const { file } = entry.registration;
    const tally = tallies.get(file) ?? { elsewhere: 0, guarded: 0 };
    tallies.set(file, tally);
    if (isAuthenticated(entry) || entry.protection.signature) tally.guarded += 1;
    else if (isRegisteredElsewhere(entry) && hasCaller(entry) && entry.intent === null) tally.elsewhere += 1;
  }
  const open = [...tallies].filter(([, { elsewhere, guarded }]) => guarded === 0 && elsewhere >= SEVERAL);
  return new Set(open.map(([file]) => file));
}

const SEVERAL = 3;

export function isRegisteredElsewhere({ registration, place }: EntryPoint): boolean {
  return registration.file !== place.file;
}

const LEAST_HANDLERS = 3;
/** in the handler itself, and in what is written around it where it stands */
const INSIDE: ReadonlySet<string> = new Set(["inline", "wrapper"]);

/**
 * Where a tenant that the request chose is checked: handlers that ask before they hand it down to a query have
 * neighbours that do so too, and the query itself is as it should be.
 *
 * @returns the call in the handler; undefined where the query is the place
 */
export function tenantPlaces(entries: readonly EntryPoint[]): (entry: EntryPoint, reach: Reach) => Place | undefined {
  const asking = new Map<string, number>();
  for (const entry of entries) {
    const inside = entry.steps.some(
      ({ kind, grants, place }) => INSIDE.has(kind) && grants === "decision" && place.file === entry.place.file,
    );
    if (inside) asking.set(kinOf(entry), (asking.get(kinOf(entry)) ?? 0) + 1);
  }
  return (entry, { calledAt }) => {
    // in a wrapper that runs the handler nothing is said of this one
    if (calledAt?.file !== entry.place.file) return undefined;
    return (asking.get(kinOf(entry)) ?? 0) < LEAST_HANDLERS ? undefined : calledAt;
  };
}

/**
 * Where the rows of a model are asked about: functions that change one by its id alone leave that to those who call
 * them, when most handlers that change such a row look at it first.
 */
export function handlerHabits({ entries, accesses }: Facts): { checkBefore(failed: Changed): boolean } {
  const checking = new Map<string, Set<string>>();
  for (const { model, operation, place, reaches } of accesses) {
    if (operation === "create" || operation === "read") continue;
    for (const { entry: index, binding } of reaches) {
      const entry = entries[index];
      if (entry === undefined || binding.verdict !== "bound" || entry.place.file === place.file) continue;
      if (!binding.evidence.some((line) => line.place.file === entry.place.file)) continue;
      checking.set(model, (checking.get(model) ?? new Set()).add(entry.key));
    }
  }
  return {
    checkBefore: ({ access, reaches }) => {
      const forgetting = new Set(reaches.map(({ entry }) => entry.key)).size;
      return (checking.get(access.model)?.size ?? 0) >= Math.max(FEWEST_CHECKS, forgetting);
    },
  };
}

const FEWEST_CHECKS = 2;

interface Changed {
  readonly access: Access;
  readonly reaches: readonly { readonly entry: EntryPoint }[];
}

function kinOf({ framework, app }: EntryPoint): string {
  return `${framework}|${app ?? ""}`;
}
