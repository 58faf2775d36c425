/** Route files of the app folder: one entry per exported method. */
import type { ProgramFile } from "../../program/linking/function-view.js";
import type { LinkQueries } from "../../program/values/origin.js";
import { delegateMarker } from "../file-routes/delegates.js";
import { exportOf } from "../file-routes/exports.js";
import { handlerOf } from "../file-routes/handlers.js";
import { HTTP_METHODS } from "../file-routes/methods.js";
import { groupOf } from "../file-routes/paths.js";
import type { RawEntry } from "../routing.js";
import { routeArguments } from "./arguments.js";

/** Entries of `route.ts`. */
export function routeEntries(file: ProgramFile, path: string, queries: LinkQueries): readonly RawEntry[] {
  const found: RawEntry[] = [];
  for (const method of HTTP_METHODS) {
    const exported = exportOf(file, method, queries);
    if (exported === null) continue;
    const marker = delegateMarker(exported.origins, exported.place, queries);
    const handler = handlerOf(exported.origins, exported, method, routeArguments, queries);
    found.push({
      transport: "http",
      framework: "next",
      method,
      path,
      handler: handler.origin,
      handlerName: handler.name,
      given: routeArguments,
      wrapped: handler.wrapped,
      handedAs: handler.options,
      place: handler.place,
      registration: exported.place,
      steps: handler.steps,
      nearMisses: [],
      metadata: new Map(),
      group: groupOf(path),
      publicMarker: marker ?? delegateMarker([handler.origin], exported.place, queries),
      incomplete: "",
    });
  }
  return found;
}
