/** What one data layer answers; the recogniser asks each in turn. */
import type { Origin, OriginQueries, Site } from "../../program/values/origin.js";
import type { DataCall } from "./data-call.js";

/** One data layer. Every question is asked of each layer in turn until one answers. */
export interface DataLayer {
  /** first test, by the name of the called member or '' */
  mayCall(name: string, site: Site): boolean;
  isCall(site: Site, callee: Origin, queries: OriginQueries): boolean;
  isShape(site: Site): boolean;
  read(site: Site, callee: Origin, queries: OriginQueries): DataCall | null;
  /** a method with which a builder of this layer goes on: its result is the same query */
  continues?(name: string): boolean;
  callbackArguments(callee: Origin, site: Site, queries: OriginQueries): readonly (readonly Origin[])[] | undefined;
}
