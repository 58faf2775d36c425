/** The entry point of one exported function: what all frameworks with file routes hand over alike. */
import type { Transport } from "../../model/facts.js";
import type { LinkQueries } from "../../program/values/origin.js";
import type { Arguments, RawEntry, RawStep } from "../routing.js";
import { delegateMarker } from "./delegates.js";
import type { Exported } from "./exports.js";
import type { Handler } from "./handlers.js";
import { groupOf } from "./paths.js";

export interface FileEntry {
  readonly framework: string;
  readonly transport: Transport;
  readonly method: string;
  readonly path: string;
  readonly exported: Exported;
  readonly handler: Handler;
  readonly given: Arguments;
  /** what runs before it besides what wraps it, in order */
  readonly before?: readonly RawStep[];
  readonly group?: string;
  readonly publicMarker?: RawEntry["publicMarker"];
  readonly incomplete?: string;
}

export function fileEntry(one: FileEntry, queries: LinkQueries): RawEntry {
  const { exported, handler } = one;
  return {
    transport: one.transport,
    framework: one.framework,
    method: one.method,
    path: one.path,
    handler: handler.origin,
    handlerName: handler.name,
    given: one.given,
    wrapped: handler.wrapped,
    place: handler.place,
    registration: exported.place,
    steps: [...(one.before ?? []), ...handler.steps],
    nearMisses: [],
    metadata: new Map(),
    group: one.group ?? groupOf(one.path),
    publicMarker:
      one.publicMarker ??
      delegateMarker(exported.origins, exported.place, queries) ??
      delegateMarker([handler.origin], exported.place, queries),
    incomplete: one.incomplete ?? "",
  };
}
