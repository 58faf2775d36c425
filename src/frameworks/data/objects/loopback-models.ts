/** LoopBack 4 models: `@model()` classes with `@property`, `@belongsTo` and `@hasMany`. */
import type { DataColumn, DataModel, DataRelation } from "../../../model/data-model.js";
import type { Program } from "../../../program/linking/program.js";
import type { LinkQueries } from "../../../program/values/origin.js";
import { type DecoratedClass, type Decorator, decoratedClasses, optionOf, targetName } from "../decorated-classes.js";
import { fieldsOf } from "../literals.js";

const MODULE = /^@loopback\/repository$/;

export function readLoopbackModels(program: Program, queries: LinkQueries): DataModel[] {
  return decoratedClasses(program, queries, MODULE).flatMap((one) => {
    const model = one.decorators.find((decorator) => decorator.name === "model");
    return model === undefined ? [] : [classModel(one, model, queries)];
  });
}

function classModel(one: DecoratedClass, model: Decorator, queries: LinkQueries): DataModel {
  const columns: DataColumn[] = [];
  const relations: DataRelation[] = [];
  for (const { member, decorators } of one.members) {
    const relation = decorators.find(({ name }) => /^(?:belongsTo|hasMany|hasOne|referencesMany)$/.test(name));
    if (relation !== undefined) {
      const target = targetName(relation.args[0], queries);
      const owning = relation.name === "belongsTo";
      if (owning) columns.push({ ...plain(member.name), references: target });
      const name = owning ? member.name.replace(/Id$/, "") : member.name;
      const many = relation.name.endsWith("Many");
      relations.push({ name, model: target, many, columns: owning ? [member.name] : [] });
    } else if (decorators.some(({ name }) => name === "property" || name.startsWith("property."))) {
      const primary = decorators.some((decorator) => isPrimary(decorator, queries));
      columns.push({ ...plain(member.name), primary, unique: primary });
    }
  }
  const { at } = one.file.lowered.classes[one.index];
  return {
    name: one.name,
    table: optionOf(model, "name", queries) || one.name,
    layer: "loopback",
    columns,
    relations,
    uniques: [],
    place: one.file.place(at.start, at.length),
  };
}

/** `@property({ type: "string", id: true })` */
function isPrimary({ args }: Decorator, queries: LinkQueries): boolean {
  return args.some((arg) =>
    fieldsOf(arg, queries, null).fields.some(
      ({ name, site }) => name === "id" && queries.evaluate(site).some((o) => o.kind === "constant" && !!o.value),
    ),
  );
}

function plain(name: string): DataColumn {
  return { name, dbName: name, type: "", optional: false, unique: false, primary: false, references: "" };
}
