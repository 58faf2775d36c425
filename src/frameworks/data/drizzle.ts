/** Drizzle: builders and relational queries. */
import type { DataModel } from "../../model/data-model.js";
import type { AccessOperation } from "../../model/facts.js";
import { NONE, Op } from "../../model/lowered.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin, OriginQueries, Site } from "../../program/values/origin.js";
import type { ModelMatcher } from "../schema/match-model.js";
import { comparison } from "./builder-filter.js";
import type { DataCall } from "./data-call.js";
import { type DrizzleQuery, drizzleQueryAt, isDrizzleMethod, tableArgument } from "./drizzle-chain.js";
import { DrizzleConditions, type TableModels } from "./drizzle-conditions.js";
import { columnOf, tableKey, tableSite } from "./drizzle-tables.js";
import { conjunction, optional, type Reading, toFilter, UNFILTERED } from "./filter-terms.js";
import type { DataLayer } from "./layer.js";
import { fieldsOf } from "./literals.js";
import { ObjectFilterReader } from "./object-filter.js";
import { PrismaDialect } from "./prisma-filter.js";
import { type WrittenValues, writtenValues } from "./written-values.js";

export class DrizzleLayer implements DataLayer {
  readonly #tables: TableModels;
  readonly #names: ReadonlySet<string>;
  readonly #dialect: PrismaDialect;

  constructor(
    models: readonly DataModel[],
    private readonly matcher: ModelMatcher,
  ) {
    const own = models.filter((model) => model.layer === "drizzle");
    this.#tables = new Map(own.map((model) => [`${model.place.file}:${model.place.start}`, model]));
    this.#names = new Set(own.map((model) => model.name));
    this.#dialect = new PrismaDialect(matcher);
  }

  mayCall(name: string): boolean {
    return this.#names.size > 0 && isDrizzleMethod(name);
  }

  isCall(site: Site, callee: Origin): boolean {
    if (callee.kind === "function" || callee.kind === "class") return false;
    return this.isShape(site);
  }

  /** A chain that names a known table. */
  isShape(site: Site): boolean {
    const query = drizzleQueryAt(site);
    if (query === null) return false;
    if (query.property !== "") return this.#names.has(query.property);
    const table = tableArgument(query);
    return table !== null && this.#names.has(writtenName(table));
  }

  read(site: Site, callee: Origin, queries: OriginQueries): DataCall | null {
    if (callee.kind === "function" || callee.kind === "class") return null;
    const query = drizzleQueryAt(site);
    const model = query === null ? undefined : this.#model(query, queries);
    if (query === null || model === undefined) return null;
    const first = query.steps[0]?.name ?? "";
    const written = this.#written(query, queries);
    const over = first === "insert" ? this.#writtenOver(query, written, model, site, queries) : null;
    return {
      layer: "drizzle",
      model: model.name,
      operation: over === null ? operationOf(first) : "update",
      method: query.property === "" ? first : (query.steps[0]?.name ?? first),
      site,
      filter: toFilter(
        over ?? (first === "insert" ? UNFILTERED : this.#filter(query, model, site, queries)),
        site.fn.place(site.v),
      ),
      written: written.written,
      writtenWhole: written.writtenWhole,
      loads: query.property === "" ? [] : this.#loads(query, queries),
      countOnly: first === "$count",
      also: [],
    };
  }

  /** A transaction is given the client again. */
  callbackArguments(callee: Origin): readonly (readonly Origin[])[] | undefined {
    if (callee.kind !== "package" || callee.previous === null || !/^drizzle-orm\//.test(callee.module))
      return undefined;
    return callee.path.endsWith(".transaction") ? [[callee.previous]] : undefined;
  }

  #model(query: DrizzleQuery, queries: OriginQueries): DataModel | undefined {
    const near = query.steps[0]?.site.fn.file.path ?? "";
    if (query.property !== "") return this.#named(query.property, near);
    const table = tableArgument(query);
    if (table === null) return undefined;
    for (const origin of queries.evaluate(table)) {
      const made = tableSite(origin);
      const model = made === null ? undefined : this.#tables.get(tableKey(made));
      if (model !== undefined) return model;
    }
    return this.#named(writtenName(table), near);
  }

  #named(name: string, near: string): DataModel | undefined {
    return this.#names.has(name) ? this.matcher.named(name, near) : undefined;
  }

  /** A second `where` replaces the first: only the last one filters. */
  #filter(query: DrizzleQuery, model: DataModel, use: Site, queries: OriginQueries): Reading {
    const conditions = new DrizzleConditions(queries, this.#tables, model, use, (site) =>
      this.#subquery(site, queries),
    );
    if (query.property !== "") return this.#relational(query, model, use, queries, conditions);
    let where: Reading = UNFILTERED;
    const joins: Reading[] = [];
    for (const { name, site, conditional } of query.steps) {
      const args = Array.from(site.fn.args(site.v), (v): Site => ({ ...site, v }));
      const condition = name === "where" ? args[0] : /Join$|^\$count$/.test(name) ? args[1] : undefined;
      const joined = name === "innerJoin" && args[0] !== undefined ? this.#subquery(keptAt(args[0]), queries) : null;
      if (joined !== null) joins.push(joined);
      if (condition === undefined) continue;
      const reading = conditions.read(condition);
      if (name === "where" || name === "$count") where = conditional ? optional(reading) : reading;
      else if (name === "innerJoin") joins.push(reading);
      else joins.push(outer(reading));
    }
    return conjunction([where, ...joins]);
  }

  /** `insert(…).onConflictDoUpdate({ target: orders.id, set })`: a row that has the key which was sent is written over. */
  #writtenOver(
    query: DrizzleQuery,
    { written }: WrittenValues,
    model: DataModel,
    use: Site,
    queries: OriginQueries,
  ): Reading | null {
    const step = query.steps.find(({ name }) => name === "onConflictDoUpdate");
    const [options] = step === undefined ? [] : step.site.fn.args(step.site.v);
    if (step === undefined || options === undefined) return null;
    const { fn } = step.site;
    const targets = queries.evaluate({ ...step.site, v: fn.prop(options, "target") }).map(columnOf);
    const key = written.find(
      ({ column }) => /^(?:id|uuid)$/.test(column) && targets.length === 1 && targets[0] === column,
    );
    // one that was made on the spot is that of no row yet
    const sent = leaves(key?.values ?? []).filter((o) => o.kind === "source" && o.source === "input");
    if (key === undefined || sent.length === 0) return null;
    const conditions = new DrizzleConditions(queries, this.#tables, model, use, () => null);
    const wheres = ["where", "setWhere", "targetWhere"].map((name) => fn.prop(options, name)).filter((v) => v !== NONE);
    const picked = comparison(key.column, "=", sent, step.site);
    return conjunction([picked, ...wheres.map((v) => conditions.read({ ...step.site, v }))]);
  }

  #relational(
    query: DrizzleQuery,
    model: DataModel,
    use: Site,
    queries: OriginQueries,
    conditions: DrizzleConditions,
  ): Reading {
    const [step] = query.steps;
    const [options] = step === undefined ? [] : step.site.fn.args(step.site.v);
    if (step === undefined || options === undefined) return UNFILTERED;
    const wheres = fieldsOf({ ...step.site, v: options }, queries, use).fields.filter(
      (field) => field.name === "where",
    );
    const readings = wheres.map(({ site }) => {
      const isObject = queries.evaluate(site).some((o) => o.kind === "literal" && o.form === "object");
      if (!isObject) return conditions.read(site);
      const reader = new ObjectFilterReader(queries, this.#dialect, use);
      return reader.where(site, { prefix: "", model, relation: false });
    });
    return conjunction(readings);
  }

  /** What a query given as a value filters by, with the name of its table. */
  #subquery(site: Site, queries: OriginQueries): Reading | null {
    const { fn, v } = site;
    if (fn.op(v) !== Op.Call) return null;
    const query = drizzleQueryAt(site);
    const model = query === null ? undefined : this.#model(query, queries);
    if (query === null || model === undefined) return null;
    const reading = this.#filter(query, model, site, queries);
    const alternatives = reading.alternatives.map((terms) =>
      terms.map((term) => (term.model === "" ? { ...term, model: model.name } : term)),
    );
    return { alternatives, known: reading.known };
  }

  #written(query: DrizzleQuery, queries: OriginQueries): WrittenValues {
    const given = query.steps.flatMap(({ name, site }): readonly Site[] => {
      const [first] = site.fn.args(site.v);
      if (first === undefined) return [];
      if (name === "values" || name === "set") return [{ ...site, v: first }];
      const set = name === "onConflictDoUpdate" ? site.fn.prop(first, "set") : NONE;
      return set === NONE ? [] : [{ ...site, v: set }];
    });
    return writtenValues(given, queries);
  }

  #loads(query: DrizzleQuery, queries: OriginQueries): readonly string[] {
    const [step] = query.steps;
    const [options] = step === undefined ? [] : step.site.fn.args(step.site.v);
    if (step === undefined || options === undefined) return [];
    return fieldsOf({ ...step.site, v: options }, queries, null)
      .fields.filter((field) => field.name === "with")
      .flatMap((field) => fieldsOf(field.site, queries, null).fields.map((inner) => inner.name));
  }
}

/** Where the value of a local variable was made, if it is made once. */
function keptAt(site: Site): Site {
  const { fn, v } = site;
  const stores = fn.op(v) === Op.Var && fn.a(v) === 0 ? fn.storesTo(fn.b(v)) : [];
  return stores.length === 1 ? { ...site, v: stores[0] } : site;
}

function operationOf(start: string): AccessOperation {
  if (start === "insert") return "create";
  if (start === "update" || start === "delete") return start;
  return "read";
}

/** `orders` or `schema.orders` as it stands there. */
function writtenName(site: Site): string {
  const { fn, v } = site;
  if (fn.op(v) === Op.Member) return fn.memberName(v);
  return fn.op(v) === Op.Var ? (fn.ancestor(fn.a(v))?.info.slots[fn.b(v)]?.name ?? "") : "";
}

function outer(reading: Reading): Reading {
  const alternatives = reading.alternatives.map((terms) =>
    terms.map((term) => ({ ...term, position: "outer-join" as const })),
  );
  return { alternatives, known: reading.known };
}
