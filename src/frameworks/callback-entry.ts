/** Entry points that are functions handed to a package: what they have in common, filled in. */
import type { Place } from "../model/place.js";
import { type Origin, type Site, source, unknown } from "../program/values/origin.js";
import { requestOrigin } from "./arguments.js";
import type { FunctionOrigin } from "./package-calls.js";
import { firstLineOf, headOfFunction, nameOfFunction } from "./procedures/builder-chain.js";
import type { Arguments, Continuation, RawEntry, RawStep } from "./routing.js";

type Own = Pick<RawEntry, "transport" | "framework" | "method" | "path" | "given"> & Partial<RawEntry>;

/** An entry whose handler was found at a registration, or could not be read. */
export function callbackEntry(handler: FunctionOrigin | null, site: Site, own: Own): RawEntry {
  const registration = firstLineOf(site.fn, site.fn.place(site.v));
  const name = handler === null ? "" : nameOfFunction(handler.fn);
  return {
    handler: handler ?? unknown("the handler could not be read"),
    handlerName: name || own.path,
    place: handler === null ? registration : headOfFunction(handler.fn),
    registration,
    steps: [],
    nearMisses: [],
    metadata: NO_METADATA,
    group: site.fn.file.path,
    publicMarker: null,
    incomplete: "",
    ...own,
  };
}

const NO_METADATA: RawEntry["metadata"] = new Map();

/** A step of its own kind of place, named as it is written. */
export function stepAt(
  origin: Origin,
  name: string,
  place: Place,
  given: Arguments,
  continuation: Continuation,
  kind: RawStep["kind"] = "hook",
): RawStep {
  return { name, kind, place, origin, given, continuation, condition: "" };
}

/** What a handler gets beside what matters: present, and silent about the caller. */
const REST: readonly (readonly Origin[])[] = [1, 2, 3].map(() => [source("neutral", "argument")]);

/** Messages, jobs, events: whoever sent them chose what they hold. */
export function payloadArguments(name: string): Arguments {
  return (context) => [[source("input", name, { context })], ...REST];
}

/** Nothing that anybody chose: schedules. */
export const scheduleArguments: Arguments = () => [[source("neutral", "schedule")], ...REST];

/** One object that stands for the request, read in a dialect. */
export function requestArguments(dialect: string): Arguments {
  return (context) => [[requestOrigin(dialect, context)], ...REST];
}
