/** Types as graphql-js has them made: `new GraphQLObjectType({ name: "Query", fields: () => ({ orders: { type, resolve } }) })`. */
import type { LinkQueries, Origin, Site } from "../../program/values/origin.js";
import { siteKey } from "../../program/values/origin-keys.js";
import { argument, textOf } from "../classes/values.js";
import type { ProgramIndex } from "../routing.js";
import { type ResolverMap, readTypeFields } from "./resolver-map.js";

const MODULE = /^graphql(?:\/|$)/;
/** options of a schema, and the type of operation whose fields they hold */
const ROOTS: Readonly<Record<string, string>> = { query: "Query", mutation: "Mutation", subscription: "Subscription" };

/** The fields of every such type. */
export function objectTypes(index: ProgramIndex, queries: LinkQueries): readonly ResolverMap[] {
  const made = madeOf("GraphQLObjectType", index, queries);
  if (made.length === 0) return [];
  const roots = rootTypes(index, queries);
  return made.flatMap((site): readonly ResolverMap[] => {
    const options = optionsOf(site, queries);
    const [name] = valuesOf(options, "name", queries);
    const written = name === undefined ? null : textOf(name);
    const type = roots.get(siteKey(site)) ?? written ?? "";
    const fields = valuesOf(options, "fields", queries).flatMap((origin) =>
      origin.kind === "function" ? queries.returnsOf(origin.fn) : [origin],
    );
    return type === "" || fields.length === 0 ? [] : [readTypeFields(type, fields, site, queries)];
  });
}

function madeOf(name: string, index: ProgramIndex, queries: LinkQueries): readonly Site[] {
  const sites = [...index.callsOfName(name), ...index.callsOfMember(name)];
  return sites.filter((site) =>
    queries
      .evaluate({ ...site, v: site.fn.callee(site.v) })
      .some((o) => o.kind === "package" && MODULE.test(o.module) && o.path.endsWith(name)),
  );
}

/** Which types a schema takes as its operations, whatever they are called. */
function rootTypes(index: ProgramIndex, queries: LinkQueries): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const site of madeOf("GraphQLSchema", index, queries)) {
    const options = optionsOf(site, queries);
    for (const [option, type] of Object.entries(ROOTS)) {
      for (const origin of valuesOf(options, option, queries))
        if (origin.kind === "package" && origin.site !== null) found.set(siteKey(origin.site), type);
    }
  }
  return found;
}

function optionsOf(site: Site, queries: LinkQueries): readonly Origin[] {
  const options = argument(site, 0);
  return options === null ? [] : queries.evaluate(options);
}

function valuesOf(options: readonly Origin[], name: string, queries: LinkQueries): readonly Origin[] {
  return options
    .filter((o) => o.kind === "literal" && o.form === "object")
    .flatMap((o) => [...queries.project(o, [name])]);
}
