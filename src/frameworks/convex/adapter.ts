/** Convex: exported queries, mutations and actions, which any client may call by their name, and routes for everybody else. */
import { Op } from "../../model/lowered.js";
import type { ProgramFile } from "../../program/linking/function-view.js";
import { type LinkQueries, source } from "../../program/values/origin.js";
import { requestOrigin } from "../arguments.js";
import { callbackEntry } from "../callback-entry.js";
import { exportedNames, exportOf } from "../file-routes/exports.js";
import { functionBehind } from "../package-calls.js";
import { argumentAt, originsOfArgument, textOf } from "../procedures/builder-chain.js";
import type { Adapter, AdapterInput, Arguments, RawEntry } from "../routing.js";
import { functionArguments, importedFrom, madeBy } from "./builders.js";
import { CONVEX } from "./knowledge.js";

export const convexAdapter: Adapter = { name: "convex", packages: ["convex/server", "convex/values"], collect };

const ACTIONS = /(?:^|\/)_generated\/server(?:\.js)?$|^convex\/server$/;

function collect({ index, queries }: AdapterInput): { entries: readonly RawEntry[]; faults: []; unknowns: [] } {
  const files = new Set<ProgramFile>();
  for (const fn of index.functions()) if (fn.file.lowered.imports.length > 0) files.add(fn.file);
  const functions = [...files].flatMap((file) => [...functionsOf(file, queries)]);
  return { entries: [...functions, ...routes({ index, queries })], faults: [], unknowns: [] };
}

/** `export const archive = mutation({ args, handler })` */
function* functionsOf(file: ProgramFile, queries: LinkQueries): Generator<RawEntry> {
  const module = moduleOf(file.path);
  if (module === null) return;
  for (const name of exportedNames(file)) {
    for (const origin of exportOf(file, name, queries)?.origins ?? []) {
      const made = madeBy(origin, queries);
      if (made === null) continue;
      const { call, builder } = made;
      const given = originsOfArgument(call, 0, queries);
      const handler = functionBehind(
        [...given, ...given.flatMap((o) => [...queries.project(o, ["handler"])])],
        queries,
      );
      yield callbackEntry(handler, call, {
        transport: "rpc",
        framework: "convex",
        method: builder.method,
        path: `${module}:${name}`,
        given: functionArguments,
        steps: builder.steps,
        incomplete: handler === null ? "the handler could not be read" : "",
      });
    }
  }
}

/** Functions stand below a folder `convex`, and are called by their path in it. */
function moduleOf(path: string): string | null {
  const inside = /^(?:.*\/)?convex\/(.+)\.[cm]?[jt]sx?$/.exec(path);
  return inside?.[1] ?? null;
}

const routeArguments: Arguments = (context) => [
  [source("context", "", { dialect: CONVEX, context })],
  [requestOrigin("web", context)],
];

/** `http.route({ path: "/hook", method: "POST", handler: httpAction(async (ctx, request) => …) })` */
function* routes({ index, queries }: Pick<AdapterInput, "index" | "queries">): Generator<RawEntry> {
  for (const site of index.callsOfMember("route")) {
    for (const options of originsOfArgument(site, 0, queries)) {
      const read = (name: string) => queries.project(options, [name]);
      const path = textOf(read("path")) ?? textOf(read("pathPrefix"));
      for (const made of read("handler")) {
        if ((made.kind !== "derived" && made.kind !== "package") || made.site === null || path === null) continue;
        const { fn, v } = made.site;
        if (fn.op(v) !== Op.Call || importedFrom({ ...made.site, v: fn.callee(v) }, ACTIONS) !== "httpAction") continue;
        const argument = argumentAt(made.site, 0);
        const handler = argument === null ? null : functionBehind(queries.evaluate(argument), queries);
        yield callbackEntry(handler, site, {
          transport: "http",
          framework: "convex",
          method: textOf(read("method")) ?? "ALL",
          path,
          given: routeArguments,
          incomplete: handler === null ? "the handler could not be read" : "",
        });
      }
    }
  }
}
