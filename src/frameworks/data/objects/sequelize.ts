/** Sequelize: models, their scopes and finders. */
import type { DataModel } from "../../../model/data-model.js";
import { Op } from "../../../model/lowered.js";
import type { Origin, OriginQueries, Site } from "../../../program/origin.js";
import type { ModelMatcher } from "../../schema/match-model.js";
import { argumentsOf } from "../builders/knex-steps.js";
import type { DataCall } from "../data-call.js";
import { conjunction, eitherOf, outer, type Reading } from "../filter-terms.js";
import type { DataLayer } from "../layer.js";
import { fieldsOf } from "../literals.js";
import { makingCall, receiverModel } from "../model-classes.js";
import { ObjectFilterReader } from "../object-filter.js";
import { OperatorDialect, type OperatorStyle } from "../operator-dialect.js";
import { methodTable, objectCall } from "./object-call.js";
import { scopeReadings } from "./sequelize-scopes.js";

export const SEQUELIZE = /^(?:sequelize|sequelize-typescript|@sequelize\/core)$/;

const METHODS = methodTable([
  ["findAll findOne findAndCountAll", "read", "where", 0],
  ["count", "read", "where", 0, -1, true],
  ["findByPk", "read", "key", 0],
  ["aggregate sum min max", "read", "where", 1, -1, true],
  ["findOrCreate findOrBuild findCreateFind", "read", "where", 0],
  ["create bulkCreate", "create", "none", 0, 0],
  ["upsert", "update", "filter", 0, 0],
  ["update", "update", "where", 1, 0],
  ["increment decrement", "update", "where", 1],
  ["destroy restore", "delete", "where", 0],
  ["truncate", "delete", "none", 0],
]);

const STYLE: OperatorStyle = {
  operator: (key) => /(?:^|\.)Op\.(\w+)$/.exec(key)?.[1] ?? null,
  listMeansOr: false,
  // a value that is undefined is an error here
  dropsUndefined: false,
  relations: true,
};
/** a class that extends Model, an instance of one, or what `define` made; with scopes set */
const RECEIVER =
  /(?:^|\.)(?:Model(?:\(\))?|define\(\)|init\(\)|model\(\)|models\.\w+|initModel\(\))(?:\.(?:scope|unscoped|schema)\(\))*$/;

export class SequelizeLayer implements DataLayer {
  readonly #dialect = new OperatorDialect(STYLE);

  constructor(private readonly models: ModelMatcher) {}

  mayCall(name: string): boolean {
    return METHODS.has(name);
  }

  isCall(site: Site, callee: Origin): boolean {
    if (callee.kind !== "package" || site.fn.op(site.v) !== Op.Call || !SEQUELIZE.test(callee.module)) return false;
    const dot = callee.path.lastIndexOf(".");
    return METHODS.has(callee.path.slice(dot + 1)) && RECEIVER.test(callee.path.slice(0, dot));
  }

  isShape(): boolean {
    return false;
  }

  read(site: Site, callee: Origin, queries: OriginQueries): DataCall | null {
    if (callee.kind !== "package" || !this.isCall(site, callee)) return null;
    const method = callee.path.slice(callee.path.lastIndexOf(".") + 1);
    const form = METHODS.get(method);
    if (form === undefined) return null;
    const name = receiverModel(site, queries) || definedName(callee, queries);
    const model = this.models.named(name, site.fn.file.path);
    const reader = new ObjectFilterReader(queries, this.#dialect, site);
    const options = argumentsOf(site)[form.filter === "key" ? 1 : form.filterAt];
    const { readings, loads } = options === undefined ? NO_INCLUDES : this.#includes(options, reader, queries);
    return objectCall({
      layer: "sequelize",
      method,
      form,
      site,
      model,
      name,
      args: argumentsOf(site),
      queries,
      dialect: this.#dialect,
      key: model?.columns.find((column) => column.primary)?.name ?? "id",
      keyVanishes: false,
      further: [...scopeReadings(site, callee, model, reader), ...readings],
      loads,
    });
  }

  callbackArguments(): undefined {
    return undefined;
  }

  /** An include with a `where` joins inside; one that is not required does not filter the rows themselves. */
  #includes(options: Site, reader: ObjectFilterReader<DataModel>, queries: OriginQueries): Includes {
    const readings: Reading[] = [];
    const loads: string[] = [];
    for (const include of fieldsOf(options, queries, null).fields.filter((field) => field.name === "include")) {
      for (const item of itemsOf(include.site, queries)) {
        const { fields } = fieldsOf(item, queries, null);
        const named = (key: string): readonly Site[] => fields.filter((f) => f.name === key).map((f) => f.site);
        const [as] = named("as").flatMap((at) => queries.evaluate(at));
        const [of] = named("model").flatMap((at) => queries.evaluate(at));
        const name = as?.kind === "constant" ? String(as.value) : of?.kind === "class" ? className(of) : "include";
        loads.push(name);
        const wheres = named("where");
        if (wheres.length === 0) continue;
        const scope = { prefix: `${name}.`, model: this.models.named(name), relation: true };
        const reading = eitherOf(wheres.map((where) => reader.where(where, scope)));
        const required = named("required").flatMap((at) => queries.evaluate(at));
        const open = required.some((origin) => origin.kind === "constant" && origin.value === false);
        readings.push(open ? outer(reading) : reading);
      }
    }
    return { readings: readings.length === 0 ? [] : [conjunction(readings)], loads };
  }
}

interface Includes {
  readonly readings: readonly Reading[];
  readonly loads: readonly string[];
}

const NO_INCLUDES: Includes = { readings: [], loads: [] };

function itemsOf(site: Site, queries: OriginQueries): readonly Site[] {
  return queries.evaluate(site).flatMap((origin) => {
    if (origin.kind !== "literal") return [];
    const { fn, v, frame } = origin.site;
    if (origin.form === "array") return Array.from(fn.list(fn.a(v)), (item): Site => ({ fn, v: item, frame }));
    return origin.form === "object" ? [origin.site] : [];
  });
}

function className(origin: Extract<Origin, { kind: "class" }>): string {
  return origin.file.lowered.classes[origin.index]?.name ?? "";
}

/** `sequelize.define("order", …)`, `sequelize.models.Order` */
function definedName(callee: Extract<Origin, { kind: "package" }>, queries: OriginQueries): string {
  const listed = /(?:^|\.)models\.(\w+)\./.exec(callee.path)?.[1];
  if (listed !== undefined) return listed;
  const made = makingCall(callee, /(?:^|\.)(?:define|model)\(\)$/);
  const [first] = made === null ? [] : argumentsOf(made);
  const [only] = first === undefined ? [] : queries.evaluate(first);
  return only?.kind === "constant" && typeof only.value === "string" ? only.value : "";
}
