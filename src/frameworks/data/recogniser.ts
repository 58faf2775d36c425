/** What the rest of the engine asks of the data layers. */
import type { LinkQueries, Origin, OriginQueries, Site, SourceOrigin } from "../../program/values/origin.js";
import type { DataCall } from "./data-call.js";

export interface DataRecogniser {
  /** The data call at a site whose callee has these origins; null when it is none. */
  recognise(site: Site, callees: readonly Origin[], queries: OriginQueries): DataCall | null;
  /** The data call at a site that made a row, with the callee as it is evaluated there; null when it is none. */
  loading(site: Site, queries: OriginQueries): DataCall | null;
  /** What was recognised before answers were let go need not be read again. */
  remember(call: DataCall): void;
  /** Cheap: whether the callee is a data call of a known client, without reading its filter. */
  isDataCall(site: Site, callee: Origin, queries: OriginQueries): boolean;
  /** Whether a call on a row is one more step of the query that loads it: `db("orders").where(…).first()`. */
  continuesRow(row: SourceOrigin, site: Site): boolean;
  /** A data call by the written shape alone: `anything.<model>.<operation>(…)` with a model the schema has. */
  isDataShape(site: Site): boolean;
  /** Whether a loaded row was selected by the caller's credential or identity: then it stands for the caller. */
  keyedByCaller(row: SourceOrigin, queries: LinkQueries): boolean;
  /** What a package passes to a callback: the client of a transaction. */
  callbackArguments(callee: Origin, site: Site, queries: OriginQueries): readonly (readonly Origin[])[] | undefined;
}

export const NO_DATA: DataRecogniser = {
  recognise: () => null,
  loading: () => null,
  remember: () => {},
  isDataCall: () => false,
  continuesRow: () => false,
  isDataShape: () => false,
  keyedByCaller: () => false,
  callbackArguments: () => undefined,
};
