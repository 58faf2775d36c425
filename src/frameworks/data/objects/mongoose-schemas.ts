/** Mongoose schemas as data models: `model("Order", new Schema({ orgId: { type: ObjectId, ref: "Organization" } }))`. */
import type { DataColumn, DataModel } from "../../../model/data-model.js";
import { Op } from "../../../model/lowered.js";
import type { Program } from "../../../program/linking/program.js";
import type { LinkQueries, Origin, Site } from "../../../program/values/origin.js";
import type { ProgramIndex } from "../../routing.js";
import { argumentsOf } from "../builders/knex-steps.js";
import { decoratedClasses, optionOf, targetName, textOf } from "../decorated-classes.js";
import { alternativesOf, fieldsOf } from "../literals.js";

const MODULE = /^(?:mongoose|@nestjs\/mongoose|@typegoose\/typegoose)$/;

export function readMongooseModels(program: Program, queries: LinkQueries, index: ProgramIndex): DataModel[] {
  const models: DataModel[] = [];
  for (const site of [...index.callsOfMember("model"), ...index.callsOfName("model")]) {
    const callees = queries.evaluate({ ...site, v: site.fn.callee(site.v) });
    if (!callees.some((origin) => origin.kind === "package" && MODULE.test(origin.module))) continue;
    const [first, schema] = argumentsOf(site);
    const name = textOf(first, queries);
    if (name === "" || schema === undefined) continue;
    const columns = queries.evaluate(schema).flatMap((origin) => schemaColumns(origin, queries));
    models.push(modelOf(name, columns, site));
  }
  for (const one of decoratedClasses(program, queries, MODULE)) {
    const props = one.members.filter(({ decorators }) => decorators.some((d) => /^[Pp]rop$/.test(d.name)));
    if (props.length === 0) continue;
    const columns = props.map(({ member, decorators }): DataColumn => {
      const [prop] = decorators;
      return column(
        member.name,
        prop === undefined ? "" : refOf(prop.args[0], queries) || optionOf(prop, "ref", queries),
      );
    });
    const { at } = one.file.lowered.classes[one.index];
    const fn = one.file.module;
    models.push({
      ...modelOf(one.name, columns, { fn, v: 0, frame: null }),
      place: one.file.place(at.start, at.length),
    });
  }
  return linked(models);
}

/** Documents name what they belong to without `Id`, as plain text: `organization: String`. */
function linked(models: readonly DataModel[]): DataModel[] {
  const byName = new Map(models.map((model) => [model.name.toLowerCase(), model.name]));
  return models.map((model) => {
    const columns = model.columns.map((column) => {
      const target = byName.get(column.name.toLowerCase());
      const free =
        column.references === "" && column.type !== EMBEDDED && target !== undefined && target !== model.name;
      return free ? { ...column, references: target } : column;
    });
    return { ...model, columns };
  });
}

function modelOf(name: string, columns: readonly DataColumn[], site: Site): DataModel {
  const id: DataColumn = { ...column("_id", ""), unique: true, primary: true };
  const known = new Map([id, ...columns].map((one) => [one.name, one]));
  return {
    name,
    table: `${name.toLowerCase()}`,
    layer: "mongoose",
    columns: [...known.values()],
    relations: columns
      .filter((one) => one.references !== "")
      .map((one) => ({ name: one.name, model: one.references, many: false, columns: [one.name] })),
    uniques: [],
    place: site.fn.place(site.v),
  };
}

/** Columns of `new Schema({ … })`, and of a schema made of others. */
function schemaColumns(origin: Origin, queries: LinkQueries): readonly DataColumn[] {
  if (origin.kind !== "package" || origin.site === null || !/Schema\(\)$/.test(origin.path)) return [];
  const [shape] = argumentsOf(origin.site);
  if (shape === undefined) return [];
  return fieldsOf(shape, queries, null).fields.map(({ name, site }) => {
    const fields = fieldsOf(site, queries, null).fields;
    const text = (key: string): string => textOf(fields.find((field) => field.name === key)?.site, queries);
    const unique = text("unique") === "true";
    // `controls: { schema: Mixed }` is an object of the document, whatever else bears its name
    const embedded = fields.length > 0 && !fields.some((field) => field.name === "type" || field.name === "ref");
    const type = embedded ? EMBEDDED : "";
    const fallback = text("default");
    return {
      ...column(name, refOf(site, queries)),
      type,
      optional: text("required") !== "true",
      unique,
      ...(fallback === "" ? {} : { fallback }),
    };
  });
}

/** `{ type: ObjectId, ref: "User" }`, also for a list of them. */
function refOf(site: Site | undefined, queries: LinkQueries): string {
  if (site === undefined) return "";
  for (const origin of alternativesOf(queries.evaluate(site))) {
    if (origin.kind !== "literal") continue;
    const { fn, v, frame } = origin.site;
    const [item] = origin.form === "array" ? fn.list(fn.a(v)) : [v];
    if (item === undefined || fn.op(item) !== Op.Object) continue;
    const field = fieldsOf({ fn, v: item, frame }, queries, null).fields.find((one) => one.name === "ref");
    if (field !== undefined) return textOf(field.site, queries) || targetName(field.site, queries);
  }
  return "";
}

/** the type of what is written into the document itself */
const EMBEDDED = "json";

function column(name: string, references: string): DataColumn {
  return { name, dbName: name, type: "", optional: false, unique: false, primary: false, references };
}
