/** Lines and columns for offsets, and texts of files, read when a report first needs them. */
import type { LocatedPlace, Place } from "../model/place.js";
import type { Project } from "../model/project.js";
import type { Program } from "../program/linking/program.js";
import { readSource } from "../project/read-source.js";
import { lineStartsOf, regionOf } from "./snippets.js";

export interface Locator {
  text(file: string): string | undefined;
  locate(place: Place): LocatedPlace;
}

/** @param known texts that were read already */
export function locator(
  project: Pick<Project, "root" | "unsaved">,
  program: Program,
  known: (file: string) => string | undefined = () => undefined,
): Locator {
  const texts = new Map<string, string | undefined>();
  const starts = new Map<string, Int32Array>();
  const text = (file: string): string | undefined => {
    if (!texts.has(file)) texts.set(file, known(file) ?? textOf(file));
    return texts.get(file);
  };
  const textOf = (file: string): string | undefined => {
    const source = readSource(project, file);
    return source.role === "unreadable" ? undefined : source.text;
  };
  const startsOf = (file: string): Int32Array => {
    const found = starts.get(file) ?? program.file(file)?.lowered.lineStarts ?? lineStartsOf(text(file) ?? "");
    starts.set(file, found);
    return found;
  };
  return {
    text,
    locate: (place) => ({
      file: place.file,
      region: regionOf(undefined, startsOf(place.file), place.start, place.end),
    }),
  };
}
