/** One procedure as entry points: its call by name, and the REST path that its metadata may give it. */
import { Op } from "../../model/lowered.js";

import type { LinkQueries, Origin, Site } from "../../program/origin.js";
import { siteKey, unknown } from "../../program/origin.js";
import {
  argumentAt,
  type ChainCall,
  chainOf,
  firstLineOf,
  headOfFunction,
  originsOfArgument,
  textOf,
} from "../builder-chain.js";
import { type BuilderStep, builderArguments, builderSteps } from "../builder-steps.js";
import type { RawEntry } from "../routing.js";
import type { Mounted } from "./routers.js";

const DIALECT = "trpc";
const CONDITIONAL = "set-up decides";

/** Entries of a mounted procedure. */
export function entriesOf(procedure: Mounted, queries: LinkQueries): readonly RawEntry[] {
  const calls = procedure.chains.map(chainOf);
  const [main] = calls;
  const last = main?.at(-1) ?? null;
  const call = last?.site ?? procedure.site;
  const entry = rpcEntry(
    procedure,
    call,
    last?.name ?? calleeMember(procedure.site),
    queries,
    commonSteps(calls, queries),
  );
  const rest = main === undefined ? null : openApiOf(main, queries);
  if (rest === null) return [entry];
  return [entry, { ...entry, transport: "http", method: rest.method, path: rest.path }];
}

function rpcEntry(
  procedure: Mounted,
  call: Site,
  kind: string,
  queries: LinkQueries,
  steps: readonly BuilderStep[],
): RawEntry {
  const resolvers = originsOfArgument(call, 0, queries);
  const handler = resolvers.find((o) => o.kind === "function") ?? resolvers[0] ?? unknown("no resolver");
  const registration = firstLineOf(call.fn, call.fn.place(call.v));
  const group = procedure.path.includes(".") ? procedure.path.slice(0, procedure.path.lastIndexOf(".")) : "";
  return {
    transport: "rpc",
    framework: "trpc",
    method: kind.toUpperCase(),
    path: procedure.path,
    handler,
    handlerName: procedure.path,
    given: builderArguments(DIALECT),
    place: handlerPlace(handler, call) ?? registration,
    registration,
    steps,
    nearMisses: [],
    metadata: new Map(),
    group: group || procedure.site.fn.file.path,
    publicMarker: null,
    incomplete: procedure.known ? "" : "procedure base not resolved",
  };
}

/** The resolver's head, when it is written in the call or elsewhere in the project. */
function handlerPlace(handler: Origin, call: Site): RawEntry["place"] | null {
  if (handler.kind === "function") return headOfFunction(handler.fn);
  const argument = argumentAt(call, 0);
  return argument === null || argument.fn.start(argument.v) < 0
    ? null
    : firstLineOf(argument.fn, argument.fn.place(argument.v));
}

function calleeMember({ fn, v }: Site): string {
  return fn.op(v) === Op.Call ? fn.memberName(fn.callee(v)) : "";
}

/** Steps of all alternatives in the order of the longest; one that not all have is conditional. */
function commonSteps(calls: readonly (readonly ChainCall[])[], queries: LinkQueries): readonly BuilderStep[] {
  const alternatives = calls.map((chain) => builderSteps(chain, DIALECT, queries));
  const longest = alternatives.toSorted((a, b) => b.length - a.length)[0] ?? [];
  if (alternatives.length < 2) return longest;
  const keys = alternatives.map((steps) => new Set(steps.map((step) => siteKey(step.addedAt))));
  return longest.map((step) =>
    keys.every((known) => known.has(siteKey(step.addedAt))) ? step : { ...step, condition: CONDITIONAL },
  );
}

/** `.meta({ openapi: { method, path } })` */
function openApiOf(
  chain: readonly ChainCall[],
  queries: LinkQueries,
): { readonly method: string; readonly path: string } | null {
  let found: { readonly method: string; readonly path: string } | null = null;
  for (const call of chain) {
    if (call.name !== "meta") continue;
    for (const meta of originsOfArgument(call.site, 0, queries)) {
      const read = (name: string) => queries.project(meta, ["openapi", name]);
      const method = textOf(read("method"));
      const path = textOf(read("path"));
      const disabled = read("enabled").some((o) => o.kind === "constant" && o.value === false);
      if (method !== null && path !== null && !disabled) found = { method: method.toUpperCase(), path: restPath(path) };
    }
  }
  return found;
}

function restPath(path: string): string {
  const rooted = path.startsWith("/") ? path : `/${path}`;
  return rooted.replace(/\{([^}]+)\}/g, ":$1");
}
