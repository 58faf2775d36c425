/** Modules that a runtime serves by their default export: Cloudflare Workers, Bun, Deno: `{ fetch, scheduled, queue }`. */
import { ByFile } from "../../program/linking/by-file.js";
import { superOrigins } from "../../program/linking/class-members.js";
import type { FunctionView, ProgramFile } from "../../program/linking/function-view.js";
import { type LinkQueries, type Origin, type Site, source } from "../../program/values/origin.js";
import { requestOrigin } from "../arguments.js";
import { callbackEntry, scheduleArguments } from "../callback-entry.js";
import { instanceOf } from "../classes/classes.js";
import type { ClassRef } from "../classes/values.js";
import { delegateMarker } from "../file-routes/delegates.js";
import { exportOf } from "../file-routes/exports.js";
import type { Adapter, AdapterInput, Arguments, RawEntry } from "../routing.js";

type FunctionOrigin = Extract<Origin, { kind: "function" }>;
type Address = Pick<RawEntry, "transport" | "method" | "path">;

interface Door extends Address {
  readonly name: string;
  readonly given: Arguments;
  /** what the first parameter must be for the function to be the runtime's: others call theirs the same */
  readonly first: RegExp;
}

export const workersAdapter: Adapter = { name: "workers", packages: [], collect };

const environment = (context: Parameters<Arguments>[0]): readonly (readonly Origin[])[] => [
  [source("config", "env", { context })],
  [source("neutral", "execution")],
];

const DOORS: readonly Door[] = [
  {
    name: "fetch",
    transport: "http",
    method: "ALL",
    path: "/*",
    given: (context) => [[requestOrigin("web", context)], ...environment(context)],
    first: /^_?(?:req|request|raw\w*)$/i,
  },
  {
    name: "queue",
    transport: "queue",
    method: "PROCESS",
    path: "queue",
    given: (context) => [[source("input", "batch", { context })], ...environment(context)],
    first: /^_?(?:batch|messages?\w*)$/i,
  },
  {
    name: "scheduled",
    transport: "cron",
    method: "CRON",
    path: "scheduled",
    given: (context) => [scheduleArguments(context)[0] ?? [], ...environment(context)],
    first: /^_?(?:controller|event|evt|e|ctrl|scheduled\w*)$/i,
  },
];

function collect(input: AdapterInput): ReturnType<Adapter["collect"]> {
  const entries: RawEntry[] = [];
  for (const file of input.program.files) entries.push(...entriesByFile.of(file, () => entriesOf(file, input)));
  return { entries, faults: [], unknowns: [] };
}

const entriesByFile = new ByFile<readonly RawEntry[]>();

function entriesOf(file: ProgramFile, { queries }: AdapterInput): readonly RawEntry[] {
  const exported = file.lowered.exports.some((e) => e.kind === "local" && e.name === "default")
    ? exportOf(file, "default", queries)
    : null;
  const [given] = exported?.origins ?? [];
  const whole = given?.kind === "class" && isEntrypoint(given, queries) ? instanceOf(given) : given;
  const written = whole?.kind === "literal" && whole.form === "object";
  if (exported === null || whole === undefined || (!written && whole.kind !== "instance")) return [];
  const site: Site = whole.kind === "literal" ? whole.site : { fn: file.module, v: 0, frame: null };
  const found = DOORS.flatMap((door) => {
    const [handler] = queries.project(whole, [door.name]);
    return handler?.kind === "function" && isServed(handler, door) ? [{ door, handler }] : [];
  });
  return found.map(({ door, handler }) => {
    const { transport, method, path, given } = door;
    const marker = delegateMarker([handler], exported.place, queries);
    const own = { transport, method, path, given, framework: "workers", publicMarker: marker };
    return { ...callbackEntry(handler, site, own), registration: exported.place, group: file.path };
  });
}

/** `class extends WorkerEntrypoint`: the default one answers the world, others the bindings of other workers. */
function isEntrypoint(given: ClassRef, queries: LinkQueries): boolean {
  return superOrigins(given.file, given.index, queries).some(
    (o) => o.kind === "package" && o.module === "cloudflare:workers" && o.path === "WorkerEntrypoint",
  );
}

/** The runtime's parameters by their declared types, else by the names that everybody gives them. */
function isServed(handler: FunctionOrigin, door: Door): boolean {
  const [first, second] = handler.fn.info.params;
  if (first === undefined) return false;
  return door.first.test(first.name) || typeNames(handler.fn, first.type) || /^_?env$/i.test(second?.name ?? "");
}

function typeNames(fn: FunctionView, index: number): boolean {
  const type = fn.file.lowered.types[index];
  return type?.kind === "name" && /^(?:Request|MessageBatch|Scheduled(?:Controller|Event))$/.test(type.name);
}
