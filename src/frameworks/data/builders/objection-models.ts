/** Objection's model classes: `static tableName`, `jsonSchema`, `relationMappings`. */
import type { DataColumn, DataModel, DataRelation } from "../../../model/data-model.js";
import { memberOfClass, superOrigins } from "../../../program/linking/class-members.js";
import type { ProgramFile } from "../../../program/linking/function-view.js";
import type { Program } from "../../../program/linking/program.js";
import type { LinkQueries, Origin, Site } from "../../../program/values/origin.js";
import { targetName } from "../decorated-classes.js";
import { fieldsOf } from "../literals.js";

type ClassOrigin = Extract<Origin, { kind: "class" }>;

const MAX_ANCESTORS = 6;

export function readObjectionModels(program: Program, queries: LinkQueries): DataModel[] {
  const models: DataModel[] = [];
  for (const file of program.files) {
    for (const [index, info] of file.lowered.classes.entries()) {
      if (
        info.extends < 0 ||
        info.name === "" ||
        !extendsModel({ kind: "class", file, index, frame: null }, queries, 0)
      )
        continue;
      const model = classModel(file, index, queries);
      if (model !== null) models.push(model);
    }
  }
  return models;
}

function extendsModel(below: ClassOrigin, queries: LinkQueries, depth: number): boolean {
  if (depth > MAX_ANCESTORS) return false;
  return superOrigins(below.file, below.index, queries, below.frame).some((parent) => {
    if (parent.kind === "package") return parent.module === "objection";
    return parent.kind === "class" && extendsModel(parent, queries, depth + 1);
  });
}

function classModel(file: ProgramFile, index: number, queries: LinkQueries): DataModel | null {
  const info = file.lowered.classes[index];
  const owner = { kind: "class", file, index, frame: null } as const;
  const named = (name: string): readonly Origin[] => memberOfClass(owner, name, queries);
  const [table] = named("tableName");
  if (table?.kind !== "constant" || typeof table.value !== "string") return null;
  const columns = new Map<string, DataColumn>();
  for (const member of info.members) {
    if (!member.static && member.fn < 0) columns.set(member.name, plain(member.name));
  }
  for (const literal of literals(named("jsonSchema"))) {
    const { fields } = fieldsOf(literal, queries, null);
    const properties = fields.find((field) => field.name === "properties");
    if (properties === undefined) continue;
    for (const { name } of fieldsOf(properties.site, queries, null).fields) columns.set(name, plain(name));
  }
  const relations = literals(named("relationMappings")).flatMap((literal) =>
    fieldsOf(literal, queries, null).fields.map((field) => relationOf(field.name, field.site, queries)),
  );
  for (const relation of relations) {
    columns.delete(relation.name);
    const [key] = relation.columns;
    if (key !== undefined) columns.set(key, { ...(columns.get(key) ?? plain(key)), references: relation.model });
  }
  return {
    name: info.name,
    table: table.value,
    layer: "objection",
    columns: [{ ...plain("id"), primary: true, unique: true }, ...[...columns.values()].filter((c) => c.name !== "id")],
    relations,
    uniques: [],
    place: file.place(info.at.start, info.at.length),
  };
}

function literals(origins: readonly Origin[]): readonly Site[] {
  return origins.flatMap((origin) => (origin.kind === "literal" && origin.form === "object" ? [origin.site] : []));
}

/** `{ relation: Model.BelongsToOneRelation, modelClass: Org, join: { from: "orders.orgId", to: "orgs.id" } }` */
function relationOf(name: string, site: Site, queries: LinkQueries): DataRelation {
  const { fields } = fieldsOf(site, queries, null);
  const at = (key: string): Site | undefined => fields.find((field) => field.name === key)?.site;
  const kind = at("relation");
  const [relation] = kind === undefined ? [] : queries.evaluate(kind);
  const belongs = relation?.kind === "package" && relation.path.endsWith("BelongsToOneRelation");
  const join = at("join");
  const from = join === undefined ? undefined : fieldsOf(join, queries, null).fields.find((f) => f.name === "from");
  const [column] = from === undefined ? [] : queries.evaluate(from.site);
  const key = column?.kind === "constant" ? (String(column.value).split(".").at(-1) ?? "") : "";
  return {
    name,
    model: targetName(at("modelClass"), queries),
    many: !belongs,
    columns: belongs && key !== "" ? [key] : [],
  };
}

function plain(name: string): DataColumn {
  return { name, dbName: name, type: "", optional: false, unique: false, primary: false, references: "" };
}
