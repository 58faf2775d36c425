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

/** An include with a `where` joins inside; one that is not required does not filter the rows themselves. */
export function includesOf(options: Site, reader: ObjectFilterReader<DataModel>, models: ModelMatcher): Includes {
  const { queries } = reader;
  const readings: Reading[] = [];
  const loads: string[] = [];
  for (const include of fieldsOf(options, queries, null).fields.filter((field) => field.name === "include")) {
    for (const item of itemsOf(include.site, queries)) {
      const { fields } = fieldsOf(item, queries, null);
      const named = (key: string): readonly Site[] => fields.filter((f) => f.name === key).map((f) => f.site);
      const name = includeName([...named("as"), ...named("association"), ...named("model")], queries);
      loads.push(name);
      const wheres = named("where");
      if (wheres.length === 0) continue;
      const scope = { prefix: `${name}.`, model: models.named(name), relation: true };
      const reading = eitherOf(wheres.map((where) => reader.where(where, scope)));
      const required = named("required").flatMap((at) => queries.evaluate(at));
      const open = required.some((origin) => origin.kind === "constant" && origin.value === false);
      readings.push(open ? outer(reading) : reading);
    }
  }
  return { readings: readings.length === 0 ? [] : [conjunction(readings)], loads };
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
