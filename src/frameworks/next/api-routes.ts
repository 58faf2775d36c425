/** API routes below `pages`: one function for all methods, judged once for each method that it tells apart. */
import type { ProgramFile } from "../../program/linking/function-view.js";
import type { EntryContext, LinkQueries } from "../../program/values/origin.js";
import { askedFor } from "../file-routes/asked-of-tables.js";
import { delegateMarker } from "../file-routes/delegates.js";
import { exportOf } from "../file-routes/exports.js";
import { handlerOf } from "../file-routes/handlers.js";
import { testedMethods } from "../file-routes/methods.js";
import { groupOf } from "../file-routes/paths.js";
import type { RawEntry } from "../routing.js";
import { apiArguments } from "./arguments.js";
import { connectEntries } from "./connect.js";

const ANY_METHOD: EntryContext = { method: "", metadata: new Map(), attached: new Map() };

/** Entries of a file below `pages/api`. */
export function apiEntries(file: ProgramFile, path: string, queries: LinkQueries): readonly RawEntry[] {
  const exported = exportOf(file, "default", queries);
  if (exported === null) return [];
  const chained = connectEntries(file, exported, path, queries);
  if (chained.length > 0) return chained;
  const marker = delegateMarker(exported.origins, exported.place, queries);
  const read = (method: string) => handlerOf(exported.origins, exported, method, apiArguments, queries);
  const { origin } = read("");
  if (origin.kind === "constant" || origin.kind === "literal") return [];
  const methods = origin.kind === "function" ? testedMethods(origin, apiArguments(ANY_METHOD), queries) : [];
  return (methods.length > 0 ? methods : ["ALL"]).map((method) => {
    const handler = read(method);
    return {
      transport: "http",
      framework: "next",
      method,
      path,
      handler: handler.origin.kind === "function" ? askedFor(handler.origin, method, queries) : handler.origin,
      handlerName: handler.name === "default" ? path : handler.name,
      given: apiArguments,
      wrapped: handler.wrapped,
      place: handler.place,
      registration: exported.place,
      steps: handler.steps,
      nearMisses: [],
      metadata: new Map(),
      group: groupOf(path),
      publicMarker: marker ?? delegateMarker([handler.origin], exported.place, queries),
      incomplete: "",
    };
  });
}
