/** Prisma: what a call of the client selects, writes and loads along. */
import type { DataModel, DataRelation } from "../../model/data-model.js";
import type { Place } from "../../model/place.js";
import { leaves } from "../../program/values/computed-origins.js";
import { type Origin, type OriginQueries, type Site, withoutKeys } from "../../program/values/origin.js";
import type { ModelMatcher } from "../schema/match-model.js";
import { type CopiedObject, copiedOnto } from "./assembled-objects.js";
import { chosenSides } from "./chosen-sides.js";
import type { DataCall, RelatedRows, WrittenColumn } from "./data-call.js";
import { conjunction, eitherOf, optional, type Reading, toFilter, UNFILTERED, wholeValue } from "./filter-terms.js";
import { alternativesOf, fieldsOf, isNothing, type LiteralField, type LiteralFields } from "./literals.js";
import { type KeyScope, ObjectFilterReader } from "./object-filter.js";
import { COUNTING, type PrismaCall } from "./prisma-client.js";
import type { ExtendedFilter } from "./prisma-extensions.js";
import { PrismaDialect } from "./prisma-filter.js";
import { rowKeys } from "./related-keys.js";
import { asReplaced } from "./replaced-keys.js";

/** Reads calls of a Prisma client; its raw statements are the business of the SQL layer. */
export class PrismaReader {
  readonly #dialect: PrismaDialect;

  constructor(private readonly models: ModelMatcher) {
    this.#dialect = new PrismaDialect(models);
  }

  /** @param extended what extensions of the client make of the call */
  read(
    call: PrismaCall,
    site: Site,
    queries: OriginQueries,
    extended: readonly (readonly ExtendedFilter[])[] = [],
  ): DataCall {
    const model = this.models.client(call.property, site.fn.file.path);
    const args = this.#arguments(site, queries);
    const reader = new ObjectFilterReader<DataModel>(queries, this.#dialect, site);
    const scope: KeyScope<DataModel> = { prefix: "", model, relation: false };
    const named = (name: string): readonly Site[] => args.fields.filter((f) => f.name === name).map((f) => f.site);
    const wheres = named("where");
    const readings: Reading[] = wheres.map((where) => reader.where(where, scope));
    const place = site.fn.place(wheres[0]?.v ?? site.v);
    if (args.opaque.length > 0) readings.push(wholeValue(args.opaque, "*", site.fn.place(site.v)));
    const filtered = call.operation !== "create";
    const own = readings.length > 0 ? eitherOf(readings) : UNFILTERED;
    const asked = extended.map((ways) => eitherOf(ways.map((way) => this.#extended(way, own, scope, reader))));
    const reading = asked.length === 0 ? own : conjunction(asked);
    const data = new DataReader(model, queries, this.models);
    for (const value of [...named("data"), ...named("create"), ...named("update")]) data.read(value, 0);
    return {
      layer: "prisma",
      model: model?.name ?? "",
      operation: call.operation,
      method: call.method,
      site,
      filter: toFilter(filtered ? reading : UNFILTERED, place),
      written: data.written,
      writtenWhole: data.whole,
      ...(data.along.length === 0 ? {} : { madeAlong: data.along }),
      loads: [...named("include"), ...named("select")].flatMap((value) => relationsIn(value, model, queries)),
      countOnly: COUNTING.has(call.method),
      also: [],
    };
  }

  #extended(
    way: ExtendedFilter,
    own: Reading,
    scope: KeyScope<DataModel>,
    reader: ObjectFilterReader<DataModel>,
  ): Reading {
    const base = way.where === null ? own : reader.where(way.where, scope);
    const set = way.columns.map(({ name, site, conditional }) => {
      const column = this.#dialect.field(name, site, scope, reader, 0);
      return conditional ? optional(column) : column;
    });
    return conjunction([base, ...set]);
  }

  #arguments(site: Site, queries: OriginQueries): LiteralFields {
    const [first] = site.fn.args(site.v);
    if (first === undefined) return { fields: [], opaque: [] };
    const found = fieldsOf({ fn: site.fn, v: first, frame: site.frame }, queries, site);
    // a later field of the same name wins; of two alternatives both count
    const spreadWhere = found.fields.filter((field) => field.name === "where").length > 0;
    return spreadWhere ? { fields: found.fields, opaque: [] } : found;
  }
}

/** Relations named in an include or select, nested ones with their path. */
function relationsIn(value: Site, model: DataModel | undefined, queries: OriginQueries): readonly string[] {
  const { fields } = fieldsOf(value, queries, null);
  const relations = new Set(model?.relations.map((relation) => relation.name));
  return fields
    .filter((field) => field.name !== "_count" && (model === undefined || relations.has(field.name)))
    .map((field) => field.name);
}

const MAX_DEPTH = 4;
const MAX_ALONG = 12;

/** Collects what `data` writes: columns, and foreign keys set through `connect`. */
class DataReader {
  readonly written: WrittenColumn[] = [];
  readonly whole: Origin[] = [];
  readonly along: RelatedRows[] = [];

  constructor(
    private readonly model: DataModel | undefined,
    private readonly queries: OriginQueries,
    private readonly models: ModelMatcher,
  ) {}

  read(value: Site, depth: number): void {
    for (const origin of alternativesOf(this.queries.evaluate(value))) {
      if (origin.kind === "literal" && origin.form === "array" && depth < MAX_DEPTH) {
        const { fn, v, frame } = origin.site;
        for (const item of fn.list(fn.a(v))) this.read({ fn, v: item, frame }, depth + 1);
      } else if (origin.kind === "literal" && origin.form === "object") this.#object(origin.site);
      else if (!isNothing(origin)) this.#whole(origin, value);
    }
    if (depth < MAX_DEPTH) for (const copied of copiedOnto(value)) this.#copied(copied, depth);
  }

  #copied({ site, without }: CopiedObject, depth: number): void {
    const inner = new DataReader(this.model, this.queries, this.models);
    inner.read(site, depth + 1);
    this.written.push(...inner.written.filter(({ column }) => !without.includes(column)));
    this.whole.push(...inner.whole.map((whole) => withoutKeys(whole, without)));
  }

  /** What comes as it is, but for keys that were set or taken out before. */
  #whole(origin: Origin, value: Site): void {
    const { whole, set } = asReplaced(origin, value);
    this.whole.push(whole);
    for (const field of set) this.#field(field, value);
  }

  #object(site: Site): void {
    const { fields, opaque } = fieldsOf(site, this.queries, null);
    this.whole.push(...opaque);
    for (const field of fields) this.#field(field, site);
  }

  #field(field: LiteralField, object: Site): void {
    const relation = this.model?.relations.find((item) => item.name === field.name);
    const column = relation?.columns[0] ?? field.name;
    const inner = fieldsOf(field.site, this.queries, null);
    const place = placeIn(object, field.site);
    const isNested = inner.fields.some((f) => NESTED.has(f.name));
    if (!isNested) {
      const values = this.queries.evaluate(field.site);
      this.written.push({ column, values, ...chosenSides(field.site, this.queries), place });
      return;
    }
    for (const nested of inner.fields) {
      this.#nested(column, nested.name, nested.site, isList(relation) ? relation : undefined);
      if (relation !== undefined) this.#along(relation, nested.name, nested.site);
    }
  }

  /** Rows of the related model, which may hold keys of their own. */
  #along(relation: DataRelation, name: string, site: Site): void {
    if (name === "createMany" || name === "connectOrCreate") {
      const inner = name === "createMany" ? "data" : "create";
      const { fields } = fieldsOf(site, this.queries, null);
      for (const field of fields) if (field.name === inner) this.#along(relation, "create", field.site);
      return;
    }
    const model = name === "create" ? this.models.named(relation.model, site.fn.file.path) : undefined;
    if (model === undefined || this.along.length >= MAX_ALONG) return;
    const rows = new DataReader(model, this.queries, this.models);
    rows.read(site, 1);
    if (rows.written.length > 0) this.along.push({ model: model.name, written: rows.written });
    this.along.push(...rows.along);
  }

  /** @param list the relation, where it is one to many rows */
  #nested(column: string, name: string, site: Site, list?: DataRelation): void {
    const place = site.fn.place(site.v);
    if (SCALAR.has(name)) this.written.push({ column, values: this.queries.evaluate(site), place });
    if (!LINKS.has(name)) return;
    const keys = rowKeys(site, this.queries);
    for (const key of keys) {
      if (name !== "connectOrCreate") {
        const values = this.queries.evaluate(key.site);
        // what is unlinked is no reference to anything
        if (name === "disconnect" && (list === undefined || fromRequest(values))) continue;
        this.written.push({
          column,
          values,
          place: key.site.fn.place(key.site.v),
          ...(name === "connect" ? this.#within(key, keys) : {}),
          ...this.#linked(name, key.name, list),
        });
      } else if (key.name === "where") this.#nested(column, "connect", key.site);
    }
  }

  /** Of several rows that are named at once, what one must have says nothing of the others. */
  #within(key: LiteralField, keys: readonly LiteralField[]): Pick<WrittenColumn, "within"> {
    const names = new Set(keys.map(({ name }) => name));
    if (keys.length < 2 || names.size < keys.length) return {};
    return { within: keys.filter((one) => one !== key).map((one) => this.queries.evaluate(one.site)) };
  }

  #linked(name: string, key: string, list: DataRelation | undefined): Pick<WrittenColumn, "linked" | "linksTo"> {
    if (list === undefined) return {};
    const picks = name !== "disconnect" && /id$/i.test(key);
    const model = picks ? this.models.named(list.model, this.model?.place.file ?? "") : undefined;
    return { ...(name === "set" ? {} : { linked: true }), ...(model === undefined ? {} : { linksTo: model.name }) };
  }
}

/** Where a value is written; the literal where it was made elsewhere and only named. */
function placeIn(literal: Site, value: Site): Place {
  const own = value.fn.place(value.v);
  const around = literal.fn.place(literal.v);
  return own.file === around.file && own.start >= around.start && own.end <= around.end ? own : around;
}

const SCALAR = new Set(["set", "increment", "decrement", "push"]);
const LINKS = new Set(["connect", "connectOrCreate", "set", "disconnect"]);

/** The other side holds the key, or a table between the two. */
function isList(relation: DataRelation | undefined): relation is DataRelation {
  return relation !== undefined && relation.columns.length === 0;
}

function fromRequest(values: readonly Origin[]): boolean {
  return leaves(values).some((o) => o.kind === "source" && o.source === "input");
}

const NESTED = new Set([...SCALAR, ...LINKS, "create", "createMany", "update", "upsert", "delete", "deleteMany"]);
