/** Lucid's model classes (AdonisJS): `@column`, `@belongsTo(() => User)`, `@hasMany(() => Comment)`. */
import type { DataColumn, DataModel, DataRelation } from "../../../model/data-model.js";
import type { Program } from "../../../program/linking/program.js";
import type { LinkQueries } from "../../../program/values/origin.js";
import { type DecoratedClass, type Decorator, decoratedClasses, optionOf, targetName } from "../decorated-classes.js";
import { fieldsOf } from "../literals.js";

export const LUCID = /^(?:@adonisjs\/lucid(?:\/.*)?|@ioc:Adonis\/Lucid\/\w+)$/;

const RELATION = /^(?:belongsTo|hasMany|hasOne|manyToMany|hasManyThrough)$/;

export function readLucidModels(program: Program, queries: LinkQueries): DataModel[] {
  // its classes have decorators on their members only
  return decoratedClasses(program, queries, LUCID, "members").flatMap((one) => {
    const declares = one.members.some(({ decorators }) => decorators.some(({ name }) => isColumn(name)));
    return declares ? [classModel(one, queries)] : [];
  });
}

function isColumn(name: string): boolean {
  return name === "column" || name.startsWith("column.");
}

function classModel(one: DecoratedClass, queries: LinkQueries): DataModel {
  const columns: DataColumn[] = [];
  const relations: DataRelation[] = [];
  for (const { member, decorators } of one.members) {
    const relation = decorators.find(({ name }) => RELATION.test(name));
    const column = decorators.find(({ name }) => isColumn(name));
    if (relation !== undefined) relations.push(relationOf(member.name, relation, queries));
    else if (column !== undefined) {
      const primary = isSet(column, "isPrimary", queries);
      const dbName = optionOf(column, "columnName", queries) || snakeCase(member.name);
      columns.push({ ...plain(member.name), dbName, primary, unique: primary });
    }
  }
  const { at, name } = one.file.lowered.classes[one.index];
  return {
    name,
    table: `${snakeCase(name)}s`,
    layer: "lucid",
    columns: columns.map((column) => ({ ...column, references: referenced(column.name, relations) })),
    relations,
    uniques: [],
    place: one.file.place(at.start, at.length),
  };
}

/** Where no foreign key is named it is the relation's own name and `Id`. */
function relationOf(name: string, relation: Decorator, queries: LinkQueries): DataRelation {
  const owning = relation.name === "belongsTo";
  const key = optionOf(relation, "foreignKey", queries) || `${name}Id`;
  // one that points back at its owner by a key of its own: `@hasOne(() => User, { localKey: "creatorId" })`
  const local = relation.name === "hasOne" ? optionOf(relation, "localKey", queries) : "";
  return {
    name,
    model: targetName(relation.args[0], queries),
    many: /Many/.test(relation.name),
    columns: owning ? [key] : local !== "" && local !== "id" ? [local] : [],
  };
}

function referenced(column: string, relations: readonly DataRelation[]): string {
  return relations.find((relation) => relation.columns.includes(column))?.model ?? "";
}

function isSet({ args }: Decorator, option: string, queries: LinkQueries): boolean {
  return args.some((arg) =>
    fieldsOf(arg, queries, null).fields.some(
      ({ name, site }) => name === option && queries.evaluate(site).some((o) => o.kind === "constant" && !!o.value),
    ),
  );
}

function plain(name: string): DataColumn {
  return { name, dbName: name, type: "", optional: false, unique: false, primary: false, references: "" };
}

function snakeCase(name: string): string {
  return name.replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
}
