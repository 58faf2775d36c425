/** Where a step that is missing before a handler will be added. */
import type { EntryPoint } from "../../src/model/facts.js";
import type { Place } from "../../src/model/place.js";

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

function isRegisteredElsewhere({ registration, place }: EntryPoint): boolean {
  return registration.file !== place.file;
}
