/** Remote functions: exports of `*.remote.ts` that browsers call like local ones. */
import type { ProgramFile } from "../../program/linking/function-view.js";
import type { LinkQueries } from "../../program/values/origin.js";
import { fileEntry } from "../file-routes/entry.js";
import { exportedNames, exportOf } from "../file-routes/exports.js";
import { chainOf, functionArgument, headOfFunction } from "../procedures/builder-chain.js";
import type { RawEntry, RawStep } from "../routing.js";
import { remoteArguments } from "./knowledge.js";

const READS = /^(?:query|prerender|query\.batch|query\.live)$/;

export function remoteEntries(
  file: ProgramFile,
  before: readonly RawStep[],
  queries: LinkQueries,
): readonly RawEntry[] {
  if (!/\.remote\.[cm]?[jt]s$/.test(file.path)) return [];
  return exportedNames(file).flatMap((name) => {
    const exported = exportOf(file, name, queries);
    const made = exported?.origins.find((o) => o.kind === "package" && o.module === "$app/server");
    if (exported === null || made?.kind !== "package") return [];
    const first = chainOf(made)[0];
    const work = first === undefined ? null : functionArgument(first.site, queries);
    if (first === undefined || work === null) return [];
    const handler = { origin: work, name, place: headOfFunction(work.fn), steps: [], wrapped: null };
    const reads = READS.test(first.on.path);
    return [
      fileEntry(
        {
          framework: "sveltekit",
          transport: "action",
          method: reads ? "GET" : "POST",
          path: `${file.path}#${name}`,
          exported,
          handler,
          given: remoteArguments,
          before,
          group: file.path,
          publicMarker:
            first.on.path === "prerender" ? { reason: "answered at build time", place: exported.place } : null,
        },
        queries,
      ),
    ];
  });
}
