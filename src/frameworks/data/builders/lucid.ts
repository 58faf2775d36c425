/** Lucid (AdonisJS): `Post.find(id)`, `Post.query().where("userId", id)`, whose steps are Knex's and some of its own. */
import type { DataModel } from "../../../model/data-model.js";
import type { AccessOperation } from "../../../model/facts.js";
import { Op } from "../../../model/lowered.js";
import type { Origin, OriginQueries, Site } from "../../../program/values/origin.js";
import type { ModelMatcher } from "../../schema/match-model.js";
import { comparison } from "../builder-filter.js";
import type { Step } from "../builder-steps.js";
import type { DataCall } from "../data-call.js";
import { conjunction, optional, type Reading, toFilter, UNFILTERED, UNREAD } from "../filter-terms.js";
import type { DataLayer } from "../layer.js";
import { receiverModel } from "../model-classes.js";
import { ObjectFilterReader } from "../object-filter.js";
import { PlainDialect } from "../plain-dialect.js";
import { chainFrom, stepsInside } from "../query-chain.js";
import { writtenValues } from "../written-values.js";
import { argumentsOf, isKnexCount, KNEX_STEP, type KnexContext, knexFilter, knexOperation } from "./knex-steps.js";
import { LUCID } from "./lucid-models.js";

/** `class User extends compose(BaseModel, AuthFinder)` */
const MIXED = /^(?:@adonisjs\/core\/helpers|@ioc:Adonis\/Core\/Helpers)$/;
const MODEL = /^(?:BaseModel|compose\(\))\.(\w+)$/;
const OWN_STEP =
  /^(?:preload|preloadOnce|withCount|withAggregate|withScopes|apply|if|unless|match|paginate|firstOrFail|exec|pojo|sideload|groupLimit|groupOrderBy|has|doesntHave|merge|fill|enableForceUpdate)$/;
const LUCID_STEP = new RegExp(`${KNEX_STEP.source}|${OWN_STEP.source}`);
const HAS = /^(?:and|or)?[wW]here(?:Doesnt)?Have$|^(?:and|or)?[wW]hereHas$/;

type Find = "key" | "column" | "object" | "none";

/** how rows are picked, and where what is written stands */
const METHODS: ReadonlyMap<string, readonly [operation: AccessOperation, find: Find, dataAt: number]> = new Map([
  ["find", ["read", "key", -1]],
  ["findOrFail", ["read", "key", -1]],
  ["findMany", ["read", "key", -1]],
  ["findBy", ["read", "column", -1]],
  ["findByOrFail", ["read", "column", -1]],
  ["findManyBy", ["read", "column", -1]],
  ["first", ["read", "none", -1]],
  ["firstOrFail", ["read", "none", -1]],
  ["all", ["read", "none", -1]],
  ["create", ["create", "none", 0]],
  ["createMany", ["create", "none", 0]],
  ["createQuietly", ["create", "none", 0]],
  ["firstOrCreate", ["read", "object", -1]],
  ["firstOrNew", ["read", "object", -1]],
  ["updateOrCreate", ["update", "object", 1]],
  ["truncate", ["delete", "none", -1]],
]);

export class LucidLayer implements DataLayer {
  constructor(private readonly models: ModelMatcher) {}

  mayCall(name: string): boolean {
    return name === "query" || METHODS.has(name);
  }

  isCall(site: Site, callee: Origin): boolean {
    if (callee.kind !== "package" || site.fn.op(site.v) !== Op.Call) return false;
    const method = LUCID.test(callee.module) || MIXED.test(callee.module) ? MODEL.exec(callee.path)?.[1] : undefined;
    return method === "query" || (method !== undefined && METHODS.has(method));
  }

  isShape(): boolean {
    return false;
  }

  read(site: Site, callee: Origin, queries: OriginQueries): DataCall | null {
    if (callee.kind !== "package" || !this.isCall(site, callee)) return null;
    const name = receiverModel(site, queries);
    const model = this.models.named(name, site.fn.file.path);
    const method = callee.path.slice(callee.path.lastIndexOf(".") + 1);
    const common = { layer: "lucid", model: model?.name ?? name, site, loads: [], also: [] };
    if (method === "query") return { ...common, ...this.#built(site, model, queries) };
    const [operation, find, dataAt] = METHODS.get(method) ?? ["read", "none", -1];
    const data = argumentsOf(site)[dataAt];
    return {
      ...common,
      operation,
      method,
      filter: toFilter(found(find, site, model, queries), site.fn.place(site.v)),
      ...writtenValues(data === undefined ? [] : [data], queries, model),
      countOnly: false,
    };
  }

  /** `Post.query().where(…).update({ … })` */
  #built(
    site: Site,
    model: DataModel | undefined,
    queries: OriginQueries,
  ): Pick<DataCall, "operation" | "method" | "filter" | "written" | "writtenWhole" | "countOnly"> {
    const steps = chainFrom(site, queries, LUCID_STEP);
    const context: KnexContext = {
      model,
      models: this.models,
      queries,
      use: site,
      aliases: new Map(),
      key: keyOf(model),
    };
    const own = steps.filter((step) => !HAS.test(step.name) && !OWN_STEP.test(step.name));
    const related = steps.filter((step) => HAS.test(step.name)).map((step) => relatedReading(step, context));
    const { operation, method } = knexOperation(own);
    const given = own.filter((step) => step.name === "update").flatMap((step) => argumentsOf(step.site).slice(0, 1));
    return {
      operation,
      method,
      filter: toFilter(conjunction([knexFilter(own, context), ...related]), site.fn.place(site.v)),
      ...writtenValues(given, queries, model),
      countOnly: isKnexCount(own),
    };
  }

  continues(name: string): boolean {
    return LUCID_STEP.test(name);
  }

  callbackArguments(): undefined {
    return undefined;
  }
}

/** `whereHas("members", (query) => query.where("users.id", user.id))`: conditions through the other table. */
function relatedReading({ name, site, conditional }: Step, context: KnexContext): Reading {
  const [, callback] = argumentsOf(site);
  if (/[dD]oesnt/.test(name) || /^or/.test(name)) return UNREAD;
  const inner = callback === undefined ? [] : stepsInside(callback, context.queries, LUCID_STEP);
  const reading = inner.length === 0 ? UNFILTERED : knexFilter(inner, context);
  return conditional ? optional(reading) : reading;
}

function found(find: Find, site: Site, model: DataModel | undefined, queries: OriginQueries): Reading {
  const [first, second] = argumentsOf(site);
  if (find === "none" || first === undefined) return UNFILTERED;
  const values = (at: Site): readonly Origin[] =>
    queries
      .evaluate(at)
      .flatMap((o) => (o.kind === "literal" && o.form === "array" ? queries.project(o, ["[]"]) : [o]));
  if (find === "key") return comparison(keyOf(model), "=", values(first), first);
  if (find === "column" && second !== undefined) {
    const [column] = queries.evaluate(first);
    return column?.kind === "constant" ? comparison(String(column.value), "=", values(second), second) : UNREAD;
  }
  const reader = new ObjectFilterReader(queries, new PlainDialect(), site);
  return reader.where(first, { prefix: "", model, relation: false });
}

function keyOf(model: DataModel | undefined): string {
  return model?.columns.find((column) => column.primary)?.name ?? "id";
}
