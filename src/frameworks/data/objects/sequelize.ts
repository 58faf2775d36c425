import type { Origin, OriginQueries, Site } from "../../../program/values/origin.js";
import type { ModelMatcher } from "../../schema/match-model.js";
import { argumentsOf } from "../builders/knex-steps.js";
import type { DataCall } from "../data-call.js";
import type { DataLayer } from "../layer.js";
import { makingCall, receiverModel } from "../model-classes.js";
import { ObjectFilterReader } from "../object-filter.js";
import { OperatorDialect, type OperatorStyle } from "../operator-dialect.js";
import { methodOn } from "../receiver-method.js";
import { methodTable, objectCall } from "./object-call.js";
import { includesOf, NO_INCLUDES } from "./sequelize-includes.js";
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

const SHAPE = { module: SEQUELIZE, receiver: RECEIVER };

export class SequelizeLayer implements DataLayer {
  readonly #dialect = new OperatorDialect(STYLE);

  constructor(private readonly models: ModelMatcher) {}

  mayCall(name: string): boolean {
    return METHODS.has(name);
  }

  isCall(site: Site, callee: Origin): boolean {
    return METHODS.has(methodOn(SHAPE, site, callee));
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
    const { readings, loads } = options === undefined ? NO_INCLUDES : includesOf(options, reader, this.models);
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
      further: [...scopeReadings(site, callee, model, reader, this.models), ...readings],
      loads,
    });
  }

  callbackArguments(): undefined {
    return undefined;
  }
}

/** `sequelize.define("order", …)`, `sequelize.models.Order` */
export function definedName(
  callee: Extract<Origin, { kind: "package" }>,
  queries: Pick<OriginQueries, "evaluate">,
): string {
  const listed = /(?:^|\.)models\.(\w+)(?:\.|$)/.exec(callee.path)?.[1];
  if (listed !== undefined) return listed;
  const made = makingCall(callee, /(?:^|\.)(?:define|model)\(\)$/);
  const [first] = made === null ? [] : argumentsOf(made);
  const [only] = first === undefined ? [] : queries.evaluate(first);
  return only?.kind === "constant" && typeof only.value === "string" ? only.value : "";
}
