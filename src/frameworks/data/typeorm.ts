/** TypeORM: repositories, managers and active records. */
import type { DataModel } from "../../model/data-model.js";
import type { AccessOperation } from "../../model/facts.js";
import { dependsOnCaller } from "../../program/values/computed-origins.js";
import { type Origin, type OriginQueries, type Site, unknown } from "../../program/values/origin.js";
import type { ModelMatcher } from "../schema/match-model.js";
import type { DataCall } from "./data-call.js";
import { conjunction, eitherOf, type Reading, termReading, toFilter, UNFILTERED } from "./filter-terms.js";
import type { DataLayer } from "./layer.js";
import { alternativesOf, fieldsOf, isNothing, type LiteralFields } from "./literals.js";
import { anyOf, type KeyScope, ObjectFilterReader } from "./object-filter.js";
import { BuilderReader } from "./typeorm-builder.js";
import { argumentsAfter, isTypeormCall, isTypeormMethod, type TypeormCall, typeormCallOf } from "./typeorm-calls.js";
import { equality, TypeormDialect } from "./typeorm-filter.js";
import { entityWrites, nothingWritten } from "./typeorm-writes.js";

export class TypeormLayer implements DataLayer {
  readonly #dialect: TypeormDialect;
  readonly #builders: BuilderReader;

  constructor(private readonly models: ModelMatcher) {
    this.#dialect = new TypeormDialect(models);
    this.#builders = new BuilderReader(models, this.#dialect);
  }

  mayCall(name: string): boolean {
    return isTypeormMethod(name);
  }

  isCall(site: Site, callee: Origin): boolean {
    return isTypeormCall(callee, site);
  }

  isShape(): boolean {
    return false;
  }

  read(site: Site, callee: Origin, queries: OriginQueries): DataCall | null {
    const call = typeormCallOf(callee, site, queries);
    if (call === null) return null;
    const model = call.entity === "" ? undefined : this.models.named(call.entity, site.fn.file.path);
    if (call.form === "builder") return this.#builders.read(call, model, site, queries);
    return new CallReader(call, model, site, queries, this.#dialect).read();
  }

  /** A transaction is given a manager. */
  callbackArguments(callee: Origin): readonly (readonly Origin[])[] | undefined {
    if (callee.kind !== "package" || callee.previous === null || callee.module !== "typeorm") return undefined;
    if (!/\.transaction$/.test(callee.path)) return undefined;
    const manager = /manager$|EntityManager\(\)$/i.test(callee.previous.path);
    if (manager) return [[callee.previous]];
    return [[{ ...callee.previous, path: `${callee.previous.path}.manager`, previous: callee.previous, site: null }]];
  }
}

class CallReader {
  readonly #reader: ObjectFilterReader<DataModel>;
  readonly #scope: KeyScope<DataModel>;
  readonly #args: readonly Site[];

  constructor(
    private readonly call: TypeormCall,
    private readonly model: DataModel | undefined,
    private readonly site: Site,
    readonly queries: OriginQueries,
    dialect: TypeormDialect,
  ) {
    this.#reader = new ObjectFilterReader(queries, dialect, site);
    this.#scope = { prefix: "", model, relation: false };
    this.#args = argumentsAfter(site, call.skip);
  }

  read(): DataCall {
    const { call, site } = this;
    const [first, second] = this.#args;
    const data =
      call.form === "criteria" ? second : call.form === "entity" || call.form === "values" ? first : undefined;
    const written =
      data === undefined || call.operation === "read"
        ? nothingWritten()
        : entityWrites(data, this.site, this.model, this.queries);
    const created = call.form === "entity" && call.operation === "update" && !this.#hasKey(first);
    const operation: AccessOperation = created ? "create" : call.operation;
    const reading = created ? UNFILTERED : this.#filter();
    return {
      layer: "typeorm",
      model: this.model?.name ?? call.entity,
      operation,
      method: call.name,
      site,
      filter: toFilter(reading, site.fn.place(first?.v ?? site.v)),
      written: written.written,
      writtenWhole: written.whole,
      enteredAt: written.enteredAt,
      upsertsByKey: call.form === "entity" && call.operation === "update",
      loads: this.#loads(),
      countOnly: call.countOnly,
      also: [],
    };
  }

  #filter(): Reading {
    const [first, second] = this.#args;
    switch (this.call.form) {
      case "options":
        return first === undefined ? UNFILTERED : this.#options(first, second);
      case "criteria":
        return first === undefined ? UNFILTERED : this.#criteria(first);
      case "aggregate":
        return second === undefined ? UNFILTERED : this.#reader.where(second, this.#scope);
      case "entity":
        return this.#byKey(first);
      default:
        return UNFILTERED;
    }
  }

  /** `{ where }`; older versions took an id, or the conditions themselves. */
  #options(first: Site, second: Site | undefined): Reading {
    const { fields, opaque } = fieldsOf(first, this.queries, this.site);
    const wheres = fields.filter((field) => field.name === "where");
    if (wheres.length > 0) return eitherOf(wheres.map((where) => this.#reader.where(where.site, this.#scope)));
    if (fields.some((field) => OPTION.test(field.name))) return UNFILTERED;
    if (opaque.length > 0 && fields.length === 0) {
      const whole = opaque.some((origin) => dependsOnCaller(origin) && !isNamedId(origin));
      // `findOne(id, { where })`
      if (this.call.name.startsWith("findOne") && !whole)
        return second === undefined
          ? this.#criteria(first)
          : conjunction([this.#criteria(first), this.#options(second, undefined)]);
      return this.#reader.where(first, this.#scope);
    }
    if (fields.length > 0) return this.#reader.where(first, this.#scope);
    return second === undefined ? UNFILTERED : this.#options(second, undefined);
  }

  /** Conditions, an id, or a list of either. */
  #criteria(site: Site): Reading {
    const readings: Reading[] = [];
    const ids: Origin[] = [];
    for (const origin of alternativesOf(this.queries.evaluate(site))) {
      if (origin.kind === "literal" && origin.form === "object") {
        readings.push(this.#reader.object(origin.site, this.#scope, 0));
      } else if (origin.kind === "literal" && origin.form === "array") {
        const items = this.queries.project(origin, ["[]"]);
        const objects = items.some((item) => item.kind === "literal" && item.form === "object");
        if (objects) readings.push(anyOf(this.#reader.items(origin.site, this.#scope, 0)));
        else ids.push(...items);
      } else if (!isNothing(origin)) ids.push(origin);
      else ids.push(origin);
    }
    if (ids.length > 0) {
      const operator = this.call.name === "findByIds" ? "in" : "=";
      const term = equality(this.#key(), operator, site, ids, this);
      readings.push(termReading(REFUSES_NOTHING.test(this.call.name) ? { ...term, demanded: true } : term));
    }
    return eitherOf(readings);
  }

  /** Saving and removing an entity goes by its key. */
  #byKey(entity: Site | undefined): Reading {
    const key = this.#key();
    const origins = entity === undefined ? this.#receiver() : this.queries.evaluate(entity);
    const values = origins.flatMap((origin) =>
      origin.kind === "package" || origin.kind === "unknown"
        ? [unknown("entity")]
        : this.queries.project(origin, [key]),
    );
    const at = entity ?? this.site;
    return termReading({ ...equality(key, "=", at, values, this), vanishes: false });
  }

  /** `order.save()`: the record is what the method is called on. */
  #receiver(): readonly Origin[] {
    const { fn, v, frame } = this.site;
    return this.queries.evaluate({ fn, v: fn.a(fn.callee(v)), frame });
  }

  #hasKey(entity: Site | undefined): boolean {
    const origins = entity === undefined ? this.#receiver() : this.queries.evaluate(entity);
    const key = this.#key();
    return origins.some((origin) => {
      if (origin.kind === "instance") return origin.site === null;
      if (origin.kind === "package") {
        const [made] = origin.site === null ? [] : origin.site.fn.args(origin.site.v);
        if (!/\.create\(\)$/.test(origin.path) || origin.site === null || made === undefined) return false;
        return this.#mayHold(fieldsOf({ ...origin.site, v: made }, this.queries, null), key);
      }
      if (origin.kind !== "literal") return origin.kind !== "unknown" && this.#mayBring(origin, key);
      return this.#mayHold(fieldsOf(origin.site, this.queries, null), key);
    });
  }

  #mayHold({ fields, opaque }: LiteralFields, key: string): boolean {
    return opaque.some((origin) => this.#mayBring(origin, key)) || fields.some((field) => field.name === key);
  }

  /** What passed a schema without the key does not bring it along. */
  #mayBring(origin: Origin, key: string): boolean {
    const values = this.queries.project(origin, [key]);
    return values.length === 0 || !values.every(isNothing);
  }

  #key(): string {
    return this.model?.columns.find((column) => column.primary)?.name ?? "id";
  }

  #loads(): readonly string[] {
    const [first] = this.#args;
    if (this.call.form !== "options" || first === undefined) return [];
    return fieldsOf(first, this.queries, null)
      .fields.filter((field) => field.name === "relations")
      .flatMap((field) => {
        const names = fieldsOf(field.site, this.queries, null).fields.map((inner) => inner.name);
        const listed = this.queries.evaluate(field.site).flatMap((origin) => this.queries.project(origin, ["[]"]));
        const texts = listed.flatMap((o) => (o.kind === "constant" && typeof o.value === "string" ? [o.value] : []));
        return names.length > 0 ? names : texts;
      });
  }
}

/** `id`, `input.orderId`: what older versions of `findOne` took in place of options. */
function isNamedId(origin: Origin): boolean {
  if (origin.kind === "apply") return /id$/i.test(origin.path.at(-1) ?? "");
  if (origin.kind !== "parameter") return false;
  return /id$/i.test(origin.path.at(-1) ?? origin.fn.info.params[origin.index]?.name ?? "");
}

/** they refuse to work on an undefined key. https://typeorm.io/docs/working-with-entity-manager/repository-api */
const REFUSES_NOTHING = /^(?:update|delete|softDelete|restore)$/;
const OPTION = /^(?:where|relations|select|order|take|skip|cache|lock|withDeleted|loadRelationIds|join|transaction)$/;
