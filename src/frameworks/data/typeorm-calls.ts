/** Which calls are calls of TypeORM repositories, managers and query builders, and of which entity. */
import type { AccessOperation } from "../../model/facts.js";
import { NONE, Op, type TypeRef } from "../../model/lowered.js";
import type { Origin, OriginQueries, PackageOrigin, Site } from "../../program/values/origin.js";
import { entityName } from "./typeorm-entities.js";

/** Where the arguments of a method stand. */
export type TypeormForm =
  /** `find({ where, relations })` */
  | "options"
  /** `findBy(where)`, `delete(criteria)`, `update(criteria, values)` */
  | "criteria"
  /** `save(entity)`, `remove(entity)` */
  | "entity"
  /** `insert(values)` */
  | "values"
  | "builder"
  /** `sum(column, where)` */
  | "aggregate";

interface Method {
  readonly operation: AccessOperation;
  readonly form: TypeormForm;
  readonly countOnly: boolean;
}

const METHODS = new Map<string, Method>();
function define(names: string, operation: AccessOperation, form: TypeormForm, countOnly = false): void {
  for (const name of names.split(" ")) METHODS.set(name, { operation, form, countOnly });
}
define("find findOne findOneOrFail findAndCount findTrees", "read", "options");
define("count exist exists", "read", "options", true);
define("findBy findOneBy findOneByOrFail findAndCountBy findByIds findOneById", "read", "criteria");
define("countBy existsBy", "read", "criteria", true);
define("sum average minimum maximum", "read", "aggregate", true);
define("save preload", "update", "entity");
define("insert upsert", "create", "values");
define("update increment decrement restore recover", "update", "criteria");
define("delete softDelete", "delete", "criteria");
define("remove softRemove", "delete", "entity");
define("clear", "delete", "values");
define(
  "getMany getOne getOneOrFail getManyAndCount getRawMany getRawOne getRawAndEntities stream execute",
  "read",
  "builder",
);
define("getCount getExists", "read", "builder", true);

export interface TypeormCall extends Method {
  readonly name: string;
  readonly callee: Origin;
  /** class name of the entity, '' when it could not be told */
  readonly entity: string;
  /** how many leading arguments name the entity: managers take it first */
  readonly skip: number;
}

export function isTypeormMethod(name: string): boolean {
  return METHODS.has(name);
}

const MODULE = /^(?:typeorm|@nestjs\/typeorm)$/;
const REPOSITORY =
  /(?:^|\.)(?:(?:Tree|Mongo)?Repository\(\)|get(?:Tree|Mongo|Custom)?Repository\(\)|withRepository\(\)|extend\(\)|BaseEntity(?:\(\))?)$/;
const MANAGER = /(?:^|\.)(?:EntityManager\(\)|getManager\(\)|manager|createEntityManager\(\))$/;
const BUILDER = /(?:^|\.)createQueryBuilder\(\)/;

/** Cheap: whether a callee of known origin is one of these. */
export function isTypeormCall(callee: Origin, site: Site): boolean {
  if (callee.kind !== "package" || !MODULE.test(callee.module)) return false;
  const dot = callee.path.lastIndexOf(".");
  const method = METHODS.get(callee.path.slice(dot + 1));
  if (method === undefined || dot < 0) return false;
  const receiver = callee.path.slice(0, dot);
  if (method.form === "builder") return BUILDER.test(receiver);
  return site.fn.op(site.v) === Op.Call && (REPOSITORY.test(receiver) || MANAGER.test(receiver));
}

export function typeormCallOf(callee: Origin, site: Site, queries: OriginQueries): TypeormCall | null {
  if (callee.kind !== "package" || !isTypeormCall(callee, site)) return null;
  const dot = callee.path.lastIndexOf(".");
  const name = callee.path.slice(dot + 1);
  const method = METHODS.get(name);
  if (method === undefined) return null;
  if (MANAGER.test(callee.path.slice(0, dot)) && method.form !== "builder") {
    const [first] = site.fn.args(site.v);
    const named = first === undefined ? "" : classNamed({ ...site, v: first }, queries);
    const entity = named || (first === undefined ? "" : instanceNamed({ ...site, v: first }, queries));
    return { ...method, name, callee, entity, skip: named === "" ? 0 : 1 };
  }
  return { ...method, name, callee, entity: entityOf(callee, site, queries), skip: 0 };
}

/** The entity of a repository: its type argument, what it was made for, or the class itself. */
export function entityOf(callee: PackageOrigin, site: Site, queries: OriginQueries): string {
  for (let step: PackageOrigin | null = callee; step !== null; step = step.previous) {
    const [type] = step.typeArguments;
    if (type !== undefined) return typeName(type);
    if (step.site === null || step.site.fn.op(step.site.v) !== Op.Call) continue;
    if (!/(?:^|\.)(?:get\w*Repository|withRepository|createQueryBuilder|from|into|update)\(\)$/.test(step.path))
      continue;
    for (const arg of step.site.fn.args(step.site.v)) {
      const name = classNamed({ ...step.site, v: arg }, queries);
      if (name !== "") return name;
    }
  }
  return receiverEntity(site, queries);
}

/** `Order.find(…)`, `order.save()`, a repository class of its own. */
function receiverEntity(site: Site, queries: OriginQueries): string {
  const callee = site.fn.callee(site.v);
  if (site.fn.op(callee) !== Op.Member) return "";
  for (const origin of queries.evaluate({ ...site, v: site.fn.a(callee) })) {
    const name = origin.kind === "class" || origin.kind === "instance" ? entityName(origin) : "";
    if (name !== "") return name.replace(/Repository$/, "");
  }
  return "";
}

function classNamed(site: Site, queries: OriginQueries): string {
  for (const origin of queries.evaluate(site)) {
    if (origin.kind === "class") return entityName(origin);
  }
  return "";
}

function instanceNamed(site: Site, queries: OriginQueries): string {
  for (const origin of queries.evaluate(site)) {
    if (origin.kind === "instance") return entityName(origin);
  }
  return "";
}

function typeName(type: TypeRef): string {
  return type.kind === "name" ? (type.name.split(".").at(-1) ?? "") : "";
}

/** Arguments of a call with those left out that only name the entity. */
export function argumentsAfter(site: Site, skip: number): readonly Site[] {
  const { fn, v, frame } = site;
  return Array.from(fn.args(v))
    .slice(skip)
    .filter((arg) => arg !== NONE)
    .map((arg) => ({ fn, v: arg, frame }));
}
