/** Queries of Elasticsearch and OpenSearch, and filters of Qdrant: `{ bool: { filter: [{ term: { tenantId } }] } }`. */
import type { DataModel } from "../../../model/data-model.js";
import type { Site } from "../../../program/values/origin.js";
import { comparison } from "../builder-filter.js";
import { conjunction, negation, type Reading, UNFILTERED, UNREAD } from "../filter-terms.js";
import { alternativesOf } from "../literals.js";
import {
  allOf,
  anyOf,
  type FilterItem,
  type KeyScope,
  type ObjectDialect,
  type ObjectFilterReader,
} from "../object-filter.js";
import { fieldOf } from "./dynamodb-keys.js";

type Reader = ObjectFilterReader<DataModel>;
type Scope = KeyScope<DataModel>;

/** Clauses whose keys are columns. */
const COLUMNS = /^(?:terms?|match|match_phrase|terms_set|prefix|ids)$/;

export class ElasticDialect implements ObjectDialect<DataModel> {
  field(key: string, value: Site, scope: Scope, reader: Reader, depth: number): Reading {
    if (scope.relation) return column(key, value, reader);
    switch (key) {
      case "bool":
      case "nested":
      case "constant_score":
      case "query":
        return reader.where(value, scope, depth + 1);
      case "must":
      case "filter":
        return allOf(reader.elements(value, scope, depth));
      // beside a filter it only orders what is found; alone it is the filter
      case "should":
        return anyOf(reader.elements(value, scope, depth));
      case "must_not":
        return negation(anyOf(reader.elements(value, scope, depth)));
      default:
        return COLUMNS.test(key) ? this.#clause(key, value, scope, reader, depth) : UNFILTERED;
    }
  }

  list(items: readonly FilterItem[]): Reading {
    return allOf(items);
  }

  #clause(key: string, value: Site, scope: Scope, reader: Reader, depth: number): Reading {
    if (key === "ids") return column("id", fieldOf(value, "values", reader.queries) ?? value, reader);
    return reader.where(value, { ...scope, relation: true }, depth + 1);
  }
}

/** `tenantId: x`, `"tenantId.keyword": { value: x }` */
function column(key: string, given: Site, reader: Reader): Reading {
  const name = key.replace(/\.(?:keyword|raw)$/, "");
  const value = fieldOf(given, "value", reader.queries) ?? fieldOf(given, "query", reader.queries) ?? given;
  const values = reader.queries
    .evaluate(value)
    .flatMap((o) => (o.kind === "literal" && o.form === "array" ? reader.queries.project(o, ["[]"]) : [o]));
  return comparison(name.split(".").at(-1) ?? name, "=", values, value);
}

/** `{ must: [{ key: "tenantId", match: { value: x } }] }`: Qdrant names the column beside its value. */
export function qdrantFilter(site: Site | null, queries: Reader["queries"]): Reading {
  if (site === null) return UNFILTERED;
  const must = fieldOf(site, "must", queries);
  if (must === null) return fieldOf(site, "should", queries) === null ? UNFILTERED : UNREAD;
  const parts = alternativesOf(queries.evaluate(must)).flatMap((origin): readonly Site[] => {
    if (origin.kind !== "literal") return [];
    if (origin.form === "object") return [origin.site];
    const { fn, v, frame } = origin.site;
    return origin.form === "array" ? Array.from(fn.list(fn.a(v)), (item) => ({ fn, v: item, frame })) : [];
  });
  return conjunction(
    parts.map((part) => {
      const key = fieldOf(part, "key", queries);
      const [name] = key === null ? [] : queries.evaluate(key);
      const match = fieldOf(part, "match", queries);
      const value = match === null ? null : (fieldOf(match, "value", queries) ?? fieldOf(match, "any", queries));
      if (name?.kind !== "constant" || typeof name.value !== "string" || value === null) return UNREAD;
      return comparison(name.value, "=", queries.evaluate(value), value);
    }),
  );
}
