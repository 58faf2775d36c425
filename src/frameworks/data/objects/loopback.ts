/** LoopBack 4: repositories, their own filters (`{ where: { and: […] } }`) and their methods by id. */
import type { Origin, OriginQueries, Site } from "../../../program/values/origin.js";
import type { ModelMatcher } from "../../schema/match-model.js";
import { argumentsOf } from "../builders/knex-steps.js";
import type { DataCall } from "../data-call.js";
import type { DataLayer } from "../layer.js";
import { receiverModel } from "../model-classes.js";
import { OperatorDialect, type OperatorStyle } from "../operator-dialect.js";
import { methodOn } from "../receiver-method.js";
import { keyOf } from "./mikro.js";
import { methodTable, objectCall } from "./object-call.js";

const MODULE = /^(?:@loopback\/(?:repository|sequelize)|loopback4-soft-delete)$/;
/** a class that extends the package's repository, or a parameter that is declared as one */
const REPOSITORY = /(?:^|\.)\w*Repository\w*\(\)$/;

const METHODS = methodTable([
  ["find findOne", "read", "where", 0],
  ["findById", "read", "key", 0],
  ["exists", "read", "key", 0, -1, true],
  ["count", "read", "filter", 0, -1, true],
  ["create createAll", "create", "none", 0, 0],
  ["save update", "update", "none", 0, 0],
  ["updateAll", "update", "filter", 1, 0],
  ["updateById replaceById", "update", "key", 0, 1],
  ["delete", "delete", "none", 0],
  ["deleteAll", "delete", "filter", 0],
  ["deleteById", "delete", "key", 0],
]);

const OPERATORS = new Map(
  [
    ["inq", "in"],
    ["neq", "ne"],
    ["nin", "nin"],
    ["nlike", "notLike"],
    ["nilike", "notILike"],
    ["regexp", "regex"],
    ...["and", "or", "eq", "gt", "gte", "lt", "lte", "like", "ilike", "between", "exists"].map((one) => [one, one]),
  ].map(([written = "", meant = ""]) => [written, meant]),
);

const STYLE: OperatorStyle = {
  operator: (key) => OPERATORS.get(key) ?? null,
  listMeansOr: false,
  dropsUndefined: true,
  relations: false,
};

const SHAPE = { module: MODULE, receiver: REPOSITORY };

export class LoopbackLayer implements DataLayer {
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
    const method = methodOn(SHAPE, site, callee);
    const form = METHODS.get(method);
    if (callee.kind !== "package" || form === undefined) return null;
    const [type] = callee.previous?.typeArguments ?? [];
    const declared = type?.kind === "name" ? type.name : "";
    const name = receiverModel(site, queries).replace(/(?:Crud)?Repository$/, "") || declared;
    const model = this.models.named(name, site.fn.file.path);
    return objectCall({
      layer: "loopback",
      method,
      form,
      site,
      model,
      name,
      args: argumentsOf(site),
      queries,
      dialect: this.#dialect,
      key: keyOf(model),
      keyVanishes: false,
      further: [],
      loads: [],
    });
  }

  callbackArguments(): undefined {
    return undefined;
  }
}
