/** What the `include` of Sequelize's options loads along, and which of it filters the rows themselves. */
import type { DataModel } from "../../../model/data-model.js";
import type { OriginQueries, Site } from "../../../program/values/origin.js";
import type { ModelMatcher } from "../../schema/match-model.js";
import { conjunction, eitherOf, outer, type Reading } from "../filter-terms.js";
import { fieldsOf } from "../literals.js";
import type { ObjectFilterReader } from "../object-filter.js";
import { entityName } from "../typeorm-entities.js";

export interface Includes {
  readonly readings: readonly Reading[];
  readonly loads: readonly string[];
}

export const NO_INCLUDES: Includes = { readings: [], loads: [] };

const MAX_DEPTH = 4;

/** An include with a `where` joins inside; one that is not required does not filter the rows themselves. */
export function includesOf(options: Site, reader: ObjectFilterReader<DataModel>, models: ModelMatcher): Includes {
  const { queries } = reader;
  const readings: Reading[] = [];
  const loads: string[] = [];
  for (const item of includedIn(options, queries)) {
    const include = readInclude(item, "", { reader, models }, 0);
    loads.push(include.name);
    readings.push(...include.readings);
  }
  return { readings: readings.length === 0 ? [] : [conjunction(readings)], loads };
}

interface IncludeReaders {
  readonly reader: ObjectFilterReader<DataModel>;
  readonly models: ModelMatcher;
}

interface Include {
  readonly name: string;
  readonly readings: readonly Reading[];
}

/** One include, and what is included below it: that limits the rows as far as all of those above are required. */
function readInclude(item: Site, above: string, { reader, models }: IncludeReaders, depth: number): Include {
  const { queries } = reader;
  const { fields } = fieldsOf(item, queries, null);
  const named = (key: string): readonly Site[] => fields.filter((f) => f.name === key).map((f) => f.site);
  const name = includeName([...named("as"), ...named("association"), ...named("model")], queries);
  const prefix = `${above}${name}.`;
  const required = named("required").flatMap((at) => queries.evaluate(at));
  const says = (value: boolean): boolean => required.some((o) => o.kind === "constant" && o.value === value);
  const wheres = named("where");
  const scope = { prefix, model: models.named(name), relation: true };
  const own = wheres.length === 0 ? [] : [eitherOf(wheres.map((where) => reader.where(where, scope)))];
  const below = depth >= MAX_DEPTH ? [] : includedIn(item, queries);
  const further = below.flatMap((one) => readInclude(one, prefix, { reader, models }, depth + 1).readings);
  const joins = says(true) || wheres.length > 0;
  const drops = (reading: Reading): Reading => (says(false) || !joins ? outer(reading) : reading);
  return { name, readings: [...own, ...further].map(drops) };
}

function includedIn(options: Site, queries: OriginQueries): readonly Site[] {
  const { fields } = fieldsOf(options, queries, null);
  return fields.filter(({ name }) => name === "include").flatMap(({ site }) => itemsOf(site, queries));
}

/** Alias, association or model: the first that says so. */
function includeName(sites: readonly Site[], queries: OriginQueries): string {
  for (const site of sites) {
    for (const origin of queries.evaluate(site)) {
      const name = entityName(origin);
      if (name !== "") return name;
    }
  }
  return "include";
}

function itemsOf(site: Site, queries: OriginQueries): readonly Site[] {
  return queries.evaluate(site).flatMap((origin) => {
    if (origin.kind !== "literal") return [];
    const { fn, v, frame } = origin.site;
    if (origin.form === "array") return Array.from(fn.list(fn.a(v)), (item): Site => ({ fn, v: item, frame }));
    return origin.form === "object" ? [origin.site] : [];
  });
}
