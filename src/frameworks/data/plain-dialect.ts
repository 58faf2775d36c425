/** Filters whose keys are columns and whose values are compared for equality: query builders that take objects. */
import type { DataModel } from "../../model/data-model.js";
import type { Site } from "../../program/values/origin.js";
import { comparison } from "./builder-filter.js";
import { optional, type Reading } from "./filter-terms.js";
import { alternativesOf, shapeOf } from "./literals.js";
import { anyOf, type FilterItem, type KeyScope, type ObjectDialect, type ObjectFilterReader } from "./object-filter.js";

export class PlainDialect implements ObjectDialect<DataModel> {
  field(key: string, value: Site, scope: KeyScope<DataModel>, reader: ObjectFilterReader<DataModel>): Reading {
    const column = key.split(".").at(-1) ?? key;
    const origins = alternativesOf(reader.queries.evaluate(value));
    const lists = origins.flatMap((origin) =>
      origin.kind === "literal" && origin.form === "array" ? reader.queries.project(origin, ["[]"]) : [],
    );
    const operator = lists.length > 0 ? "in" : "=";
    const reading = comparison(`${scope.prefix}${column}`, operator, lists.length > 0 ? lists : origins, value);
    return shapeOf(value).kind === "when" ? optional(reading) : reading;
  }

  list(items: readonly FilterItem[]): Reading {
    return anyOf(items);
  }
}
