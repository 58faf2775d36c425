/** TypeORM query builders: conditions collected along a chain, and from later statements on the same builder. */
import type { DataModel } from "../../model/data-model.js";
import type { AccessOperation, ConjunctPosition } from "../../model/facts.js";
import { Op } from "../../model/lowered.js";
import type { Origin, OriginQueries, PackageOrigin, Site } from "../../program/values/origin.js";
import type { ModelMatcher } from "../schema/match-model.js";
import { isSqlError, parseStatement, type SqlConjunct } from "../sql/statement.js";
import { BuilderParameters } from "./builder-parameters.js";
import { builderSteps, type Step } from "./builder-steps.js";
import type { DataCall, FilterTerm, WrittenColumn } from "./data-call.js";
import {
  conjunction,
  disjunction,
  optional,
  type Reading,
  superseded,
  termReading,
  toFilter,
  UNFILTERED,
  UNREAD,
} from "./filter-terms.js";
import { foreignKeyFor } from "./foreign-key.js";
import { fieldsOf } from "./literals.js";
import { ObjectFilterReader } from "./object-filter.js";
import { conjunctsReading } from "./sql-conditions.js";
import { type SqlText, sqlTextOf } from "./sql-text.js";
import type { TypeormCall } from "./typeorm-calls.js";
import { entityName } from "./typeorm-entities.js";
import type { TypeormDialect } from "./typeorm-filter.js";

const STEP =
  /^(?:createQueryBuilder|where|andWhere|orWhere|whereInIds|andWhereInIds|having|setParameters?|(?:left|inner)Join(?:AndSelect|AndMapOne|AndMapMany)?|from|into|update|delete|softDelete|insert|set|values|select|addSelect)$/;

export class BuilderReader {
  constructor(
    private readonly models: ModelMatcher,
    private readonly dialect: TypeormDialect,
  ) {}

  read(call: TypeormCall, model: DataModel | undefined, site: Site, queries: OriginQueries): DataCall | null {
    if (call.callee.kind !== "package") return null;
    const steps = builderSteps(call.callee, site, STEP);
    const operation = operationOf(steps, call.operation);
    const conditions = new Conditions(steps, model, this.models, this.dialect, queries, site);
    const entity = conditions.entity;
    const found = model ?? (entity === "" ? undefined : this.models.named(entity, site.fn.file.path));
    return {
      layer: "typeorm",
      model: found?.name ?? (entity || call.entity),
      operation,
      method: call.name,
      site,
      filter: toFilter(operation === "create" ? UNFILTERED : conditions.reading(), site.fn.place(site.v)),
      ...conditions.written(),
      loads: conditions.loads,
      countOnly: call.countOnly,
      also: [],
    };
  }
}

function operationOf(steps: readonly Step[], fallback: AccessOperation): AccessOperation {
  for (const step of steps) {
    if (step.name === "update") return "update";
    if (step.name === "delete" || step.name === "softDelete") return "delete";
    if (step.name === "insert") return "create";
  }
  return fallback;
}

class Conditions {
  /** alias → path of relations from the main entity, '' for itself */
  readonly #paths = new Map<string, string>();
  readonly loads: string[] = [];
  entity = "";
  #alias = "";
  /** what is read now stands in the ON of an outer join: of the joined row alone, whose foreign key is left as it is */
  #ofJoinedRow = false;

  constructor(
    private readonly steps: readonly Step[],
    private readonly model: DataModel | undefined,
    private readonly models: ModelMatcher,
    private readonly dialect: TypeormDialect,
    private readonly queries: OriginQueries,
    private readonly use: Site,
  ) {
    for (const step of steps) this.#names(step);
  }

  /** Aliases, entity and joins. */
  #names(step: Step): void {
    const { fn, v, frame } = step.site;
    const texts = Array.from(fn.args(v)).map((arg) => this.queries.evaluate({ fn, v: arg, frame })[0]);
    const words = texts.map((o) => (o?.kind === "constant" && typeof o.value === "string" ? o.value : ""));
    if (/^(?:createQueryBuilder|from|into|update)$/.test(step.name)) {
      const named = texts.find((o) => o?.kind === "class");
      if (named !== undefined) this.entity = entityName(named);
      const alias = words.find((word) => word !== "");
      if (alias !== undefined) this.#alias = alias;
      this.#paths.set(this.#alias, "");
    } else if (/Join/.test(step.name)) {
      const alias = words[1];
      const [target] = fn.args(v);
      const relation = target === undefined ? "" : sqlTextOf({ fn, v: target, frame }, this.queries).text;
      const [from, property] = relation.split(".");
      const path = property === undefined ? "" : `${this.#paths.get(from) ?? ""}${property}.`;
      if (alias !== undefined && alias !== "") this.#paths.set(alias, path);
      if (/Select|Map/.test(step.name) && property !== undefined) this.loads.push(property);
    }
  }

  /** Conditions in order: a second `where` replaces what stands before, `orWhere` loosens all of it. */
  reading(): Reading {
    let all: Reading = UNFILTERED;
    const joins: Reading[] = [];
    for (const step of this.steps) {
      this.#ofJoinedRow = /^leftJoin/.test(step.name);
      const found = this.#condition(step);
      if (found === null) continue;
      const reading = step.conditional ? optional(found, [], step.unless) : found;
      if (/^innerJoin/.test(step.name)) joins.push(reading);
      else if (/^leftJoin/.test(step.name)) joins.push(positioned(reading, "outer-join"));
      else if (step.name === "orWhere") all = disjunction([all, found]);
      else if (step.name === "where" && !step.conditional) all = conjunction([superseded(all), reading]);
      else all = conjunction([all, reading]);
    }
    return conjunction([all, ...joins]);
  }

  #condition(step: Step): Reading | null {
    const { fn, v, frame } = step.site;
    const args = Array.from(fn.args(v), (arg): Site => ({ fn, v: arg, frame }));
    const join = /Join/.test(step.name);
    const condition = join ? args[step.name.includes("Map") ? 3 : 2] : args[0];
    if (condition === undefined) return null;
    if (/^(?:and)?[wW]hereInIds$/.test(step.name)) {
      const values = this.queries.evaluate(condition);
      return termReading(this.#term("id", "in", values, condition));
    }
    if (!join && !/^(?:where|andWhere|orWhere)$/.test(step.name)) return null;
    const parameters = join ? args[step.name.includes("Map") ? 4 : 3] : args[1];
    return this.#written(condition, parameters);
  }

  #term(column: string, operator: string, values: readonly Origin[], at: Site): FilterTerm {
    const place = at.fn.place(at.v);
    // of a parameter that is undefined the database is told NULL, which nothing equals
    return { column, model: "", operator, position: "and", values, vanishes: false, demanded: true, place };
  }

  /** A condition in text, as an object, or as nested conditions in Brackets. */
  #written(condition: Site, parameters: Site | undefined): Reading {
    const origins = this.queries.evaluate(condition);
    const [only] = origins;
    if (origins.length === 1 && only.kind === "package" && /(?:Not)?Brackets\(\)$/.test(only.path)) {
      return this.#brackets(only);
    }
    if (origins.some((o) => o.kind === "literal" && (o.form === "object" || o.form === "array"))) {
      const reader = new ObjectFilterReader(this.queries, this.dialect, this.use);
      return reader.where(condition, { prefix: "", model: this.model, relation: false });
    }
    const assembled = sqlTextOf(condition, this.queries);
    if (assembled.foreign) return UNREAD;
    return this.#parsed(assembled, parameters, condition);
  }

  #brackets(origin: PackageOrigin): Reading {
    const site = origin.site;
    const [callback] = site === null ? [] : site.fn.args(site.v);
    if (site === null || callback === undefined) return UNREAD;
    let all = UNFILTERED;
    for (const { name, first, second } of this.#nested({ ...site, v: callback })) {
      const reading = this.#written(first, second);
      if (name === "where") all = reading;
      else all = name === "orWhere" ? disjunction([all, reading]) : conjunction([all, reading]);
    }
    return origin.path.startsWith("Not") ? positioned(all, "negated") : all;
  }

  /** Conditions in the function given to Brackets, in order. */
  *#nested(callback: Site): Generator<{ name: string; first: Site; second: Site | undefined }> {
    for (const made of this.queries.evaluate(callback)) {
      if (made.kind !== "function" || !made.fn.hasBody) continue;
      const { fn, frame } = made;
      for (const call of fn.calls) {
        const name = fn.op(call) === Op.Call ? fn.memberName(fn.callee(call)) : "";
        if (!/^(?:where|andWhere|orWhere)$/.test(name)) continue;
        const [first, second] = Array.from(fn.args(call), (v): Site => ({ fn, v, frame }));
        if (first !== undefined) yield { name, first, second };
      }
    }
  }

  #parsed(assembled: SqlText, parameters: Site | undefined, at: Site): Reading {
    const aliases = [...this.#paths.keys()].filter((alias) => /^\w+$/.test(alias));
    const tables =
      aliases.length === 0 ? "t" : aliases.map((alias) => `"t_${alias}" "${alias.toLowerCase()}"`).join(", ");
    // a list is bound to a spread placeholder, `IN (:...ids)`; relation paths of three parts are no columns
    const quoted = aliases.length === 0 ? /(?!)/ : new RegExp(`(?<![\\w."])(${aliases.join("|")})\\.(?=["\\w])`, "gi");
    // an alias may be a word of SQL, such as `user`
    const text = assembled.text
      .replaceAll(":...", ":")
      .replace(quoted, (_, alias: string) => `"${alias.toLowerCase()}".`);
    const statement = parseStatement(`SELECT 1 FROM ${tables} WHERE ${text}`);
    if (isSqlError(statement)) return UNREAD;
    return conjunctsReading(statement.conjuncts, (conjunct) =>
      this.#conjunct(conjunct, statement.placeholders, assembled, parameters, at),
    );
  }

  #conjunct(
    conjunct: SqlConjunct,
    placeholders: readonly string[],
    assembled: SqlText,
    parameters: Site | undefined,
    at: Site,
  ): FilterTerm | null {
    if (conjunct.value.kind === "column") return null;
    const alias = [...this.#paths.keys()].find((name) => name.toLowerCase() === conjunct.table.toLowerCase());
    const path = alias === undefined ? "" : (this.#paths.get(alias) ?? "");
    const column = this.#columnAt(path, asWritten(conjunct.column, assembled.text));
    const bound = new BuilderParameters(this.steps, placeholders, assembled, parameters, this.queries);
    const values = bound.values(conjunct.value);
    return { ...this.#term(column, conjunct.operator, values, at), position: conjunct.position };
  }

  /** The key of a joined row is the foreign key by which it was joined: `owner.id` of `order.owner` is `ownerId`. */
  #columnAt(path: string, name: string): string {
    const column = this.#columnName(name, path);
    if (this.#ofJoinedRow) return `${path}${column}`;
    const [first, ...others] = path.split(".").filter((part) => part !== "");
    const relation = others.length > 0 ? undefined : this.#main?.relations.find((item) => item.name === first);
    const target = relation === undefined ? undefined : this.models.named(relation.model);
    return foreignKeyFor(relation, target, column) ?? `${path}${column}`;
  }

  get #main(): DataModel | undefined {
    return this.model ?? (this.entity === "" ? undefined : this.models.named(this.entity));
  }

  /** The property for a column's name in the database, the foreign key for a relation. */
  #columnName(name: string, path: string): string {
    let model = this.#main;
    for (const step of path.split(".").filter((part) => part !== "")) {
      const relation = model?.relations.find((item) => item.name === step);
      model = relation === undefined ? undefined : this.models.named(relation.model);
    }
    const same = (other: string): boolean => other.toLowerCase() === name.toLowerCase();
    const relation = model?.relations.find((item) => same(item.name))?.columns[0];
    return model?.columns.find((column) => same(column.name) || same(column.dbName))?.name ?? relation ?? name;
  }

  written(): { written: readonly WrittenColumn[]; writtenWhole: readonly Origin[] } {
    const written: WrittenColumn[] = [];
    const writtenWhole: Origin[] = [];
    for (const step of this.steps) {
      if (step.name !== "set" && step.name !== "values") continue;
      const [first] = step.site.fn.args(step.site.v);
      if (first === undefined) continue;
      const { fields, opaque } = fieldsOf({ ...step.site, v: first }, this.queries, null);
      writtenWhole.push(...opaque);
      for (const { name, site } of fields) {
        const column = this.model?.relations.find((item) => item.name === name)?.columns[0] ?? name;
        written.push({ column, values: this.queries.evaluate(site), place: site.fn.place(site.v) });
      }
    }
    return { written, writtenWhole };
  }
}

/** Unquoted names lose their case when parsed. */
function asWritten(name: string, text: string): string {
  return /^\w+$/.test(name) ? (new RegExp(`\\b${name}\\b`, "i").exec(text)?.[0] ?? name) : name;
}

function positioned(reading: Reading, position: ConjunctPosition): Reading {
  const alternatives = reading.alternatives.map((terms) => terms.map((term) => ({ ...term, position })));
  return { alternatives, known: reading.known };
}
