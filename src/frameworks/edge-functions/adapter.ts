/** Functions on Deno: `Deno.serve(handler)`, in Supabase one function for each folder. */
import { Op } from "../../model/lowered.js";
import type { LinkQueries, Site } from "../../program/values/origin.js";
import { requestOrigin } from "../arguments.js";
import { fileEntry } from "../file-routes/entry.js";
import { handlerOf } from "../file-routes/handlers.js";
import { testedMethods } from "../file-routes/methods.js";
import { firstLineOf, functionArgument } from "../procedures/builder-chain.js";
import type { Adapter, AdapterInput, AdapterOutput, Arguments, RawEntry } from "../routing.js";

export const edgeFunctionsAdapter: Adapter = { name: "edge-functions", packages: [], collect };

const given: Arguments = (context) => [[requestOrigin("web", context)]];
const SERVE = /^(?:https?:.*\/http\/server\.ts|std\/http|jsr:@std\/http|@std\/http|@supabase\/functions-js)/;

function collect({ index, queries }: AdapterInput): AdapterOutput {
  const sites = [
    ...index.callsOfMember("serve").filter(({ fn, v }) => {
      const holder = fn.a(fn.callee(v));
      return fn.op(holder) === Op.Global && fn.text(fn.a(holder)) === "Deno";
    }),
    ...index.callsOfName("serve").filter((site) => isStandard(site, queries)),
  ];
  return { entries: sites.flatMap((site) => [...entriesOf(site, queries)]), faults: [], unknowns: [] };
}

function isStandard({ fn, v, frame }: Site, queries: LinkQueries): boolean {
  return queries.evaluate({ fn, v: fn.callee(v), frame }).some((o) => o.kind === "package" && SERVE.test(o.module));
}

function entriesOf(site: Site, queries: LinkQueries): readonly RawEntry[] {
  const work = functionArgument(site, queries);
  // applications of other frameworks are served likewise, and have entries of their own
  if (work === null) return [];
  const { fn, v } = site;
  const place = firstLineOf(fn, fn.place(v));
  const name = /(?:^|\/)functions\/([^/]+)\/[^/]+$/.exec(fn.file.path)?.[1];
  const path = name === undefined ? "/*path" : `/functions/v1/${name}`;
  const exported = { name: name ?? "serve", origins: [work], place };
  const handler = handlerOf([work], exported, "", given, queries);
  const tested = testedMethods(work, given({ method: "", metadata: new Map(), attached: new Map() }), queries);
  return (tested.length > 0 ? tested : ["ALL"]).map((method) =>
    fileEntry({ framework: "deno", transport: "http", method, path, exported, handler, given }, queries),
  );
}
