/** Tables that Knex migrations make: `createTable("orders", (t) => { t.uuid("org_id").references("id").inTable("orgs") })`. */
import type { DataColumn, DataModel } from "../../../model/data-model.js";
import { NONE, Op } from "../../../model/lowered.js";
import type { FunctionView } from "../../../program/linking/function-view.js";
import type { Frame, LinkQueries, Site } from "../../../program/values/origin.js";
import type { ProgramIndex } from "../../routing.js";
import type { SchemaFile } from "../../schema/prisma-schema.js";
import { readSqlTexts } from "../../schema/sql-schema.js";
import { sqlTextOf } from "../sql-text.js";
import { argumentsOf } from "./knex-steps.js";

const MAX_COLUMNS = 300;
const NO_COLUMN =
  /^(?:index|dropIndex|dropForeign|dropUnique|dropPrimary|comment|engine|charset|collate|inherits|specificType|alter|check\w*|dropNullable|setNullable|dropTimestamps|raw|\$)$/;

interface Table {
  readonly name: string;
  readonly columns: Map<string, DataColumn>;
  readonly uniques: (readonly string[])[];
  readonly place: DataModel["place"];
}

export function readKnexModels(queries: LinkQueries, index: ProgramIndex): DataModel[] {
  const tables = new Map<string, Table>();
  for (const method of ["createTable", "createTableIfNotExists", "alterTable", "table"]) {
    for (const site of index.callsOfMember(method)) if (!isDown(site.fn)) readTable(site, tables, queries);
  }
  const texts = rawTexts(queries, index);
  const models = [...Array.from(tables.values(), modelOf), ...readSqlTexts(texts)];
  return withLaterNames(models, [...renames(queries, index), ...texts.flatMap(({ text }) => renamesIn(text))]);
}

/** A table before and after. */
type Rename = readonly [string, string];

function renames(queries: LinkQueries, index: ProgramIndex): readonly Rename[] {
  return index.callsOfMember("renameTable").flatMap((site): readonly Rename[] => {
    const [from = ""] = isDown(site.fn) ? [] : wordsOf(site, 0, queries);
    const [to = ""] = wordsOf(site, 1, queries);
    return from === "" || to === "" ? [] : [[from, to]];
  });
}

const RENAME = /\balter\s+table\s+(?:if\s+exists\s+)?"?(\w+)"?\s+rename\s+to\s+"?(\w+)"?/gi;

function renamesIn(text: string): readonly Rename[] {
  return Array.from(text.matchAll(RENAME), ([, from = "", to = ""]): Rename => [from, to]);
}

/** Whichever way a table was made, it is known by its last name. */
function withLaterNames(models: readonly DataModel[], all: readonly Rename[]): DataModel[] {
  const before = new Set(all.map(([from]) => from));
  const after = new Set(all.map(([, to]) => to));
  // names that change hands (`orders` to `orders_old`, `orders_new` to `orders`) say nothing
  const later = new Map(all.filter(([from, to]) => !after.has(from) && !before.has(to)));
  if (later.size === 0) return [...models];
  const nameOf = (name: string): string => later.get(name) ?? name;
  const found = new Map<string, DataModel>();
  for (const model of models) {
    const name = nameOf(model.name);
    const columns = model.columns.map((one) => ({ ...one, references: nameOf(one.references) }));
    const known = found.get(`${model.layer} ${name}`);
    const added = columns.filter((one) => known?.columns.every((other) => other.name !== one.name) !== false);
    found.set(`${model.layer} ${name}`, {
      ...(known ?? model),
      name,
      table: name,
      columns: [...(known?.columns ?? []), ...added],
      uniques: [...(known?.uniques ?? []), ...model.uniques],
    });
  }
  return [...found.values()];
}

/** `createTable(name, (t) => { … })`, and what changes a table later. */
function readTable(site: Site, tables: Map<string, Table>, queries: LinkQueries): void {
  const [, callback] = argumentsOf(site);
  if (callback === undefined) return;
  for (const name of wordsOf(site, 0, queries)) {
    const table = tables.get(name) ?? newTable(name, site);
    for (const origin of queries.evaluate(callback)) {
      if (origin.kind === "function") readBody(origin.fn, origin.frame, table, queries);
    }
    if (table.columns.size > 0) tables.set(name, table);
  }
}

/** `knex.raw("ALTER TABLE …")` in a migration. */
function rawTexts(queries: LinkQueries, index: ProgramIndex): readonly SchemaFile[] {
  return index.callsOfMember("raw").flatMap((site) => {
    const [text] = argumentsOf(site);
    if (text === undefined || !/migration/i.test(site.fn.file.path) || isDown(site.fn)) return [];
    const assembled = sqlTextOf(text, queries);
    const defines = assembled.parts.size === 0 && /\b(?:create|alter)\s+table\b/i.test(assembled.text);
    return defines ? [{ path: site.fn.file.path, text: assembled.text }] : [];
  });
}

function modelOf({ name, columns, uniques, place }: Table): DataModel {
  return {
    name,
    table: name,
    layer: "knex",
    columns: [...columns.values()],
    relations: [],
    uniques,
    place,
  };
}

function newTable(name: string, site: Site): Table {
  return { name, columns: new Map(), uniques: [], place: site.fn.place(site.v) };
}

/** What takes a migration back: `export function down`, `exports.down = …`. */
function isDown(fn: FunctionView): boolean {
  let current = fn;
  while (current.parent !== null && current.parent.parent !== null) current = current.parent;
  if (current.info.name !== "") return current.info.name === "down";
  const { module } = fn.file;
  for (let v = 0; v < module.valueCount; v += 1) {
    const stored = module.op(v) === Op.SetMember && module.text(module.b(v)) === "down" ? module.c(v) : NONE;
    if (stored !== NONE && module.op(stored) === Op.Closure && module.a(stored) === current.index) return true;
  }
  return false;
}

/** Every chain on the table builder is a column, or a constraint on one. */
function readBody(fn: FunctionView, frame: Frame | null, table: Table, queries: LinkQueries): void {
  const chains = new Map<number, ChainStep[]>();
  for (const call of fn.calls) {
    if (fn.op(call) !== Op.Call || chains.size > MAX_COLUMNS) continue;
    const root = rootCall(fn, call);
    if (root < 0) continue;
    const steps = chains.get(root) ?? [];
    steps.push({ name: fn.memberName(fn.callee(call)), site: { fn, v: call, frame } });
    chains.set(root, steps);
  }
  for (const steps of chains.values()) readChain(steps, table, queries);
}

/** The first call of a chain on a parameter or on `this`. */
function rootCall(fn: FunctionView, call: number): number {
  let current = call;
  for (let i = 0; i < 12; i += 1) {
    const callee = fn.callee(current);
    if (fn.op(callee) !== Op.Member) return -1;
    const receiver = fn.a(callee);
    if (fn.op(receiver) === Op.Call) current = receiver;
    else if (fn.op(receiver) === Op.This || fn.op(receiver) === Op.Param) return current;
    else return fn.op(receiver) === Op.Var && fn.a(receiver) === 0 ? current : -1;
  }
  return -1;
}

interface ChainStep {
  readonly name: string;
  readonly site: Site;
}

function readChain(steps: readonly ChainStep[], table: Table, queries: LinkQueries): void {
  const [start] = steps;
  if (start === undefined || NO_COLUMN.test(start.name)) return;
  const names = wordsOf(start.site, 0, queries);
  switch (start.name) {
    case "dropColumn":
    case "dropColumns":
      for (const name of argumentsOf(start.site).flatMap((_, at) => wordsOf(start.site, at, queries)))
        table.columns.delete(name);
      return;
    case "renameColumn":
      rename(table, names, wordsOf(start.site, 1, queries));
      return;
    case "primary":
    case "unique":
      table.uniques.push(names);
      if (start.name === "primary") for (const name of names) update(table, name, { primary: true });
      return;
    case "foreign":
      for (const name of names) update(table, name, { references: referenced(steps, queries) });
      return;
    case "timestamps":
      return;
    default:
      readColumn(steps, start.name, names, table, queries);
  }
}

function rename(table: Table, [from = ""]: readonly string[], [to = ""]: readonly string[]): void {
  const known = table.columns.get(from);
  table.columns.delete(from);
  if (known !== undefined && to !== "") table.columns.set(to, { ...known, name: to, dbName: to });
}

/** `t.uuid("org_id").notNullable().references("id").inTable("orgs")` */
function readColumn(
  steps: readonly ChainStep[],
  type: string,
  names: readonly string[],
  table: Table,
  queries: LinkQueries,
): void {
  const [name = type === "increments" || type === "bigIncrements" ? "id" : ""] = names;
  if (name === "") return;
  const has = (step: string): boolean => steps.some((one) => one.name === step);
  const primary = has("primary") || /increments/i.test(type);
  update(table, name, {
    type,
    optional: !has("notNullable") && !primary,
    unique: has("unique") || primary,
    primary,
    references: referenced(steps, queries),
  });
}

function update(table: Table, name: string, change: Partial<DataColumn>): void {
  const known = table.columns.get(name) ?? {
    name,
    dbName: name,
    type: "",
    optional: true,
    unique: false,
    primary: false,
    references: "",
  };
  const references = change.references || known.references;
  table.columns.set(name, { ...known, ...change, references });
}

/** `.references("id").inTable("orgs")`, `.references("orgs.id")` */
function referenced(steps: readonly ChainStep[], queries: LinkQueries): string {
  const inTable = steps.find((step) => step.name === "inTable" || step.name === "on");
  if (inTable !== undefined) return (wordsOf(inTable.site, 0, queries)[0] ?? "").split(".").at(-1) ?? "";
  const references = steps.find((step) => step.name === "references");
  const [column = ""] = references === undefined ? [] : wordsOf(references.site, 0, queries);
  return column.includes(".") ? (column.split(".").at(-2) ?? "") : "";
}

function wordsOf(site: Site, at: number, queries: LinkQueries): readonly string[] {
  const arg = argumentsOf(site)[at];
  if (arg === undefined) return [];
  return queries
    .evaluate(arg)
    .flatMap((o) => (o.kind === "literal" && o.form === "array" ? queries.project(o, ["[]"]) : [o]))
    .flatMap((o) => (o.kind === "constant" && typeof o.value === "string" ? [o.value] : []));
}
