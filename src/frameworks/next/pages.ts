/** Pages that read data on the server: asynchronous components and getServerSideProps. */
import type { ProgramFile } from "../../program/linking/function-view.js";
import type { LinkQueries } from "../../program/values/origin.js";
import { type Exported, exportOf } from "../file-routes/exports.js";
import { handlerOf } from "../file-routes/handlers.js";
import { groupOf } from "../file-routes/paths.js";
import type { Arguments, RawEntry } from "../routing.js";
import { pageArguments, propsArguments } from "./arguments.js";
import type { NextFile } from "./files.js";

/** The entry of a page file, none for pages without work on the server. */
export function pageEntries(file: ProgramFile, next: NextFile, queries: LinkQueries): readonly RawEntry[] {
  const inApp = next.kind === "page";
  const exported = exportOf(file, inApp ? "default" : "getServerSideProps", queries);
  if (exported === null) return [];
  return pageEntry(exported, next.path, inApp ? pageArguments : propsArguments, queries);
}

function pageEntry(exported: Exported, path: string, given: Arguments, queries: LinkQueries): readonly RawEntry[] {
  const handler = handlerOf(exported.origins, exported, "", given, queries);
  const { origin } = handler;
  if (origin.kind !== "function") return [];
  // a wrapper's closure may pass a promise on without being asynchronous itself
  if (given === pageArguments && !origin.fn.isAsync && origin.frame === null) return [];
  return [
    {
      transport: "page",
      framework: "next",
      method: "GET",
      path,
      handler: origin,
      handlerName: handler.name,
      given,
      wrapped: handler.wrapped,
      place: handler.place,
      registration: exported.place,
      steps: handler.steps,
      nearMisses: [],
      metadata: new Map(),
      group: groupOf(path),
      publicMarker: null,
      incomplete: "",
    },
  ];
}
