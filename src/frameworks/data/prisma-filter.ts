/** What the keys of a Prisma `where` mean. */
import type { DataModel } from "../../model/data-model.js";
import type { Origin, Site } from "../../program/values/origin.js";
import type { ModelMatcher } from "../schema/match-model.js";
import type { FilterTerm } from "./data-call.js";
import { conjunction, eitherOf, negation, optional, type Reading, termReading } from "./filter-terms.js";
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

type Scope = KeyScope<DataModel>;
type Reader = ObjectFilterReader<DataModel>;

const OPERATORS = new Set(
  (
    "equals in notIn lt lte gt gte contains startsWith endsWith search not mode has hasSome hasEvery isEmpty isSet path " +
    "string_contains string_starts_with string_ends_with array_contains array_starts_with array_ends_with"
  ).split(" "),
);
/** say how to compare, not with what */
const MODIFIERS = new Set(["mode", "path"]);
const TO_MANY = new Set(["some", "every", "none"]);

export class PrismaDialect implements ObjectDialect<DataModel> {
  constructor(private readonly models: ModelMatcher) {}

  field(key: string, value: Site, scope: Scope, reader: Reader, depth: number): Reading {
    const inside: Scope = { ...scope, relation: false };
    if (key === "AND") return allOf(reader.elements(value, inside, depth));
    if (key === "OR") return anyOf(reader.elements(value, inside, depth));
    if (key === "NOT") return negation(allOf(reader.elements(value, inside, depth)));
    if (scope.relation) {
      if (key === "is") return reader.where(value, inside, depth);
      if (key === "isNot") return negation(reader.where(value, inside, depth));
      if (TO_MANY.has(key)) {
        if (key === "none" && saysNothing(value, reader)) return termReading(withoutRelated(scope.prefix, value));
        const reading = reader.where(value, { ...inside, prefix: `${scope.prefix}${key}.` }, depth);
        return key === "none" ? negation(reading) : reading;
      }
    }
    return this.#column(key, value, inside, reader, depth);
  }

  /** Prisma takes a list of filters for a conjunction. */
  list(items: readonly FilterItem[]): Reading {
    return allOf(items);
  }

  #column(key: string, value: Site, scope: Scope, reader: Reader, depth: number): Reading {
    const origins = alternativesOf(reader.queries.evaluate(value));
    const readings: Reading[] = [];
    const plain: Origin[] = [];
    let missing = shapeOf(value).kind === "when";
    for (const origin of origins) {
      if (origin.kind === "literal" && origin.form === "object") {
        readings.push(this.#nested(key, origin.site, scope, reader, depth));
      } else if (origin.kind === "constant" && origin.value === undefined) missing = true;
      else plain.push(origin);
    }
    if (readings.length === 0) return termReading(equality(scope.prefix + key, value, origins, reader));
    if (plain.length > 0) readings.push(termReading(equality(scope.prefix + key, value, plain, reader)));
    const reading = eitherOf(readings);
    return missing ? optional(reading) : reading;
  }

  /** An object for a key: operators, a compound unique key, or a relation's own filter. */
  #nested(key: string, literal: Site, scope: Scope, reader: Reader, depth: number): Reading {
    const names = [...literal.fn.props(literal.v)].map((prop) => prop.name).filter((name) => name !== "");
    const relation = scope.model?.relations.find((item) => item.name === key);
    const isColumn = scope.model?.columns.some((column) => column.name === key) ?? false;
    if (relation === undefined && !isColumn && isCompoundKey(key, names, scope.model)) {
      return reader.object(literal, scope, depth);
    }
    if (relation === undefined && (isColumn || names.some((name) => OPERATORS.has(name)))) {
      return this.#operators(key, literal, scope, reader);
    }
    const model = relation === undefined ? undefined : this.models.named(relation.model, scope.model?.place.file);
    return reader.object(literal, { prefix: `${scope.prefix}${key}.`, model, relation: true }, depth);
  }

  #operators(key: string, literal: Site, scope: Scope, reader: Reader): Reading {
    const { fields, opaque } = fieldsOf(literal, reader.queries, null);
    const readings = fields
      .filter((field) => !MODIFIERS.has(field.name))
      .map((field) => this.#operator(scope.prefix + key, field.name, field.site, scope, reader));
    const all = conjunction(readings);
    return opaque.length === 0 ? all : { ...all, known: false };
  }

  #operator(column: string, name: string, value: Site, scope: Scope, reader: Reader): Reading {
    const origins = reader.queries.evaluate(value);
    if (name === "not") {
      const [only] = origins;
      if (origins.length === 1 && only.kind === "literal" && only.form === "object") {
        return negation(this.#operators(column.slice(scope.prefix.length), only.site, scope, reader));
      }
      return negation(termReading({ ...equality(column, value, origins, reader), operator: "not" }));
    }
    const term = equality(column, value, origins, reader);
    if (name === "equals") return termReading(term);
    if (name === "in" || name === "notIn") {
      const values = origins.flatMap((o) =>
        o.kind === "literal" && o.form === "array" ? reader.queries.project(o, ["[]"]) : [o],
      );
      const position = name === "in" ? "and" : "negated";
      return termReading({ ...term, operator: "in", position, values });
    }
    return termReading({ ...term, operator: name });
  }
}

function equality(column: string, value: Site, values: readonly Origin[], { queries }: Reader): FilterTerm {
  const vanishes = mayBeUndefined(value, values, queries);
  const place = value.fn.place(value.v);
  return { column, model: "", operator: "=", position: "and", values, vanishes, place };
}

/** `{}` */
function saysNothing(value: Site, { queries }: Reader): boolean {
  const origins = queries.evaluate(value);
  return (
    origins.length > 0 &&
    origins.every((o) => o.kind === "literal" && o.form === "object" && [...o.site.fn.props(o.site.v)].length === 0)
  );
}

/** `labels: { none: {} }`: no row of the relation is there. */
function withoutRelated(prefix: string, value: Site): FilterTerm {
  const place = value.fn.place(value.v);
  const column = prefix.replace(/\.$/, "");
  return { column, model: "", operator: "is none", position: "and", values: [], vanishes: false, place };
}

/** `userId_teamId: { userId, teamId }`, or a unique key with a name of its own. */
function isCompoundKey(key: string, names: readonly string[], model: DataModel | undefined): boolean {
  if (names.length < 2) return false;
  if (names.join("_") === key) return true;
  if (model === undefined) return false;
  return names.every((name) => model.columns.some((column) => column.name === name));
}
