/** One procedure as entry points: its call by name, and the REST path that its metadata may give it. */
import type { LinkQueries } from "../../program/values/origin.js";
import { type ChainCall, chainOf, originsOfArgument, textOf } from "../procedures/builder-chain.js";
import { procedureEntry } from "../procedures/procedure-entry.js";
import type { Mounted } from "../procedures/procedure-routers.js";
import type { RawEntry } from "../routing.js";
import { TRPC } from "./routers.js";

/** Entries of a mounted procedure. */
export function entriesOf(procedure: Mounted, queries: LinkQueries): readonly RawEntry[] {
  const entry = procedureEntry(procedure, TRPC, queries);
  const [main] = procedure.chains;
  const rest = main === undefined ? null : openApiOf(chainOf(main), queries);
  if (rest === null) return [entry];
  return [entry, { ...entry, transport: "http", method: rest.method, path: rest.path }];
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

/** `orders/{id}` as a pattern. */
export function restPath(path: string): string {
  const rooted = path.startsWith("/") ? path : `/${path}`;
  return rooted.replace(/\{([^}]+)\}/g, ":$1");
}
