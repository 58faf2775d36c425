/** MikroORM: entity managers and repositories, with named filters of the entities. */
import type { DataModel } from "../../../model/data-model.js";
import { Op } from "../../../model/lowered.js";
import type { Origin, OriginQueries, PackageOrigin, Site } from "../../../program/values/origin.js";
import type { ModelMatcher } from "../../schema/match-model.js";
import { argumentsOf } from "../builders/knex-steps.js";
import type { DataCall } from "../data-call.js";
import type { DataLayer } from "../layer.js";
import { receiverModel } from "../model-classes.js";
import { DOLLAR, OperatorDialect } from "../operator-dialect.js";
import { entityName } from "../typeorm-entities.js";
import { methodTable, objectCall } from "./object-call.js";

export const MIKRO = /^@mikro-orm\//;

const METHODS = methodTable([
  ["find findAndCount findByCursor stream", "read", "filter", 0],
  ["findOne findOneOrFail", "read", "filter", 0],
  ["findAll", "read", "where", 0],
  ["count", "read", "filter", 0, -1, true],
  ["getReference", "read", "key", 0],
  ["create insert insertMany", "create", "none", 0, 0],
  ["upsert upsertMany", "update", "none", 0, 0],
  ["nativeUpdate", "update", "filter", 0, 1],
  ["nativeDelete", "delete", "filter", 0],
]);
const MANAGER =
  /(?:^|\.)(?:\w*EntityManager\(\)|em|getEntityManager\(\)|fork\(\)|RequestContext\.getEntityManager\(\))$/;
const REPOSITORY = /(?:^|\.)(?:\w*EntityRepository\(\)|getRepository\(\))$/;

export function isManager(path: string): boolean {
  return MANAGER.test(path);
}

export function isRepository(path: string): boolean {
  return REPOSITORY.test(path);
}

export class MikroLayer implements DataLayer {
  readonly #dialect = new OperatorDialect({ ...DOLLAR, relations: true, listMeansOr: false });

  constructor(private readonly models: ModelMatcher) {}

  mayCall(name: string): boolean {
    return METHODS.has(name);
  }

  isCall(site: Site, callee: Origin): boolean {
    if (callee.kind !== "package" || site.fn.op(site.v) !== Op.Call || !MIKRO.test(callee.module)) return false;
    const dot = callee.path.lastIndexOf(".");
    const receiver = callee.path.slice(0, dot);
    // what is only referred to costs no query; what is created is written when the unit of work is flushed
    if (callee.path.endsWith(".getReference")) return false;
    return METHODS.has(callee.path.slice(dot + 1)) && (isManager(receiver) || isRepository(receiver));
  }

  isShape(): boolean {
    return false;
  }

  read(site: Site, callee: Origin, queries: OriginQueries): DataCall | null {
    if (callee.kind !== "package" || !this.isCall(site, callee)) return null;
    const dot = callee.path.lastIndexOf(".");
    const method = callee.path.slice(dot + 1);
    const form = METHODS.get(method);
    if (form === undefined) return null;
    const all = argumentsOf(site);
    const managed = isManager(callee.path.slice(0, dot));
    const name = managed ? classOf(all[0], queries) : repositoryEntity(callee, site, queries);
    const model = this.models.named(name, site.fn.file.path);
    return objectCall({
      layer: "mikro-orm",
      method,
      form,
      site,
      model,
      name,
      args: managed ? all.slice(1) : all,
      queries,
      dialect: this.#dialect,
      key: keyOf(model),
      keyVanishes: false,
      further: [],
      loads: [],
    });
  }

  /** `em.transactional(async (em) => …)` */
  callbackArguments(callee: Origin): readonly (readonly Origin[])[] | undefined {
    if (callee.kind !== "package" || callee.previous === null || !MIKRO.test(callee.module)) return undefined;
    return /\.transactional$/.test(callee.path) ? [[callee.previous]] : undefined;
  }
}

export function keyOf(model: DataModel | undefined): string {
  return model?.columns.find((column) => column.primary)?.name ?? "id";
}

export function classOf(site: Site | undefined, queries: OriginQueries): string {
  if (site === undefined) return "";
  for (const origin of queries.evaluate(site)) {
    const name = entityName(origin);
    if (name !== "") return name;
  }
  return "";
}

function repositoryEntity(callee: PackageOrigin, site: Site, queries: OriginQueries): string {
  for (let step: PackageOrigin | null = callee; step !== null; step = step.previous) {
    const [type] = step.typeArguments;
    if (type?.kind === "name") return type.name.split(".").at(-1) ?? "";
    if (step.site === null || !/getRepository\(\)$/.test(step.path)) continue;
    const name = classOf(argumentsOf(step.site)[0], queries);
    if (name !== "") return name;
  }
  return receiverModel(site, queries).replace(/Repository$/, "");
}
