/** Mongoose models and MongoDB collections: filters as objects with `$` operators, and Mongoose's query steps. */
import type { DataModel } from "../../../model/data-model.js";
import { Op } from "../../../model/lowered.js";
import {
  type Origin,
  type OriginQueries,
  type PackageOrigin,
  type Site,
  withoutKeys,
} from "../../../program/values/origin.js";
import type { ModelMatcher } from "../../schema/match-model.js";
import { comparison, foldClauses, type SteppedClause } from "../builder-filter.js";
import type { Step } from "../builder-steps.js";
import { argumentsOf } from "../builders/knex-steps.js";
import type { DataCall } from "../data-call.js";
import { disjunction, negation, type Reading, toFilter, UNFILTERED, UNREAD } from "../filter-terms.js";
import type { DataLayer } from "../layer.js";
import { fieldsOf } from "../literals.js";
import { makingCall, receiverModel } from "../model-classes.js";
import { ObjectFilterReader } from "../object-filter.js";
import { DOLLAR, OperatorDialect } from "../operator-dialect.js";
import { chainFrom } from "../query-chain.js";
import { methodOn } from "../receiver-method.js";
import { entityWrites } from "../typeorm-writes.js";
import { NOTHING_WRITTEN, writtenValues } from "../written-values.js";
import { methodTable, objectCall } from "./object-call.js";
import { chosenDatabase } from "./tenant-database.js";

const METHODS = methodTable([
  ["find findOne findOneAsync distinct watch", "read", "filter", 0],
  ["countDocuments count exists", "read", "filter", 0, -1, true],
  ["findById", "read", "key", 0],
  ["aggregate", "read", "filter", 0],
  ["create insertOne insertMany bulkSave insert insertAsync", "create", "none", 0, 0],
  ["updateOne updateMany update findOneAndUpdate findOneAndReplace replaceOne", "update", "filter", 0, 1],
  ["updateAsync upsert upsertAsync", "update", "filter", 0, 1],
  ["findByIdAndUpdate", "update", "key", 0, 1],
  ["deleteOne deleteMany remove removeAsync findOneAndDelete findOneAndRemove", "delete", "filter", 0],
  ["findByIdAndDelete findByIdAndRemove", "delete", "key", 0],
]);
/** `new Order(values).save()`: a document that was made before */
const MADE = {
  receiver: /(?:^|\.)(?:model\(\)|models\.\w+|getModelForClass\(\))\(\)$/,
  module: /^(?:mongoose|@typegoose\/typegoose)$/,
};
/** methods whose first argument is the distinct field */
const SECOND = new Set(["distinct"]);
const STEP =
  /^(?:where|equals|and|or|nor|in|nin|ne|gt|gte|lt|lte|find|findOne|select|lean|populate|sort|limit|skip|exec|orFail|session|setOptions|project|toArray|next|hint|collation|cursor|read|projection|returnDocument|transform|then|catch|distinct|countDocuments|count|batchSize|maxTimeMS|allowDiskUse|stream|fetch|fetchAsync|countAsync|mapAsync)$/;

const MODULE = /^(?:mongoose|@nestjs\/mongoose|@typegoose\/typegoose|mongodb|meteor\/mongo)$/;
const RECEIVER =
  /(?:^|\.)(?:model\(\)|models\.\w+|Model(?:\(\))?|getModelForClass\(\)|\w*Model\(\)|collection\(\)|Collection\(\)|\w*createCollection\(\))$/;

const SHAPE = { module: MODULE, receiver: RECEIVER };

export class MongoLayer implements DataLayer {
  readonly #dialect = new OperatorDialect(DOLLAR);

  constructor(private readonly models: ModelMatcher) {}

  mayCall(name: string): boolean {
    return METHODS.has(name) || name === "save";
  }

  isCall(site: Site, callee: Origin): boolean {
    return METHODS.has(methodOn(SHAPE, site, callee)) || methodOn(MADE, site, callee) === "save";
  }

  isShape(): boolean {
    return false;
  }

  read(site: Site, callee: Origin, queries: OriginQueries): DataCall | null {
    if (callee.kind !== "package" || !this.isCall(site, callee)) return null;
    const method = callee.path.slice(callee.path.lastIndexOf(".") + 1);
    if (method === "save") return this.#saved(site, callee, queries);
    const form = METHODS.get(method);
    if (form === undefined) return null;
    const name = modelName(callee, site, queries);
    const model = this.models.any(name, site.fn.file.path);
    const args = argumentsOf(site).slice(SECOND.has(method) ? 1 : 0);
    const aggregated = method === "aggregate" ? this.#pipeline(args[0], model, site, queries) : [];
    const steps = chainFrom(site, queries, STEP).slice(1);
    const later = foldClauses(this.#clauses(steps, model, site, queries));
    return objectCall({
      layer: /^(?:mongodb|meteor\/mongo)$/.test(callee.module) ? "mongodb" : "mongoose",
      method,
      form: method === "aggregate" ? { ...form, filter: "none" } : form,
      site,
      model,
      name,
      args,
      queries,
      dialect: this.#dialect,
      key: "_id",
      keyVanishes: false,
      further: [...aggregated, later, ...chosenDatabase(callee, queries)],
      loads: steps.filter((step) => step.name === "populate").map(() => "populate"),
    });
  }

  /** What a new document was made of, and what it got before it was saved. */
  #saved(site: Site, callee: PackageOrigin, queries: OriginQueries): DataCall {
    const name = modelName(callee, site, queries);
    const model = this.models.any(name, site.fn.file.path);
    const { fn, v, frame } = site;
    const receiver: Site = { fn, v: fn.a(fn.callee(v)), frame };
    const set = entityWrites(receiver, site, model, queries);
    const made = callee.previous?.site ?? null;
    const [values] = made === null ? [] : argumentsOf(made);
    const given = values === undefined ? NOTHING_WRITTEN : writtenValues([values], queries, model);
    const later = set.written.map((one) => one.column);
    const place = (made ?? site).fn.place((made ?? site).v);
    const whole = given.writtenWhole.map((origin) => withoutKeys(origin, later));
    return {
      layer: "mongoose",
      model: model?.name ?? name,
      operation: "create",
      method: "save",
      site,
      filter: toFilter(UNFILTERED, site.fn.place(site.v)),
      written: [...given.written.filter((one) => !later.includes(one.column)), ...set.written],
      writtenWhole: [...whole, ...set.whole],
      enteredAt: new Map([...whole.map((origin) => [origin, place] as const), ...set.enteredAt]),
      loads: [],
      countOnly: false,
      also: [],
    };
  }

  continues(name: string): boolean {
    return STEP.test(name);
  }

  callbackArguments(): undefined {
    return undefined;
  }

  /** Only the stages before anything else filter what is read; later ones filter what was made of it. */
  #pipeline(
    stages: Site | undefined,
    model: DataModel | undefined,
    use: Site,
    queries: OriginQueries,
  ): readonly Reading[] {
    if (stages === undefined) return [];
    const reader = new ObjectFilterReader(queries, this.#dialect, use);
    const found: Reading[] = [];
    for (const origin of queries.evaluate(stages)) {
      if (origin.kind !== "literal" || origin.form !== "array") return [UNREAD];
      const { fn, v, frame } = origin.site;
      for (const item of fn.list(fn.a(v))) {
        const [stage] = fieldsOf({ fn, v: item, frame }, queries, null).fields;
        if (stage === undefined) return [...found, UNREAD];
        if (stage.name === "$match") {
          found.push(reader.where(stage.site, { prefix: "", model, relation: false }));
        } else if (stage.name === "$search" || stage.name === "$vectorSearch" || stage.name === "$geoNear") {
          const query = fieldsOf(stage.site, queries, null).fields.find((f) => /^(?:filter|query)$/.test(f.name));
          if (query !== undefined) found.push(reader.where(query.site, { prefix: "", model, relation: false }));
        } else if (GROUPS.test(stage.name)) break;
      }
    }
    return found;
  }

  /** `.where("orgId").equals(x)`, `.or([…])`, `.find({…})` on a query. */
  #clauses(
    steps: readonly Step[],
    model: DataModel | undefined,
    use: Site,
    queries: OriginQueries,
  ): readonly SteppedClause[] {
    const reader = new ObjectFilterReader(queries, this.#dialect, use);
    const scope = { prefix: "", model, relation: false };
    let path = "";
    return steps.flatMap((step): readonly SteppedClause[] => {
      const [first, second] = argumentsOf(step.site);
      if (first === undefined) return [];
      const and = (reading: Reading): readonly SteppedClause[] => [
        { clause: { how: "and", reading }, conditional: step.conditional },
      ];
      const compare = (column: string, value: Site): Reading =>
        comparison(column, "=", valuesOf(value, queries), value);
      switch (step.name) {
        case "where": {
          const [only] = queries.evaluate(first);
          const isPath = only?.kind === "constant" && typeof only.value === "string";
          path = isPath ? String(only.value) : path;
          if (!isPath) return and(reader.where(first, scope));
          return second === undefined ? [] : and(compare(path, second));
        }
        case "equals":
        case "in":
          return and(compare(second === undefined ? path : textOf(first, queries), second ?? first));
        case "ne":
        case "nin":
          return and(negation(compare(second === undefined ? path : textOf(first, queries), second ?? first)));
        case "find":
        case "findOne":
          return and(reader.where(first, scope));
        case "and":
          return and(reader.where(first, scope));
        case "or":
          return and(disjunction(reader.elements(first, scope, 0).map((item) => item.reading)));
        default:
          return [];
      }
    });
  }
}

/** `$unwind` makes several documents of one, with its keys */
const GROUPS = /^\$(?:group|facet|bucket\w*|sortByCount|unionWith|count|replaceRoot)$/;

function textOf(site: Site, queries: OriginQueries): string {
  const [only] = queries.evaluate(site);
  return only?.kind === "constant" && typeof only.value === "string" ? only.value : "";
}

function valuesOf(site: Site, queries: OriginQueries): readonly Origin[] {
  return queries
    .evaluate(site)
    .flatMap((o) => (o.kind === "literal" && o.form === "array" ? queries.project(o, ["[]"]) : [o]));
}

/** `model("Order", schema)`, `db.collection("orders")`, `models.Order`, a class that was injected. */
function modelName(callee: PackageOrigin, site: Site, queries: OriginQueries): string {
  const listed = /(?:^|\.)models\.(\w+)\./.exec(callee.path)?.[1];
  if (listed !== undefined) return listed;
  const made = makingCall(callee, /(?:^|\.)(?:model|[cC]ollection|createCollection)\(\)$/);
  const [first] = made === null ? [] : argumentsOf(made);
  const text = first === undefined ? "" : textOf(first, queries);
  if (text !== "") return text;
  const of = makingCall(callee, /(?:^|\.)getModelForClass\(\)$/);
  const [klass] = of === null ? [] : argumentsOf(of);
  for (const origin of klass === undefined ? [] : queries.evaluate(klass)) {
    if (origin.kind === "class") return origin.file.lowered.classes[origin.index]?.name ?? "";
  }
  for (let step: PackageOrigin | null = callee; step !== null; step = step.previous) {
    const [type] = step.typeArguments;
    if (type?.kind === "name") return (type.name.split(".").at(-1) ?? "").replace(/Document$|Interface$/, "");
  }
  return receiverModel(site, queries) || nameFromVariable(site);
}

/** `OrderModel.find()` whose making could not be read. */
function nameFromVariable({ fn, v }: Site): string {
  const receiver = fn.a(fn.callee(v));
  const name =
    fn.op(receiver) === Op.Var
      ? (fn.ancestor(fn.a(receiver))?.info.slots[fn.b(receiver)]?.name ?? "")
      : fn.memberName(receiver);
  return name.replace(/Model$|Collection$/, "");
}
