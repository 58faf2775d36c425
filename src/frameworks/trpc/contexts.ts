/** What servers of tRPC make of each request for their procedures: `fetchRequestHandler({ router, createContext })`. */
import { NONE, Op, type TypeRef } from "../../model/lowered.js";
import type { ProgramFile } from "../../program/linking/function-view.js";
import type { LinkQueries, Origin, Site } from "../../program/values/origin.js";
import { source } from "../../program/values/origin.js";
import { originsOfArgument } from "../procedures/builder-chain.js";
import type { AdapterInput, Arguments, RawEntry, RawStep } from "../routing.js";

/** Functions that start a server or answer one request. */
const SERVERS: readonly string[] = [
  "fetchRequestHandler",
  "createNextApiHandler",
  "createNuxtApiHandler",
  "createExpressMiddleware",
  "createHTTPHandler",
  "createHTTPServer",
  "nodeHTTPRequestHandler",
  "awsLambdaRequestHandler",
  "applyWSSHandler",
  "trpcServer",
  "createOpenApiExpressMiddleware",
  "createOpenApiNextHandler",
];
const OPTIONS = 2;
const MAX_ALIASES = 6;

type FunctionOrigin = Extract<Origin, { kind: "function" }>;

/** The functions that make contexts, as steps in front of an entry. */
export class ServedContexts {
  readonly #steps: readonly RawStep[];

  constructor({ index, queries }: AdapterInput) {
    const made = new Map<string, RawStep>();
    for (const name of SERVERS)
      for (const site of [...index.callsOfName(name), ...index.callsOfMember(name)])
        for (const origin of makersAt(site, queries)) made.set(origin.fn.id, stepOf(origin, site));
    // the server may stand elsewhere; the builder says what its contexts are made by
    if (made.size === 0)
      for (const site of index.callsOfMember("context"))
        for (const origin of makersOfType(site, queries)) made.set(origin.fn.id, stepOf(origin, site));
    this.#steps = [...made.values()];
  }

  /** That of the server nearest to the procedure; none where it could be one or another. */
  before({ place }: RawEntry): readonly RawStep[] {
    if (this.#steps.length < 2) return this.#steps;
    const shared = this.#steps.map((step) => sharedFolders(step.place.file, place.file));
    const most = Math.max(...shared);
    const nearest = this.#steps.filter((_, i) => shared[i] === most);
    return nearest.length === 1 ? nearest : [];
  }
}

function makersAt(site: Site, queries: LinkQueries): readonly FunctionOrigin[] {
  return Array.from({ length: OPTIONS }, (_, at) => originsOfArgument(site, at, queries))
    .flat()
    .filter((o) => o.kind === "literal" && o.form === "object")
    .flatMap((o) => [...queries.project(o, ["createContext"])])
    .flatMap((o) => (o.kind === "function" ? [o] : []));
}

/** `initTRPC.context<Awaited<ReturnType<typeof createContext>>>()` */
function makersOfType(site: Site, queries: LinkQueries): readonly FunctionOrigin[] {
  const { fn, v } = site;
  const type = fn.op(v) === Op.Call ? fn.typeArgument(v) : NONE;
  const callees = type < 0 ? [] : queries.evaluate({ ...site, v: fn.callee(v) });
  if (!callees.some((o) => o.kind === "package" && o.module === "@trpc/server")) return [];
  return typesOf(fn.file, fn.file.lowered.types[type], queries, 0).flatMap((o) => (o.kind === "function" ? [o] : []));
}

/** The functions whose type a type is made of. */
function typesOf(file: ProgramFile, type: TypeRef | undefined, queries: LinkQueries, depth: number): readonly Origin[] {
  if (type === undefined || depth > MAX_ALIASES) return [];
  if (type.kind === "typeof") return valuesOf(file, type.name, queries);
  if (type.kind !== "name") return [];
  if (type.args.length > 0) return type.args.flatMap((arg) => [...typesOf(file, arg, queries, depth + 1)]);
  const alias = file.lowered.typeDeclarations.find((one) => one.name === type.name);
  if (alias !== undefined) return typesOf(file, alias.extends[0], queries, depth + 1);
  const item = file.lowered.imports.find((one) => one.slot === file.moduleSlot(type.name));
  const target = item === undefined ? null : queries.program.imported(file, item.module, item.name);
  if (target?.kind !== "type") return [];
  return typesOf(target.file, { kind: "name", name: target.name, args: [] }, queries, depth + 1);
}

function valuesOf(file: ProgramFile, name: string, queries: LinkQueries): readonly Origin[] {
  const slot = file.moduleSlot(name);
  if (slot === NONE) return [];
  const item = file.lowered.imports.find((one) => one.slot === slot);
  return queries.nameOrigins(
    item === undefined ? { kind: "slot", file, slot } : queries.program.imported(file, item.module, item.name),
  );
}

function stepOf(origin: FunctionOrigin, site: Site): RawStep {
  return {
    name: "createContext",
    kind: "hook",
    place: site.fn.place(site.v),
    origin,
    given: SERVED,
    continuation: "returns-context",
    knownOnly: true,
    condition: "",
  };
}

/** `({ req, res })` of most servers */
const SERVED: Arguments = (context) => [[source("context", "", { dialect: "trpc-server", context })]];

function sharedFolders(a: string, b: string): number {
  const left = a.split("/");
  const right = b.split("/");
  let same = 0;
  while (same < left.length - 1 && left[same] === right[same]) same += 1;
  return same;
}
