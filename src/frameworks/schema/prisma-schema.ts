/**
 * Reads `schema.prisma` texts, also when one schema is spread over several files, into data models.
 * Anything odd is stepped over: a half-read schema is better than none, and nothing here throws.
 */
import type { DataColumn, DataModel, DataRelation } from "../../model/data-model.js";
import { attributesOf, blocksOf, namesIn, type PrismaAttribute, type PrismaBlock, unquote } from "./prisma-text.js";

export interface SchemaFile {
  /** from the root, POSIX separators */
  readonly path: string;
  readonly text: string;
}

interface Field {
  readonly name: string;
  readonly type: string;
  readonly many: boolean;
  readonly optional: boolean;
  readonly attributes: readonly PrismaAttribute[];
}

/** Models and views of all schemas; independent schemas in one repository keep apart. */
export function readPrismaModels(files: readonly SchemaFile[]): DataModel[] {
  return groupSchemas(files).flatMap((group) => {
    const blocks = group.flatMap((file) => blocksOf(file.text).map((block) => ({ block, file })));
    const models = blocks.filter(({ block }) => block.kind === "model" || block.kind === "view");
    const names = new Set(models.map(({ block }) => block.name));
    const enums = enumsOf(blocks.map(({ block }) => block));
    return models.map(({ block, file }) => toModel(block, file.path, names, enums));
  });
}

/**
 * Files that make one schema together. A file with a `datasource` block begins a schema; files without one belong to the
 * nearest such file at or above their folder, else to one in a folder beside or below (`prisma/models` next to `prisma/schema`).
 */
function groupSchemas(files: readonly SchemaFile[]): readonly (readonly SchemaFile[])[] {
  const heads = files.filter((file) => /^\s*datasource\s+\w+\s*\{/m.test(file.text));
  const groups = new Map(heads.map((head) => [head.path, [head]]));
  const rest = files.filter((file) => !groups.has(file.path));
  const orphans = new Map<string, SchemaFile[]>();
  for (const file of rest) {
    const head = nearestHead(folderOf(file.path), heads);
    const group = head === undefined ? undefined : groups.get(head.path);
    if (group !== undefined) group.push(file);
    else orphans.set(folderOf(file.path), [...(orphans.get(folderOf(file.path)) ?? []), file]);
  }
  return [...groups.values(), ...orphans.values()];
}

function nearestHead(folder: string, heads: readonly SchemaFile[]): SchemaFile | undefined {
  const byDepth = [...heads].sort((a, b) => folderOf(b.path).length - folderOf(a.path).length);
  const above = byDepth.find((head) => isWithin(folder, folderOf(head.path)));
  if (above !== undefined) return above;
  const parent = folderOf(folder);
  return parent === "" ? undefined : byDepth.find((head) => isWithin(folderOf(head.path), parent));
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

function isWithin(folder: string, ancestor: string): boolean {
  return ancestor === "" || folder === ancestor || folder.startsWith(`${ancestor}/`);
}

type Enums = ReadonlyMap<string, readonly string[]>;

function enumsOf(blocks: readonly PrismaBlock[]): Enums {
  return new Map(
    blocks
      .filter((block) => block.kind === "enum")
      .map(({ name, lines }) => [name, lines.flatMap((line) => /^[A-Za-z]\w*/.exec(line)?.[0] ?? [])]),
  );
}

function toModel(block: PrismaBlock, path: string, names: ReadonlySet<string>, enums: Enums): DataModel {
  const fields = fieldsOf(block);
  const blockAttributes = block.lines.flatMap((line) => (line.startsWith("@@") ? attributesOf(line) : []));
  const keys = groupAttributes(blockAttributes, "id");
  const uniques = [...keys, ...groupAttributes(blockAttributes, "unique")];
  const relations = fields.filter((field) => names.has(field.type)).map(toRelation);
  const columns = fields
    .filter((field) => !names.has(field.type))
    .map((field) => ({ ...toColumn(field, relations, keys, uniques), ...valuesOf(field, enums) }));
  const map = blockAttributes.find((attribute) => attribute.name === "map");
  return {
    name: block.name,
    table: map === undefined ? block.name : (unquote(map.args) ?? block.name),
    layer: "prisma",
    columns,
    relations,
    uniques,
    place: { file: path, start: block.start, end: block.end },
  };
}

/** `@default("member")`, `@default(MEMBER)` */
function fallbackOf({ attributes }: Field): Pick<DataColumn, "fallback"> {
  const args = attributes.find((attribute) => attribute.name === "default")?.args.trim() ?? "";
  const word = unquote(args) ?? (/^[A-Za-z]\w*$/.test(args) ? args : "");
  return word === "" || /^(?:true|false)$/.test(word) ? {} : { fallback: word };
}

function valuesOf({ type }: Field, enums: Enums): Pick<DataColumn, "values"> {
  const values = enums.get(type);
  return values === undefined ? {} : { values };
}

const FIELD = /^([A-Za-z]\w*)\s+([A-Za-z][\w.]*(?:\([^)]*\))?)(\[\])?(\?)?/;

function fieldsOf(block: PrismaBlock): readonly Field[] {
  const fields: Field[] = [];
  for (const line of block.lines) {
    const match = FIELD.exec(line);
    if (match === null) continue;
    fields.push({
      name: match[1] ?? "",
      type: match[2] ?? "",
      many: match[3] !== undefined,
      optional: match[4] !== undefined,
      attributes: attributesOf(line.slice(match[0].length)),
    });
  }
  return fields;
}

function groupAttributes(attributes: readonly PrismaAttribute[], name: string): readonly (readonly string[])[] {
  return attributes
    .filter((attribute) => attribute.name === name)
    .map((attribute) => namesIn(attribute.args, "fields"))
    .filter((group) => group.length > 0);
}

function toRelation(field: Field): DataRelation {
  const args = field.attributes.find((attribute) => attribute.name === "relation")?.args ?? "";
  const columns = /\bfields\s*:/.test(args) ? namesIn(args, "fields") : [];
  return { name: field.name, model: field.type, many: field.many, columns };
}

function toColumn(
  field: Field,
  relations: readonly DataRelation[],
  keys: readonly (readonly string[])[],
  uniques: readonly (readonly string[])[],
): DataColumn {
  const has = (name: string): boolean => field.attributes.some((attribute) => attribute.name === name);
  const alone = (groups: readonly (readonly string[])[]): boolean =>
    groups.some((group) => group.length === 1 && group[0] === field.name);
  const carrying = relations.filter((relation) => relation.columns.includes(field.name));
  // in a compound key only its own last part is special to that relation: a single-column relation says more
  const owner = carrying.find((relation) => relation.columns.length === 1) ?? carrying[0];
  return {
    name: field.name,
    dbName: unquote(field.attributes.find((attribute) => attribute.name === "map")?.args ?? "") ?? field.name,
    type: field.many ? `${field.type}[]` : field.type,
    optional: field.optional,
    unique: has("unique") || has("id") || alone(uniques),
    primary: has("id") || keys.some((group) => group.includes(field.name)),
    references: owner?.model ?? "",
    ...fallbackOf(field),
  };
}
