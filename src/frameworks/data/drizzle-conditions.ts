/** Drizzle conditions: `and(eq(t.orgId, x), …)`, lists built up, raw `sql` of the form column = value. */
import type { DataModel } from "../../model/data-model.js";
import type { ConjunctPosition } from "../../model/facts.js";
import { Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { givenFrame } from "../../program/values/call-frames.js";
import { constant, type Origin, type OriginQueries, type Site, unknown } from "../../program/values/origin.js";
import { isSqlError, parseStatement } from "../sql/statement.js";
import { columnOf, tableKey, tableSite } from "./drizzle-tables.js";
import {
  conjunction,
  eitherOf,
  negation,
  optional,
  type Reading,
  termReading,
  UNFILTERED,
  UNREAD,
} from "./filter-terms.js";
import { alternativesOf, isNothing, mappedItems, pushesTo, shapeOf } from "./literals.js";
import { allOf, anyOf, conditionOf, type FilterItem, sometimes } from "./object-filter.js";
import { conjunctsReading } from "./sql-conditions.js";
import { sqlTextOf } from "./sql-text.js";

const COMPARISONS: ReadonlyMap<string, string> = new Map([
  ["eq", "="],
  ["inArray", "in"],
  ["gt", ">"],
  ["gte", ">="],
  ["lt", "<"],
  ["lte", "<="],
  ["like", "like"],
  ["ilike", "like"],
  ["between", "between"],
  ["arrayContains", "contains"],
  ["arrayContained", "in"],
  ["arrayOverlaps", "overlap"],
  ["isNull", "is null"],
  ["isNotNull", "is not null"],
]);
const NEGATED: ReadonlyMap<string, string> = new Map([
  ["ne", "="],
  ["notInArray", "in"],
  ["notLike", "like"],
  ["notIlike", "like"],
  ["notBetween", "between"],
]);
const MAX_DEPTH = 14;

export type TableModels = ReadonlyMap<string, DataModel>;

interface Column {
  readonly name: string;
  /** model when it is not the one that is read */
  readonly model: string;
}

export class DrizzleConditions {
  /** functions that the library calls with the table */
  readonly #callbacks = new Set<FunctionView>();

  constructor(
    private readonly queries: OriginQueries,
    private readonly tables: TableModels,
    private readonly model: DataModel | undefined,
    private readonly use: Site,
    /** the condition in a sub-query, for `exists` and `inArray` */
    private readonly subquery: (site: Site) => Reading | null,
  ) {}

  read(site: Site, depth = 0): Reading {
    if (depth > MAX_DEPTH) return UNREAD;
    const shape = shapeOf(site);
    if (shape.kind === "when")
      return optional(this.read(shape.site, depth + 1), this.queries.evaluate(shape.condition));
    if (shape.kind === "either") {
      const sides = shape.sites.map((side) => this.read(side, depth + 1));
      const some = sides.filter((side) => side !== UNFILTERED);
      if (some.length !== 1) return eitherOf(sides);
      const says = [sides[0] !== UNFILTERED, sides[1] !== UNFILTERED] as const;
      const { condition } = shape;
      const unless = condition === undefined ? undefined : { site: condition, holds: !says[0] };
      return optional(some[0], conditionOf(shape, says, this.queries), unless);
    }
    const readings = alternativesOf(this.queries.evaluate(shape.site)).map((origin) => this.#origin(origin, depth));
    const some = readings.filter((reading) => reading !== UNFILTERED);
    if (some.length === 0) return UNFILTERED;
    return some.length < readings.length ? optional(eitherOf(some)) : eitherOf(some);
  }

  #origin(origin: Origin, depth: number): Reading {
    if (isNothing(origin)) return UNFILTERED;
    if (origin.kind === "function") return this.#callback(origin, depth);
    const call = conditionCall(origin);
    if (call === null) return UNREAD;
    const { name, site } = call;
    if (site.fn.op(site.v) === Op.Tagged) return this.#raw(site);
    const args = Array.from(site.fn.args(site.v), (v): Site => ({ ...site, v }));
    const [first, second] = args;
    if (name === "and") return allOf(args.flatMap((arg) => this.#items(arg, depth + 1)));
    if (name === "or") return anyOf(args.flatMap((arg) => this.#items(arg, depth + 1)));
    if (first === undefined) return UNREAD;
    if (name === "not") return negation(this.read(first, depth + 1));
    if (name === "exists") return this.subquery(first) ?? UNREAD;
    if (name === "notExists") return negation(this.subquery(first) ?? UNREAD);
    const operator = COMPARISONS.get(name) ?? NEGATED.get(name);
    if (operator === undefined) return UNREAD;
    const position = NEGATED.has(name) ? "negated" : "and";
    return this.#comparison(operator, position, first, second, site);
  }

  /** `where: (t, { eq }) => eq(t.orgId, x)` */
  #callback(origin: Extract<Origin, { kind: "function" }>, depth: number): Reading {
    if (!origin.fn.hasBody) return UNREAD;
    const { fn } = origin;
    // what the library hands in stands for itself; what the callback closes over is looked up where it was made
    const own = fn.info.params.map((_, index): readonly Origin[] => [{ kind: "parameter", fn, index, path: [] }]);
    const frame = givenFrame(origin, own, origin.frame?.depth ?? 0);
    this.#callbacks.add(fn);
    return eitherOf(fn.returns.map((row) => this.read({ fn, v: fn.a(row), frame }, depth + 1)));
  }

  /** A condition, or the ones that a spread list holds. */
  #items(site: Site, depth: number): readonly FilterItem[] {
    const { fn, v, frame } = site;
    if (fn.op(v) !== Op.Spread) {
      const shape = shapeOf(site);
      const when = shape.kind === "when";
      const reading = this.read(when ? shape.site : site, depth + 1);
      const given = when ? this.queries.evaluate(shape.condition) : [];
      return reading === UNFILTERED ? [] : [{ reading, optional: when, when: given }];
    }
    return this.#list({ fn, v: fn.a(v), frame }, depth + 1);
  }

  #list(site: Site, depth: number): readonly FilterItem[] {
    if (depth > MAX_DEPTH) return [{ reading: UNREAD, optional: false }];
    const shape = shapeOf(site);
    if (shape.kind === "when") {
      const when = this.queries.evaluate(shape.condition);
      return this.#list(shape.site, depth + 1).map((item) => sometimes(item, when));
    }
    if (shape.kind === "either") {
      const [first, second] = shape.sites.map((side) => this.#list(side, depth + 1));
      const when = conditionOf(shape, [first.length > 0, second.length > 0], this.queries);
      const own = [first.filter((item) => !isAmong(item, second)), second.filter((item) => !isAmong(item, first))];
      return [...first.filter((item) => isAmong(item, second)), ...own.flat().map((item) => sometimes(item, when))];
    }
    return alternativesOf(this.queries.evaluate(shape.site)).flatMap((origin): readonly FilterItem[] => {
      if (origin.kind === "literal" && origin.form === "array") {
        const { fn, v, frame } = origin.site;
        const written = Array.from(fn.list(fn.a(v))).flatMap((item) => this.#items({ fn, v: item, frame }, depth + 1));
        const pushed = pushesTo(origin.site, this.use).flatMap((item) => {
          const items = this.#items(item.site, depth + 1);
          const when = item.condition === null ? [] : this.queries.evaluate(item.condition);
          return item.conditional ? items.map((one) => sometimes(one, when)) : items;
        });
        return [...written, ...pushed];
      }
      const mapped = mappedItems(origin, this.queries);
      if (mapped !== null) return mapped.map((item) => ({ reading: this.read(item, depth + 1), optional: true }));
      return isNothing(origin) ? [] : [{ reading: this.#origin(origin, depth + 1), optional: false }];
    });
  }

  #comparison(operator: string, position: ConjunctPosition, left: Site, right: Site | undefined, at: Site): Reading {
    const first = this.#column(left);
    const second = right === undefined ? null : this.#column(right);
    // what two columns have in common is a join's business
    if (first !== null && second !== null) return this.#sameColumn(left, right) ? UNFILTERED : conjunction([]);
    const column = first ?? second;
    if (column === null) return UNREAD;
    const value = first === null ? left : right;
    const inner = value === undefined ? null : this.subquery(value);
    const term = {
      column: column.name,
      model: column.model,
      operator,
      position,
      values: value === undefined ? [] : inner === null ? this.#values(value) : [unknown("sub-select")],
      vanishes: false,
      place: at.fn.place(at.v),
    };
    return inner === null ? termReading(term) : conjunction([termReading(term), inner]);
  }

  #sameColumn(left: Site, right: Site | undefined): boolean {
    return right !== undefined && left.fn.memberName(left.v) === right.fn.memberName(right.v);
  }

  #values(site: Site): readonly Origin[] {
    return this.queries
      .evaluate(site)
      .flatMap((o) => (o.kind === "literal" && o.form === "array" ? this.queries.project(o, ["[]"]) : [o]));
  }

  #column(site: Site): Column | null {
    const origins = this.queries.evaluate(site);
    const read = this.#columnAmong(origins);
    // `ctx.workspace.id` is a value, whatever tables are called
    return (
      read ?? (origins.every((o) => o.kind !== "source" && o.kind !== "constant") ? this.#writtenColumn(site) : null)
    );
  }

  #columnAmong(origins: readonly Origin[]): Column | null {
    for (const origin of origins) {
      const name = columnOf(origin);
      if (name !== "") {
        const table = tableSite(origin);
        const model = table === null ? undefined : this.tables.get(tableKey(table));
        return { name, model: model === undefined || model.name === this.model?.name ? "" : model.name };
      }
      // the table handed to a callback
      if (origin.kind === "parameter" && this.#callbacks.has(origin.fn) && origin.index === 0) {
        if (origin.path.length === 1) return { name: origin.path[0], model: "" };
      }
    }
    return null;
  }

  /** `schema.orders.orgId` where the schema is handed in: the names alone tell. */
  #writtenColumn({ fn, v }: Site): Column | null {
    if (fn.op(v) !== Op.Member || fn.op(fn.a(v)) !== Op.Member) return null;
    const name = fn.memberName(v);
    const table = fn.memberName(fn.a(v));
    const same = table === this.model?.name;
    const model = same ? this.model : [...this.tables.values()].find((other) => other.name === table);
    if (!model?.columns.some((column) => column.name === name)) return null;
    return { name, model: same ? "" : model.name };
  }

  /** A column that is written by its name: `sql`org_id = ${id}``. */
  #spelledOut(written: string): Column | null {
    const name = written.split(".").at(-1) ?? "";
    const column = this.model?.columns.find((one) => one.dbName === name || one.name === name);
    return column === undefined ? null : { name: column.name, model: "" };
  }

  /** A condition in a `sql` tag: columns become names that lead back to them. */
  #raw(site: Site): Reading {
    const { text, parts } = sqlTextOf(site, this.queries);
    const columns = new Map<string, Column>();
    let condition = text;
    for (const [placeholder, part] of parts) {
      const column = this.#columnAmong(part.values);
      if (column === null) continue;
      const name = `authgap_column_${columns.size}`;
      columns.set(name, column);
      condition = condition.replace(new RegExp(`${placeholder.replace("$", "\\$")}(?!\\d)`), name);
    }
    const statement = parseStatement(`SELECT 1 FROM authgap_table WHERE ${condition}`);
    if (isSqlError(statement)) return UNREAD;
    return conjunctsReading(statement.conjuncts, (conjunct) => {
      const column = columns.get(conjunct.column) ?? this.#spelledOut(conjunct.column);
      if (column === null) return null;
      const { value } = conjunct;
      const indexes = value.kind === "placeholder" ? [value.index] : value.kind === "other" ? value.placeholders : [];
      const values = indexes.flatMap((index) => parts.get(statement.placeholders[index] ?? "")?.values ?? []);
      return {
        column: column.name,
        model: column.model,
        operator: conjunct.operator,
        position: conjunct.position,
        values: value.kind === "constant" ? [constant(value.text)] : values,
        vanishes: false,
        place: site.fn.place(site.v),
      };
    });
  }
}

/** A call of one of the library's operators, imported or handed to a callback. */
/** `more.length > 0 ? [...base, ...more] : base`: what stands on both sides is there whichever is taken. */
function isAmong(item: FilterItem, others: readonly FilterItem[]): boolean {
  const key = itemKey(item);
  return key !== "" && others.some((other) => itemKey(other) === key && other.optional === item.optional);
}

function itemKey({ reading }: FilterItem): string {
  return reading.alternatives
    .flat()
    .map(({ place, column, position }) => `${place.file}:${place.start}:${column}:${position}`)
    .join();
}

function conditionCall(origin: Origin): { name: string; site: Site } | null {
  if (origin.kind === "package" && origin.site !== null && /^drizzle-orm/.test(origin.module)) {
    return { name: /(\w+)\(\)$/.exec(origin.path)?.[1] ?? "", site: origin.site };
  }
  if (origin.kind === "apply" && origin.callee.kind === "parameter") {
    return { name: origin.callee.path.at(-1) ?? "", site: origin.site };
  }
  if (origin.kind === "source" && origin.source === "row" && origin.site !== null) {
    return origin.site.fn.op(origin.site.v) === Op.Tagged ? { name: "sql", site: origin.site } : null;
  }
  return null;
}
