/** What could not be decided or read, as notices of the report. */
import type { Unknown } from "../model/facts.js";
import type { Notice } from "../model/finding.js";
import type { LocatedPlace, Place } from "../model/place.js";
import type { ProjectProblem } from "../model/project.js";

export function noticesOf(
  unknowns: readonly Unknown[],
  problems: readonly ProjectProblem[],
  locate: (place: Place) => LocatedPlace,
): readonly Notice[] {
  const start = { startLine: 1, startColumn: 1, endLine: 1, endColumn: 1 };
  return [
    ...problems.map(
      (problem): Notice => ({
        kind: "problem",
        id: "configuration-not-read",
        message: problem.message,
        remedy: "",
        at: { file: problem.path, region: start },
      }),
    ),
    ...unknowns.map(
      (unknown): Notice => ({
        kind: unknown.kind.startsWith("file-") || unknown.kind === "internal-error" ? "problem" : "unknown",
        id: unknown.kind,
        message: unknown.detail,
        remedy: unknown.remedy,
        at: unknown.kind === "file-not-read" ? { file: unknown.place.file, region: start } : locate(unknown.place),
      }),
    ),
  ];
}
