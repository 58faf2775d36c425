/** API routes made with next-connect: handlers by method, middleware before them in the order of registration. */
import { Op } from "../../model/lowered.js";
import type { ProgramFile } from "../../program/linking/function-view.js";
import type { LinkQueries, Origin, PackageOrigin, Site } from "../../program/values/origin.js";
import { unknown } from "../../program/values/origin.js";
import { siteKey } from "../../program/values/origin-keys.js";
import { nextOrigin } from "../arguments.js";
import type { Exported } from "../file-routes/exports.js";
import { receiverOf } from "../file-routes/handlers.js";
import { groupOf } from "../file-routes/paths.js";
import { argumentAt, headOfFunction, nameOfFunction, writtenName } from "../procedures/builder-chain.js";
import type { Arguments, RawEntry, RawStep } from "../routing.js";
import { apiArguments } from "./arguments.js";

const METHODS: Readonly<Record<string, string>> = {
  get: "GET",
  post: "POST",
  put: "PUT",
  patch: "PATCH",
  delete: "DELETE",
  all: "ALL",
};

const given: Arguments = (context) => [...apiArguments(context), [nextOrigin(context)]];

/** Entries of a router of next-connect; none when the export is something else. */
export function connectEntries(
  file: ProgramFile,
  exported: Exported,
  path: string,
  queries: LinkQueries,
): readonly RawEntry[] {
  const router = exported.origins.find((o) => o.kind === "package" && o.module === "next-connect");
  if (router?.kind !== "package") return [];
  const made = madeAt(router);
  const steps: RawStep[] = [];
  const entries: RawEntry[] = [];
  for (const site of registrations(file, made, queries)) {
    const { fn, v } = site;
    const member = fn.memberName(fn.callee(v));
    const all = handlersOf(site, queries);
    if (member === "use") steps.push(...all);
    const last = all.at(-1);
    if (METHODS[member] === undefined || last === undefined) continue;
    entries.push(entryOf(METHODS[member], path, last, [...steps, ...all.slice(0, -1)]));
  }
  return entries;
}

function entryOf(method: string, path: string, last: RawStep, steps: readonly RawStep[]): RawEntry {
  const { origin } = last;
  return {
    transport: "http",
    framework: "next",
    method,
    path,
    handler: origin,
    handlerName: (origin.kind === "function" ? nameOfFunction(origin.fn) : "") || last.name || path,
    given,
    place: origin.kind === "function" ? headOfFunction(origin.fn) : last.place,
    registration: last.place,
    steps,
    nearMisses: [],
    metadata: new Map(),
    group: groupOf(path),
    publicMarker: null,
    incomplete: "",
  };
}

/** Calls on the router, in the order in which they run. */
function registrations(file: ProgramFile, made: string, queries: LinkQueries): readonly Site[] {
  const fn = file.module;
  const found: Site[] = [];
  for (const v of fn.calls) {
    const site: Site = { fn, v, frame: null };
    const receiver = fn.op(v) === Op.Call ? receiverOf(site) : -1;
    if (receiver < 0) continue;
    const on = queries.evaluate({ fn, v: receiver, frame: null });
    if (on.some((o) => o.kind === "package" && o.module === "next-connect" && madeAt(o) === made)) found.push(site);
  }
  return found;
}

/** The call that made the router, by which two of them in one file are told apart. */
function madeAt(origin: PackageOrigin): string {
  let first = "";
  for (let o: PackageOrigin | null = origin; o !== null; o = o.previous) if (o.site !== null) first = siteKey(o.site);
  return first;
}

function handlersOf(site: Site, queries: LinkQueries): readonly RawStep[] {
  const found: RawStep[] = [];
  for (let i = 0; ; i += 1) {
    const argument = argumentAt(site, i);
    if (argument === null) return found;
    const origins = queries.evaluate(argument);
    const origin: Origin = origins.find((o) => o.kind === "function") ?? origins[0] ?? unknown("no value");
    if (origin.kind === "constant") continue;
    found.push({
      name: writtenName(argument) || site.fn.memberName(site.fn.callee(site.v)),
      kind: "middleware",
      place: site.fn.place(site.v),
      origin,
      given,
      continuation: "calls-next",
      condition: "",
    });
  }
}
