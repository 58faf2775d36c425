/** Where a step that is missing before a handler will be added. */
import type { EntryPoint } from "../../src/model/facts.js";
import type { Place } from "../../src/model/place.js";
import { hasCaller, isAuthenticated } from "./entry-points.js";

/**
 * Handlers that live in files of their own are guarded where they are registered, when their neighbours are: the
 * missing middleware goes into that line. Everything else is repaired in the handler.
 */
export function repairPlaces(entries: readonly EntryPoint[]): (entry: EntryPoint) => Place {
  const guarding = new Set(
    entries.filter(isRegisteredElsewhere).flatMap(({ registration, steps }) => {
      const here = steps.some(
        ({ grants, place }) =>
          (grants === "authentication" || grants === "decision") && place.file === registration.file,
      );
      return here ? [registration.file] : [];
    }),
  );
  return (entry) =>
    isRegisteredElsewhere(entry) && guarding.has(entry.registration.file) ? entry.registration : entry.place;
}

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
