/** Filters whose operators are keys of their own: `{ age: { $gt: 3 }, $or: […] }`, `{ [Op.or]: […] }`. */
import type { DataModel } from "../../model/data-model.js";
import type { Origin, Site } from "../../program/values/origin.js";
import { comparison } from "./builder-filter.js";
import { conjunction, eitherOf, negation, optional, type Reading, UNREAD } from "./filter-terms.js";
import { alternativesOf, fieldsOf, shapeOf } from "./literals.js";
import {
  allOf,
  anyOf,
  type FilterItem,
  type KeyScope,
  type ObjectDialect,
  type ObjectFilterReader,
} from "./object-filter.js";
import { mayBeUndefined } from "./vanishing.js";

type Reader = ObjectFilterReader<DataModel>;
type Scope = KeyScope<DataModel>;

export interface OperatorStyle {
  /** takes the mark off an operator: `$in` → `in`, `Op.in` → `in`; null for a column */
  operator(key: string): string | null;
  /** whether a list of filters is a disjunction; a conjunction otherwise */
  readonly listMeansOr: boolean;
  /** the library drops a condition whose value is undefined */
  readonly dropsUndefined: boolean;
  /** an object without operators is a filter on a relation; a value otherwise */
  readonly relations: boolean;
}

export const DOLLAR: OperatorStyle = {
  operator: (key) => (key.startsWith("$") && !key.endsWith("$") ? key.slice(1) : null),
  listMeansOr: false,
  dropsUndefined: false,
  relations: false,
};

const NAMES: ReadonlyMap<string, string> = new Map([
  ["eq", "="],
  ["is", "="],
  ["in", "in"],
  ["any", "in"],
  ["gt", ">"],
  ["gte", ">="],
  ["lt", "<"],
  ["lte", "<="],
  ["like", "like"],
  ["ilike", "like"],
  ["iLike", "like"],
  ["regex", "like"],
  ["all", "contains"],
  ["contains", "contains"],
  ["overlap", "overlap"],
  ["contained", "in"],
  ["exists", "is not null"],
  ["elemMatch", "contains"],
]);
const NEGATED: ReadonlySet<string> = new Set(["ne", "not", "nin", "notIn", "notLike", "notILike", "notBetween"]);

export class OperatorDialect implements ObjectDialect<DataModel> {
  constructor(private readonly style: OperatorStyle) {}

  field(key: string, value: Site, scope: Scope, reader: Reader, depth: number): Reading {
    switch (this.style.operator(key)) {
      case null:
        return this.#column(key, value, scope, reader, depth);
      case "and":
        return allOf(reader.elements(value, scope, depth));
      case "or":
        return anyOf(this.#branches(value, scope, reader, depth));
      case "nor":
      case "not":
        return negation(anyOf(reader.elements(value, scope, depth)));
      case "comment":
      case "text":
        return conjunction([]);
      default:
        // `$expr`, `$where`, `literal`: conditions that are written otherwise
        return UNREAD;
    }
  }

  list(items: readonly FilterItem[]): Reading {
    return this.style.listMeansOr ? anyOf(items) : allOf(items);
  }

  /** `or: [{…}, {…}]`, and `or: { a: 1, b: 2 }`, whose keys are the branches. */
  #branches(value: Site, scope: Scope, reader: Reader, depth: number): readonly FilterItem[] {
    const origins = alternativesOf(reader.queries.evaluate(value));
    const object = origins.find((origin) => origin.kind === "literal" && origin.form === "object");
    if (object?.kind !== "literal" || origins.length > 1) return reader.elements(value, scope, depth);
    const { fields, opaque } = fieldsOf(object.site, reader.queries, null);
    const items = fields.map(({ name, site }) => ({
      reading: this.field(name, site, scope, reader, depth + 1),
      optional: false,
    }));
    return opaque.length > 0 || fields.length === 0 ? [...items, { reading: UNREAD, optional: false }] : items;
  }

  #column(key: string, value: Site, scope: Scope, reader: Reader, depth: number): Reading {
    const column = `${scope.prefix}${key.replaceAll("$", "")}`;
    const readings: Reading[] = [];
    const plain: Origin[] = [];
    let list = false;
    for (const origin of alternativesOf(reader.queries.evaluate(value))) {
      if (origin.kind === "literal" && origin.form === "object") {
        readings.push(this.#nested(key, column, origin.site, scope, reader, depth));
      } else if (origin.kind === "literal" && origin.form === "array") {
        list = true;
        plain.push(...reader.queries.project(origin, ["[]"]));
      } else plain.push(origin);
    }
    if (plain.length > 0 || readings.length === 0) {
      const vanishes = this.style.dropsUndefined && mayBeUndefined(value, plain, reader.queries);
      readings.push(comparison(this.#key(column, scope), list ? "in" : "=", plain, value, { vanishes }));
    }
    const reading = eitherOf(readings);
    return shapeOf(value).kind === "when" ? optional(reading) : reading;
  }

  /** A relation compared with an id is its foreign key. */
  #key(column: string, scope: Scope): string {
    if (!this.style.relations || scope.prefix !== "") return column;
    return scope.model?.relations.find((relation) => relation.name === column)?.columns[0] ?? column;
  }

  #nested(key: string, column: string, literal: Site, scope: Scope, reader: Reader, depth: number): Reading {
    const keys = [...literal.fn.props(literal.v)].map((prop) => reader.keyOf(prop, literal));
    const operators = keys.filter((name) => this.style.operator(name) !== null);
    if (operators.length === 0) {
      if (!this.style.relations)
        return comparison(column, "=", [{ kind: "literal", form: "object", site: literal }], literal);
      return reader.object(literal, { ...scope, prefix: `${column}.`, relation: true }, depth);
    }
    const readings: Reading[] = [];
    for (const prop of literal.fn.props(literal.v)) {
      const name = this.style.operator(reader.keyOf(prop, literal));
      if (name === null) continue;
      readings.push(this.#operation(key, column, name, { ...literal, v: prop.value }, scope, reader, depth));
    }
    return conjunction(readings);
  }

  #operation(
    key: string,
    column: string,
    name: string,
    value: Site,
    scope: Scope,
    reader: Reader,
    depth: number,
  ): Reading {
    if (name === "and" || name === "or") {
      const items = reader.queries.evaluate(value).flatMap((origin) => {
        if (origin.kind !== "literal" || origin.form !== "array") return [];
        const { fn, v, frame } = origin.site;
        return Array.from(fn.list(fn.a(v)), (item) =>
          this.#column(key, { fn, v: item, frame }, scope, reader, depth + 1),
        );
      });
      const branches = items.map((reading) => ({ reading, optional: false }));
      if (branches.length === 0) return UNREAD;
      return name === "and" ? allOf(branches) : anyOf(branches);
    }
    const values = reader.queries
      .evaluate(value)
      .flatMap((o) => (o.kind === "literal" && o.form === "array" ? reader.queries.project(o, ["[]"]) : [o]));
    const vanishes = this.style.dropsUndefined && mayBeUndefined(value, values, reader.queries);
    const reading = comparison(column, NAMES.get(name) ?? name, values, value, { vanishes });
    return NEGATED.has(name) ? negation(reading) : reading;
  }
}
