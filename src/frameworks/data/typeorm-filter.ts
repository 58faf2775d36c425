/** What the keys and values of a TypeORM `where` mean. */
import type { DataModel, DataRelation } from "../../model/data-model.js";
import type { Origin, OriginQueries, PackageOrigin, Site } from "../../program/values/origin.js";
import type { ModelMatcher } from "../schema/match-model.js";
import type { FilterTerm } from "./data-call.js";
import { conjunction, eitherOf, negation, optional, type Reading, termReading } from "./filter-terms.js";
import { foreignKeyFor } from "./foreign-key.js";
import { alternativesOf } from "./literals.js";
import { anyOf, type FilterItem, type KeyScope, type ObjectDialect, type ObjectFilterReader } from "./object-filter.js";
import { mayBeUndefined } from "./vanishing.js";

type Scope = KeyScope<DataModel>;
type Reader = ObjectFilterReader<DataModel>;

const OPERATORS: ReadonlyMap<string, string> = new Map([
  ["In", "in"],
  ["Any", "in"],
  ["Equal", "="],
  ["IsNull", "is null"],
  ["Raw", "raw"],
  ["Like", "like"],
  ["ILike", "like"],
  ["ArrayContains", "contains"],
  ["ArrayContainedBy", "in"],
  ["ArrayOverlap", "overlap"],
  ["Between", "between"],
  ["MoreThan", ">"],
  ["MoreThanOrEqual", ">="],
  ["LessThan", "<"],
  ["LessThanOrEqual", "<="],
]);

export class TypeormDialect implements ObjectDialect<DataModel> {
  constructor(private readonly models: ModelMatcher) {}

  field(key: string, value: Site, scope: Scope, reader: Reader, depth: number): Reading {
    const relation = scope.model?.relations.find((item) => item.name === key);
    const readings: Reading[] = [];
    const plain: Origin[] = [];
    let missing = false;
    for (const origin of alternativesOf(reader.queries.evaluate(value))) {
      if (origin.kind === "literal" && origin.form === "object") {
        const model = relation === undefined ? undefined : this.models.named(relation.model, scope.model?.place.file);
        const inside = { prefix: `${scope.prefix}${key}.`, model, relation: true };
        readings.push(withForeignKey(reader.object(origin.site, inside, depth), inside, relation, scope.prefix));
      } else if (origin.kind === "package" && isOperator(origin)) {
        readings.push(operation(origin, `${scope.prefix}${key}`, value, reader));
      } else if (origin.kind === "constant" && (origin.value === undefined || origin.value === null)) missing = true;
      else plain.push(origin);
    }
    // a relation compared with a row or an id is its foreign key
    const column = `${scope.prefix}${relation?.columns[0] ?? key}`;
    if (plain.length > 0 || readings.length === 0) {
      const values = missing ? [...plain, { kind: "constant", value: undefined } as const] : plain;
      readings.push(termReading(equality(column, "=", value, values, reader)));
    }
    const reading = eitherOf(readings);
    return missing && plain.length === 0 && readings.length > 0 ? optional(reading) : reading;
  }

  /** A list of conditions is a disjunction here. */
  list(items: readonly FilterItem[]): Reading {
    return anyOf(items);
  }
}

/** `owner: { id }` is the foreign key by which the row points at its owner. */
function withForeignKey(
  reading: Reading,
  { prefix, model }: Scope,
  relation: DataRelation | undefined,
  outer: string,
): Reading {
  const asOwn = (term: FilterTerm): FilterTerm => {
    const inner = term.column.startsWith(prefix) ? term.column.slice(prefix.length) : "";
    const key = foreignKeyFor(relation, model, inner);
    return key === undefined ? term : { ...term, column: `${outer}${key}` };
  };
  const alternatives = reading.alternatives.map((terms) => terms.map(asOwn));
  return { ...reading, alternatives };
}

function isOperator(origin: PackageOrigin): boolean {
  return origin.module === "typeorm" && origin.site !== null && /^(?:Not|And|Or|[A-Z]\w+)\(\)$/.test(origin.path);
}

function operation(origin: PackageOrigin, column: string, value: Site, reader: Reader): Reading {
  const name = origin.path.slice(0, -2);
  const args = origin.site === null ? [] : Array.from(origin.site.fn.args(origin.site.v));
  const { site } = origin;
  if (site === null) return termReading(equality(column, "=", value, [origin], reader));
  const values = args.flatMap((arg) => reader.queries.evaluate({ ...site, v: arg }));
  const nested = values.filter((item): item is PackageOrigin => item.kind === "package" && isOperator(item));
  const inner = nested.map((item) => operation(item, column, value, reader));
  if (name === "Not") {
    return negation(
      inner.length > 0 ? conjunction(inner) : termReading(equality(column, "not", value, values, reader)),
    );
  }
  if (name === "And" && inner.length > 0) return conjunction(inner);
  if (name === "Or" && inner.length > 0) return anyOf(inner.map((reading) => ({ reading, optional: false })));
  const items = values.flatMap((item) =>
    item.kind === "literal" && item.form === "array" ? reader.queries.project(item, ["[]"]) : [item],
  );
  return termReading(equality(column, OPERATORS.get(name) ?? name, value, items, reader));
}

export function equality(
  column: string,
  operator: string,
  value: Site,
  values: readonly Origin[],
  { queries }: { readonly queries: OriginQueries },
): FilterTerm {
  const vanishes = mayBeUndefined(value, values, queries);
  return { column, model: "", operator, position: "and", values, vanishes, place: value.fn.place(value.v) };
}
