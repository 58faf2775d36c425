/** MikroORM entities as data models: decorated classes. */
import type { DataColumn, DataModel, DataRelation } from "../../../model/data-model.js";
import type { Program } from "../../../program/linking/program.js";
import type { LinkQueries } from "../../../program/values/origin.js";
import {
  type DecoratedClass,
  type Decorator,
  decoratedClasses,
  optionOf,
  targetName,
  textOf,
} from "../decorated-classes.js";
import { MIKRO } from "./mikro.js";

const COLUMN = /^(?:Property|PrimaryKey|SerializedPrimaryKey|Enum|Unique|Index)$/;
const RELATION = /^(?:ManyToOne|OneToOne|OneToMany|ManyToMany)$/;

export function readMikroModels(program: Program, queries: LinkQueries): DataModel[] {
  return decoratedClasses(program, queries, MIKRO).flatMap((one) => {
    const entity = one.decorators.find((decorator) => decorator.name === "Entity");
    return entity === undefined ? [] : [entityModel(one, entity, queries)];
  });
}

function entityModel(one: DecoratedClass, entity: Decorator, queries: LinkQueries): DataModel {
  const columns: DataColumn[] = [];
  const relations: DataRelation[] = [];
  for (const { member, decorators } of one.members) {
    const relation = decorators.find((decorator) => RELATION.test(decorator.name));
    if (relation !== undefined) {
      const target =
        targetName(relation.args[0], queries) || optionTarget(relation, queries) || declaredType(one, member.type);
      const owning = relation.name === "ManyToOne" || relation.name === "OneToOne";
      // the key of a relation has the relation's own name here
      if (owning) columns.push({ ...plain(member.name), references: target });
      const many = relation.name.endsWith("ToMany");
      relations.push({ name: member.name, model: target, many, columns: owning ? [member.name] : [] });
    } else if (decorators.some((decorator) => COLUMN.test(decorator.name))) {
      const primary = decorators.some((decorator) => decorator.name === "PrimaryKey");
      columns.push({ ...plain(member.name), primary, unique: primary });
    }
  }
  const { at } = one.file.lowered.classes[one.index];
  return {
    name: one.name,
    table: optionOf(entity, "tableName", queries) || optionOf(entity, "collection", queries) || snakeCase(one.name),
    layer: "mikro-orm",
    columns,
    relations,
    uniques: [],
    place: one.file.place(at.start, at.length),
  };
}

function optionTarget(relation: Decorator, queries: LinkQueries): string {
  const text = optionOf(relation, "entity", queries);
  return text === "" ? textOf(relation.args[1], queries) : text;
}

/** `organization!: Organization`, `Ref<Organization>` */
function declaredType({ file }: DecoratedClass, index: number): string {
  const type = file.lowered.types[index];
  if (type?.kind !== "name") return "";
  const [inner] = type.args;
  return inner?.kind === "name" ? inner.name : type.name;
}

function plain(name: string): DataColumn {
  return { name, dbName: name, type: "", optional: false, unique: false, primary: false, references: "" };
}

function snakeCase(name: string): string {
  return name.replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
}
