/** Sequelize models: decorated classes, `Model.init(columns, options)`, `sequelize.define(name, columns)`, associations. */

import type { DataColumn, DataModel, DataRelation } from "../../../model/data-model.js";
import { Op } from "../../../model/lowered.js";
import type { Program } from "../../../program/linking/program.js";
import type { LinkQueries, Origin, Site } from "../../../program/values/origin.js";
import type { ProgramIndex } from "../../routing.js";
import { argumentsOf } from "../builders/knex-steps.js";
import {
  type DecoratedClass,
  type Decorator,
  decoratedClasses,
  optionOf,
  targetName,
  textOf,
} from "../decorated-classes.js";
import { fieldsOf } from "../literals.js";
import { receiverModel } from "../model-classes.js";
import { definedName, SEQUELIZE } from "./sequelize.js";

const RELATION = /^(?:BelongsTo|HasOne|HasMany|BelongsToMany)$/;

export function readSequelizeModels(program: Program, queries: LinkQueries, index: ProgramIndex): DataModel[] {
  const models: DataModel[] = [];
  for (const one of decoratedClasses(program, queries, SEQUELIZE)) {
    const table = one.decorators.find((decorator) => decorator.name === "Table");
    if (table === undefined) continue;
    const model = modelsByClass.get(one) ?? decorated(one, table, queries);
    modelsByClass.set(one, model);
    models.push(model);
  }
  // by the name of the class
  const initialised = new Map<string, string>();
  for (const site of index.callsOfMember("init")) {
    const name = receiverModel(site, queries);
    if (name === "" || !comesFrom(site, queries)) continue;
    const made = fromCall(site, name, 0, queries);
    for (const model of made) initialised.set(name, model.name);
    models.push(...made);
  }
  for (const site of index.callsOfMember("define")) {
    const [first] = argumentsOf(site);
    const name = first === undefined ? "" : textOf(first, queries);
    if (name !== "" && (comesFrom(site, queries) || isHandedOver(site, queries)))
      models.push(...fromCall(site, name, 1, queries));
  }
  return associated(models, initialised, queries, index);
}

const modelsByClass = new WeakMap<DecoratedClass, DataModel>();

function comesFrom(site: Site, queries: LinkQueries): boolean {
  return queries
    .evaluate({ ...site, v: site.fn.callee(site.v) })
    .some((origin) => origin.kind === "package" && SEQUELIZE.test(origin.module));
}

/** `(sequelize, DataTypes) => sequelize.define("order", { total: DataTypes.INTEGER })`, told by its column types */
function isHandedOver(site: Site, queries: LinkQueries): boolean {
  const [callee] = queries.evaluate({ ...site, v: site.fn.callee(site.v) });
  const [, shape] = argumentsOf(site);
  if (callee?.kind !== "parameter" || shape === undefined) return false;
  return fieldsOf(shape, queries, null).fields.some((field) => {
    const typed = fieldsOf(field.site, queries, null).fields.find((one) => one.name === "type");
    return isColumnType(typed?.site ?? field.site);
  });
}

/** `DataTypes.STRING`, `DataTypes.STRING(80)` */
function isColumnType({ fn, v }: Site): boolean {
  const written = fn.op(v) === Op.Call ? fn.callee(v) : v;
  return fn.op(written) === Op.Member && /^[A-Z][A-Z0-9]+$/.test(fn.memberName(written));
}

function decorated(one: DecoratedClass, table: Decorator, queries: LinkQueries): DataModel {
  const relations = one.members.flatMap(({ member, decorators }) => relationOf(member.name, decorators, queries) ?? []);
  const columns = one.members.flatMap(({ member, decorators }) => {
    const column = columnOf(member.name, decorators, queries);
    return column === null ? [] : [referring(column, relations)];
  });
  return {
    name: one.name,
    table: optionOf(table, "tableName", queries) || one.name,
    layer: "sequelize",
    columns,
    relations,
    uniques: [],
    place: place(one),
  };
}

/** `@BelongsTo(() => Org, "orgId")`, `@HasMany(() => Order)` */
function relationOf(name: string, decorators: readonly Decorator[], queries: LinkQueries): DataRelation | null {
  const relation = decorators.find((decorator) => RELATION.test(decorator.name));
  if (relation === undefined) return null;
  const key = textOf(relation.args[1], queries) || optionOf(relation, "foreignKey", queries) || `${name}Id`;
  return {
    name,
    model: targetName(relation.args[0], queries),
    many: relation.name.endsWith("Many"),
    columns: relation.name === "BelongsTo" ? [key] : [],
  };
}

/** `@ForeignKey(() => Org) @Column({ field: "org_id" })`; a member that is a relation is no column. */
function columnOf(name: string, decorators: readonly Decorator[], queries: LinkQueries): DataColumn | null {
  const named = (wanted: string): Decorator | undefined => decorators.find((decorator) => decorator.name === wanted);
  const foreign = named("ForeignKey");
  const column = named("Column");
  const primary = named("PrimaryKey") !== undefined;
  const isColumn = column !== undefined || foreign !== undefined || primary;
  if (!isColumn || decorators.some((decorator) => RELATION.test(decorator.name))) return null;
  return {
    name,
    dbName: (column === undefined ? "" : optionOf(column, "field", queries)) || name,
    type: "",
    optional: named("AllowNull") !== undefined,
    unique: primary || named("Unique") !== undefined,
    primary,
    references: foreign === undefined ? "" : targetName(foreign.args[0], queries),
  };
}

/** The column with the model that a relation says it points to. */
function referring(column: DataColumn, relations: readonly DataRelation[]): DataColumn {
  const relation = column.references === "" ? relations.find((one) => one.columns[0] === column.name) : undefined;
  return relation === undefined ? column : { ...column, references: relation.model };
}

function place({ file, index }: DecoratedClass): DataModel["place"] {
  const { at } = file.lowered.classes[index];
  return file.place(at.start, at.length);
}

/** `Order.init({ id: { type, primaryKey }, orgId: { references: { model } } }, { tableName })` */
function fromCall(site: Site, name: string, at: number, queries: LinkQueries): readonly DataModel[] {
  const args = argumentsOf(site);
  const [shape, options] = args.slice(at);
  if (shape === undefined) return [];
  const { fields } = fieldsOf(shape, queries, null);
  if (fields.length === 0) return [];
  const option = (of: Site | undefined, key: string): string => {
    const field = of === undefined ? undefined : fieldsOf(of, queries, null).fields.find((one) => one.name === key);
    return textOf(field?.site, queries);
  };
  const columns = fields.map((field): DataColumn => {
    const reference = fieldsOf(field.site, queries, null).fields.find((one) => one.name === "references");
    const target = fieldsOf(reference?.site ?? field.site, queries, null).fields.find((one) => one.name === "model");
    const primary = option(field.site, "primaryKey") === "true";
    return {
      name: field.name,
      dbName: option(field.site, "field") || field.name,
      type: "",
      optional: option(field.site, "allowNull") !== "false" && !primary,
      unique: primary || option(field.site, "unique") === "true",
      primary,
      references: reference === undefined ? "" : targetName(target?.site, queries) || textOf(target?.site, queries),
    };
  });
  const id: DataColumn = {
    name: "id",
    dbName: "id",
    type: "",
    optional: false,
    unique: true,
    primary: true,
    references: "",
  };
  return [
    {
      name: option(options, "modelName") || name,
      table: option(options, "tableName") || name,
      layer: "sequelize",
      columns: columns.some((column) => column.primary) ? columns : [id, ...columns],
      relations: [],
      uniques: [],
      place: site.fn.place(site.v),
    },
  ];
}

/** `Order.belongsTo(Organization, { foreignKey: "orgId", as: "organization" })` */
function associated(
  models: DataModel[],
  initialised: ReadonlyMap<string, string>,
  queries: LinkQueries,
  index: ProgramIndex,
): DataModel[] {
  const found = new Map(models.map((model) => [model.name, model]));
  const nameOf = (written: string): string => initialised.get(written) ?? written;
  for (const kind of ["belongsTo", "hasMany", "hasOne", "belongsToMany"]) {
    for (const site of index.callsOfMember(kind)) {
      const [target, options] = argumentsOf(site);
      const model =
        nameOf(targetName(target, queries)) || (target === undefined ? "" : modelNamed(target, found, queries));
      const receiver = { ...site, v: site.fn.a(site.fn.callee(site.v)) };
      const owner = found.get(nameOf(receiverModel(site, queries))) ?? found.get(modelNamed(receiver, found, queries));
      if (owner === undefined || model === "") continue;
      const given = options === undefined ? [] : fieldsOf(options, queries, null).fields;
      const text = (name: string): string => textOf(given.find((field) => field.name === name)?.site, queries);
      const name = text("as") || model.slice(0, 1).toLowerCase() + model.slice(1);
      const key = text("foreignKey") || `${name}Id`;
      const columns = kind === "belongsTo" ? [key] : [];
      found.set(owner.name, {
        ...owner,
        columns: kind === "belongsTo" ? withReference(owner.columns, key, model) : owner.columns,
        relations: [...owner.relations, { name, model, many: kind.endsWith("Many"), columns }],
      });
    }
  }
  return [...found.values()];
}

/** A model that `define` made, or one read by its name: `models.Order` in what `associate` is handed. */
function modelNamed(site: Site, models: ReadonlyMap<string, DataModel>, queries: LinkQueries): string {
  const { fn, v } = site;
  for (const origin of queries.evaluate(site)) {
    const name =
      origin.kind === "package" && SEQUELIZE.test(origin.module) ? definedName(origin, queries) : listedName(origin);
    if (models.has(name)) return name;
  }
  const written = fn.op(v) === Op.Member ? fn.memberName(v) : "";
  return models.has(written) ? written : "";
}

/** `const { order } = sequelize.models` of what a function is handed */
function listedName(origin: Origin): string {
  return origin.kind === "parameter" && origin.path.at(-2) === "models" ? (origin.path.at(-1) ?? "") : "";
}

function withReference(columns: readonly DataColumn[], key: string, model: string): readonly DataColumn[] {
  const known = columns.some((column) => column.name === key);
  const made: DataColumn = {
    name: key,
    dbName: key,
    type: "",
    optional: true,
    unique: false,
    primary: false,
    references: model,
  };
  return known
    ? columns.map((column) => (column.name === key ? { ...column, references: model } : column))
    : [...columns, made];
}
