/** `basePath` of `next.config`, as far as it is written out. */
import type { ProgramFile } from "../../program/linking/function-view.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";
import { exportOf } from "../file-routes/exports.js";
import { argumentAt, originsOfArgument, textOf } from "../procedures/builder-chain.js";

/** The base path of a project, '' when none is set or it cannot be read. */
export function basePathOf(config: ProgramFile, queries: LinkQueries): string {
  return read(exportOf(config, "default", queries)?.origins ?? [], queries, 0);
}

/** Plugins wrap the configuration: `withBundleAnalyzer(nextConfig)`. */
function read(origins: readonly Origin[], queries: LinkQueries, depth: number): string {
  for (const origin of origins) {
    const own = origin.kind === "literal" ? textOf(queries.project(origin, ["basePath"])) : null;
    if (own !== null) return own;
    const site = (origin.kind === "package" || origin.kind === "derived") && depth < 4 ? origin.site : null;
    if (site === null || argumentAt(site, 0) === null) continue;
    const inner = read(originsOfArgument(site, 0, queries), queries, depth + 1);
    if (inner !== "") return inner;
  }
  return "";
}
