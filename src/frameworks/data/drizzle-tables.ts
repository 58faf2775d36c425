/** Drizzle tables (`pgTable("orders", { … })`) as data models. */
import type { DataColumn, DataModel, DataRelation } from "../../model/data-model.js";
import { NONE, Op, SlotKind } from "../../model/lowered.js";
import type { FunctionView, ProgramFile } from "../../program/linking/function-view.js";
import type { Program } from "../../program/linking/program.js";
import type { LinkQueries, Origin, PackageOrigin, Site } from "../../program/values/origin.js";
import { fieldsOf } from "./literals.js";

const MODULE = /^drizzle-orm(?:\/|$)/;
const TABLE = /(?:^|\.)(?:(?:pg|mysql|sqlite|singlestore|mssql)Table(?:Creator\(\))?(?:\.withRLS)?|table|view)\(\)$/;
/** what the call that defines a table may be followed by: the table again. Whether any policy limits rows, migrations say */
const SAME_TABLE = /\.enableRLS\(\)$/;

/** The table that a value is, or that a column belongs to: its defining call. */
export function tableSite(origin: Origin): Site | null {
  if (origin.kind !== "package" || !MODULE.test(origin.module)) return null;
  for (let step: PackageOrigin | null = origin; step !== null; step = step.previous) {
    if (TABLE.test(step.path) && step.site !== null) return step.site;
  }
  return null;
}

/** Name of the column that a value is; '' for a table or anything else. */
export function columnOf(origin: Origin): string {
  if (origin.kind !== "package" || tableSite(origin) === null) return "";
  return /\)\.(\w+)$/.exec(origin.path)?.[1] ?? "";
}

/** A name for a table by the place of its call, the same for the model and for values of the code. */
export function tableKey(site: Site): string {
  const place = site.fn.place(site.v);
  return `${place.file}:${place.start}`;
}

/** Every table stored in a variable of a module. */
export function readDrizzleModels(program: Program, queries: LinkQueries): DataModel[] {
  const found: { name: string; site: Site }[] = [];
  const relationCalls: Site[] = [];
  for (const file of program.files) {
    if (!file.lowered.imports.some((item) => MODULE.test(item.module) || /drizzle|schema|table/i.test(item.module)))
      continue;
    collect(file, queries, found, relationCalls);
  }
  const names = new Map(found.map(({ name, site }) => [tableKey(site), name]));
  const relations = new Map<string, DataRelation[]>();
  for (const site of relationCalls) readRelations(site, queries, names, relations);
  return found.map(({ name, site }) => toModel(name, site, queries, names, relations.get(name) ?? []));
}

function collect(
  file: ProgramFile,
  queries: LinkQueries,
  found: { name: string; site: Site }[],
  relations: Site[],
): void {
  const { module } = file;
  for (const [slot, info] of module.info.slots.entries()) {
    if (info.kind === SlotKind.Import) continue;
    const [v] = module.storesTo(slot);
    if (v === undefined || module.op(v) !== Op.Call) continue;
    for (const origin of queries.evaluate({ fn: module, v, frame: null })) {
      if (origin.kind !== "package" || !MODULE.test(origin.module) || origin.site === null) continue;
      const table = TABLE.test(origin.path.replace(SAME_TABLE, "")) ? tableSite(origin) : null;
      if (table !== null) found.push({ name: info.name, site: table });
      else if (origin.path === "relations()") relations.push(origin.site);
    }
  }
}

function toModel(
  name: string,
  site: Site,
  queries: LinkQueries,
  names: ReadonlyMap<string, string>,
  relations: readonly DataRelation[],
): DataModel {
  const { fn, v } = site;
  const args = fn.args(v);
  const columns = columnsOf(site, queries, names);
  const groups = args.length > 2 ? uniquesOf({ ...site, v: args[2] }, queries) : [];
  return {
    name,
    table: textOf({ ...site, v: args[0] }, queries) || name,
    layer: "drizzle",
    columns: columns.map((column) => ({
      ...column,
      primary: column.primary || groups.some((group) => group.primary && group.columns.includes(column.name)),
    })),
    relations,
    uniques: groups.map((group) => group.columns),
    place: fn.place(v),
  };
}

function columnsOf(site: Site, queries: LinkQueries, names: ReadonlyMap<string, string>): readonly DataColumn[] {
  const [, shape] = site.fn.args(site.v);
  if (shape === undefined) return [];
  const sites = bodies({ ...site, v: shape }, queries);
  return sites.flatMap((body) =>
    fieldsOf(body, queries, null).fields.map((field) => toColumn(field.name, field.site, queries, names)),
  );
}

/** An object, or what a function given in its place returns. */
function bodies(site: Site, queries: LinkQueries): readonly Site[] {
  return queries.evaluate(site).flatMap((origin) => {
    if (origin.kind !== "function") return [site];
    return origin.fn.returns.map((row): Site => ({ fn: origin.fn, v: origin.fn.a(row), frame: origin.frame }));
  });
}

/** `text("org_id").notNull().references(() => orgs.id)` */
function toColumn(name: string, site: Site, queries: LinkQueries, names: ReadonlyMap<string, string>): DataColumn {
  const steps = callChain(site.fn, site.v);
  const [first] = steps;
  const has = (method: string): boolean => steps.some((step) => step.name === method);
  const references = steps.find((step) => step.name === "references");
  const [dbName] = first === undefined ? [] : site.fn.args(first.v);
  const target = references === undefined ? "" : referenced({ ...site, v: references.v }, queries, names);
  return {
    name,
    dbName: (dbName === undefined ? "" : textOf({ ...site, v: dbName }, queries)) || name,
    type: first?.name ?? "",
    optional: !has("notNull") && !has("primaryKey"),
    unique: has("unique") || has("primaryKey"),
    primary: has("primaryKey"),
    references: target,
    ...fallbackOf(steps, site, queries),
  };
}

/** `role("role").default("member")` */
function fallbackOf(
  steps: ReturnType<typeof callChain>,
  site: Site,
  queries: LinkQueries,
): Pick<DataColumn, "fallback"> {
  const written = steps.find((step) => step.name === "default");
  const [value] = written === undefined ? [] : site.fn.args(written.v);
  const text = value === undefined ? "" : textOf({ ...site, v: value }, queries);
  return text === "" ? {} : { fallback: text };
}

function referenced(call: Site, queries: LinkQueries, names: ReadonlyMap<string, string>): string {
  const [callback] = call.fn.args(call.v);
  if (callback === undefined) return "";
  for (const origin of queries.evaluate({ ...call, v: callback })) {
    if (origin.kind !== "function") continue;
    for (const column of queries.returnsOf(origin.fn)) {
      const table = tableSite(column);
      const name = table === null ? undefined : names.get(tableKey(table));
      if (name !== undefined) return name;
    }
  }
  return "";
}

interface Group {
  readonly columns: readonly string[];
  readonly primary: boolean;
}

/** `(t) => [unique().on(t.a, t.b), primaryKey({ columns: [t.a, t.b] })]`, or an object of them. */
function uniquesOf(site: Site, queries: LinkQueries): readonly Group[] {
  const groups: Group[] = [];
  for (const origin of queries.evaluate(site)) {
    if (origin.kind !== "function") continue;
    const { fn } = origin;
    for (const call of fn.calls) groups.push(groupOf(fn, call));
  }
  return groups.filter((group) => group.columns.length > 0);
}

function groupOf(fn: FunctionView, call: number): Group {
  const steps = callChain(fn, call);
  const kind = steps[0]?.name ?? "";
  const last = steps.at(-1);
  if (/^unique(?:Index)?$/.test(kind) && last?.name === "on") {
    return { columns: memberNames(fn, fn.args(last.v)), primary: false };
  }
  if (kind !== "primaryKey" || steps.length > 1) return { columns: [], primary: false };
  const [options] = fn.args(call);
  const list = options === undefined ? NONE : fn.prop(options, "columns");
  const columns = list !== NONE && fn.op(list) === Op.Array ? fn.list(fn.a(list)) : fn.args(call);
  return { columns: memberNames(fn, columns), primary: true };
}

function memberNames(fn: FunctionView, values: Int32Array): readonly string[] {
  return Array.from(values, (value) => fn.memberName(value)).filter((name) => name !== "");
}

/** `relations(orders, ({ one, many }) => ({ org: one(orgs, { fields: [orders.orgId] }), lines: many(lines) }))` */
function readRelations(
  site: Site,
  queries: LinkQueries,
  names: ReadonlyMap<string, string>,
  into: Map<string, DataRelation[]>,
): void {
  const [table, shape] = site.fn.args(site.v);
  if (table === undefined || shape === undefined) return;
  const owner = modelName({ ...site, v: table }, queries, names);
  if (owner === "") return;
  const made = into.get(owner) ?? [];
  for (const body of bodies({ ...site, v: shape }, queries)) {
    for (const field of fieldsOf(body, queries, null).fields) {
      const { fn, v, frame } = field.site;
      if (fn.op(v) !== Op.Call) continue;
      const [target, options] = fn.args(v);
      if (target === undefined) continue;
      const list = options === undefined ? NONE : fn.prop(options, "fields");
      const columns = list !== NONE && fn.op(list) === Op.Array ? memberNames(fn, fn.list(fn.a(list))) : [];
      const many = options === undefined && callName(fn, v) !== "one";
      made.push({ name: field.name, model: modelName({ fn, v: target, frame }, queries, names), many, columns });
    }
  }
  into.set(owner, made);
}

function modelName(site: Site, queries: LinkQueries, names: ReadonlyMap<string, string>): string {
  for (const origin of queries.evaluate(site)) {
    const table = tableSite(origin);
    if (table !== null) return names.get(tableKey(table)) ?? "";
  }
  return "";
}

interface ChainCall {
  readonly name: string;
  readonly v: number;
}

/** Calls of a chain from its root outwards: `text("a").notNull()` → text, notNull. */
function callChain(fn: FunctionView, v: number): readonly ChainCall[] {
  const steps: ChainCall[] = [];
  let current = v;
  while (fn.op(current) === Op.Call) {
    steps.unshift({ name: callName(fn, current), v: current });
    const callee = fn.callee(current);
    if (fn.op(callee) !== Op.Member) break;
    current = fn.a(callee);
  }
  return steps;
}

function callName(fn: FunctionView, v: number): string {
  const callee = fn.callee(v);
  if (fn.op(callee) === Op.Member) return fn.memberName(callee);
  if (fn.op(callee) === Op.Var) return fn.ancestor(fn.a(callee))?.info.slots[fn.b(callee)]?.name ?? "";
  return "";
}

function textOf(site: Site, queries: LinkQueries): string {
  const [only] = queries.evaluate(site);
  return only?.kind === "constant" && typeof only.value === "string" ? only.value : "";
}
