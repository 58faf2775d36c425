/** Calls whose filter is an object at a fixed place: `find(filter)`, `findAll({ where })`, `findByPk(id)`. */
import type { DataModel } from "../../../model/data-model.js";
import type { AccessOperation } from "../../../model/facts.js";
import type { Origin, OriginQueries, Site } from "../../../program/values/origin.js";
import { comparison } from "../builder-filter.js";
import type { DataCall } from "../data-call.js";
import { conjunction, eitherOf, type Reading, toFilter, UNFILTERED, wholeValue } from "../filter-terms.js";
import { fieldsOf, isNothing } from "../literals.js";
import { type ObjectDialect, ObjectFilterReader } from "../object-filter.js";
import { mayBeUndefined } from "../vanishing.js";
import { NOTHING_WRITTEN, writtenValues } from "../written-values.js";

/** Where the filter of a method stands. */
export type FilterPlace =
  /** the argument itself */
  | "filter"
  /** `where` of the options */
  | "where"
  /** the argument is a key */
  | "key"
  | "none";

export interface ObjectMethod {
  readonly operation: AccessOperation;
  readonly filter: FilterPlace;
  readonly filterAt: number;
  /** argument with the values written, -1 when there is none */
  readonly dataAt: number;
  readonly countOnly: boolean;
}

export type Methods = ReadonlyMap<string, ObjectMethod>;

/** `define("findOne findAll", "read", "where", 0)` */
export function methodTable(
  rows: readonly (readonly [string, AccessOperation, FilterPlace, number, number?, boolean?])[],
): Methods {
  const found = new Map<string, ObjectMethod>();
  for (const [names, operation, filter, filterAt, dataAt = -1, countOnly = false] of rows) {
    for (const name of names.split(" ")) found.set(name, { operation, filter, filterAt, dataAt, countOnly });
  }
  return found;
}

export interface ObjectCallInput {
  readonly layer: string;
  readonly method: string;
  readonly form: ObjectMethod;
  readonly site: Site;
  readonly model: DataModel | undefined;
  /** as the code names it, for a model that is not declared */
  readonly name: string;
  /** arguments, those that only name the model left out */
  readonly args: readonly Site[];
  readonly queries: OriginQueries;
  readonly dialect: ObjectDialect<DataModel>;
  readonly key: string;
  readonly keyVanishes: boolean;
  /** conditions that come from elsewhere: scopes, filters, later steps */
  readonly further: readonly Reading[];
  readonly loads: readonly string[];
}

export function objectCall(input: ObjectCallInput): DataCall {
  const { form, site, args, queries, model } = input;
  const data = form.dataAt < 0 ? undefined : args[form.dataAt];
  const reading = form.operation === "create" ? UNFILTERED : conjunction([filterOf(input), ...input.further]);
  const filter = form.filter === "none" ? undefined : args[form.filterAt];
  return {
    layer: input.layer,
    model: model?.name ?? input.name,
    operation: form.operation,
    method: input.method,
    site,
    filter: toFilter(reading, site.fn.place(filter?.v ?? site.v)),
    ...(data === undefined ? NOTHING_WRITTEN : writtenValues([data], queries, model)),
    loads: input.loads,
    countOnly: form.countOnly,
    also: [],
  };
}

function filterOf(input: ObjectCallInput): Reading {
  const { form, args, site, queries, dialect, model } = input;
  const given = args[form.filterAt];
  if (given === undefined) return UNFILTERED;
  const reader = new ObjectFilterReader(queries, dialect, site);
  const scope = { prefix: "", model, relation: false };
  switch (form.filter) {
    case "none":
      return UNFILTERED;
    case "filter":
      return isKeyValue(queries.evaluate(given), given) ? keyReading(given, input) : reader.where(given, scope);
    case "key":
      return keyReading(given, input);
    case "where": {
      const { fields, opaque } = fieldsOf(given, queries, site);
      const wheres = fields.filter((field) => field.name === "where");
      if (wheres.length > 0) return eitherOf(wheres.map((where) => reader.where(where.site, scope)));
      return opaque.length > 0 ? wholeValue(opaque, "*", given.fn.place(given.v)) : UNFILTERED;
    }
  }
}

function keyReading(given: Site, { queries, key, keyVanishes }: ObjectCallInput): Reading {
  const values = queries
    .evaluate(given)
    .flatMap((o) => (o.kind === "literal" && o.form === "array" ? queries.project(o, ["[]"]) : [o]));
  return comparison(key, "=", values, given, { vanishes: keyVanishes && mayBeUndefined(given, values, queries) });
}

/** Text and values named like an id, where a filter or a bare key may stand. */
function isKeyValue(origins: readonly Origin[], site: Site): boolean {
  const some = origins.filter((origin) => !isNothing(origin));
  if (some.length === 0) return false;
  const { fn, v } = site;
  const name = fn.memberName(v);
  return some.every((origin) => {
    if (origin.kind === "constant") return typeof origin.value === "string" || typeof origin.value === "number";
    if (origin.kind === "source") return /(?:^|[._])id$|Id$/.test(origin.path) || /(?:^|_)id$|Id$/.test(name);
    return false;
  });
}
