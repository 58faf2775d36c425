/** What a file exports under a name, and where that stands. */
import { NONE } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import type { ProgramFile } from "../../program/linking/function-view.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";
import { firstLineOf } from "../procedures/builder-chain.js";

export interface Exported {
  readonly name: string;
  readonly origins: readonly Origin[];
  /** the first line of what is exported, in the file that exports it */
  readonly place: Place;
}

/** @returns null when the file has no such export */
export function exportOf(file: ProgramFile, name: string, queries: LinkQueries): Exported | null {
  const target = queries.program.exported(file, name);
  if (target.kind === "type" || (target.kind === "missing" && !declares(file, name))) return null;
  return { name, origins: queries.nameOrigins(target), place: placeOfExport(file, name) };
}

/** Names that a file exports as values, stars left out. */
export function exportedNames(file: ProgramFile): readonly string[] {
  const names: string[] = [];
  for (const item of file.lowered.exports) if (item.kind !== "star" && !item.typeOnly) names.push(item.name);
  return [...new Set(names)];
}

/** A re-export whose target cannot be found is still an export. */
function declares(file: ProgramFile, name: string): boolean {
  return file.lowered.exports.some((e) => e.kind !== "star" && !e.typeOnly && e.name === name);
}

function placeOfExport(file: ProgramFile, name: string): Place {
  const own = file.lowered.exports.find((e) => e.kind === "local" && e.name === name);
  const module = file.module;
  if (own?.kind === "local" && own.slot !== NONE) {
    for (const v of module.storesTo(own.slot)) {
      if (module.start(v) !== NONE) return firstLineOf(module, module.place(v));
    }
  }
  return firstLineOf(module, { ...module.ownPlace, start: 0 });
}
