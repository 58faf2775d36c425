/** GraphQL outside NestJS: resolver maps, type-graphql, Pothos, with the context function and rules before them. */
import type { Unknown } from "../../model/facts.js";
import type { Adapter, AdapterInput, AdapterOutput, RawEntry, RawStep } from "../routing.js";
import { readDirectives } from "./directives.js";
import { entryOf, type SchemaField } from "./fields.js";
import { loadedMaps, SERVING } from "./loaded-maps.js";
import { readMiddleware } from "./middleware.js";
import { mountSteps } from "./mounts.js";
import { objectTypes } from "./object-types.js";
import { pothosFields } from "./pothos.js";
import { schemaField } from "./resolver-fields.js";
import { type ResolverMap, readResolverMap } from "./resolver-map.js";
import { contextSteps, nearestContext, pluginSteps, resolverSites } from "./servers.js";
import { typeGraphqlFields } from "./type-graphql.js";

export const graphqlAdapter: Adapter = {
  name: "graphql",
  packages: [],
  collect,
};

const PACKAGES = [
  "graphql",
  "graphql-tag",
  "graphql-tools",
  "graphql-yoga",
  "type-graphql",
  "mercurius",
  "@pothos/core",
  "@apollo/server",
  "@graphql-tools/schema",
  "apollo-server",
  "apollo-server-express",
];

function collect(input: AdapterInput): AdapterOutput {
  const { index, queries } = input;
  if (!PACKAGES.some((name) => index.imports(name))) return { entries: [], faults: [], unknowns: [] };
  const contexts = contextSteps(index, queries);
  const plugins = pluginSteps(index, queries);
  const unknowns: Unknown[] = [];
  const middleware = readMiddleware(index, queries);
  const directives = readDirectives(input);
  // of several mounts it is not known which schema is behind which
  const mounts = mountSteps(index, queries);
  const mounted = mounts.length === 1 ? mounts[0] : [];
  const before = (file: string): readonly RawStep[] => [...mounted, ...nearestContext(contexts, file), ...plugins];
  const fields: SchemaField[] = [];
  const named = resolverSites(index, queries).map((site) => readResolverMap(site, queries));
  const maps = [...named, ...unnamedMaps(named, input)];
  for (const map of [...maps, ...objectTypes(index, queries)]) {
    const wrapped = map.wrappedBy === undefined ? "" : `what '${map.wrappedBy}' puts around it could not be read`;
    for (const field of map.fields) {
      const { file } = field.site.fn;
      const rules = middleware.stepsFor(field.type, field.name);
      const steps = [...before(file.path), ...rules.steps, ...directives(field.type, field.name)];
      const made = schemaField(field, steps, rules.incomplete || wrapped, queries);
      if (made !== null) fields.push(made);
    }
    for (const part of map.unread) {
      const place = part.fn.start(part.v) < 0 ? part.fn.ownPlace : part.fn.place(part.v);
      unknowns.push({ kind: "dynamic-registration", place, detail: "resolvers could not be read", remedy: "" });
    }
  }
  const pothos = pothosFields(input, before);
  fields.push(...typeGraphqlFields(input, before), ...pothos.fields);
  return { entries: distinctEntries(fields), faults: [...middleware.faults(fields), ...pothos.faults], unknowns };
}

/** Where a map that is served could not be read to its end, those that lie about are what it is made of. */
function unnamedMaps(named: readonly ResolverMap[], { index, program, queries }: AdapterInput): readonly ResolverMap[] {
  const read = named.length > 0 && named.every((map) => map.fields.length > 0 && map.unread.length === 0);
  if (read || !SERVING.some((name) => index.imports(name))) return [];
  const known = named.flatMap((map) => map.fields.map((field) => field.site.fn.file.path));
  return loadedMaps(program.files, new Set(known), queries);
}

/** The same map is often handed to a schema and to the server. */
function distinctEntries(fields: readonly SchemaField[]): readonly RawEntry[] {
  const found = new Map<string, SchemaField>();
  for (const field of fields) {
    const { file, start } = field.place;
    const key = `${field.type}.${field.name}:${file}:${start}`;
    if (!found.has(key)) found.set(key, field);
  }
  return [...found.values()].map(entryOf);
}
