/** What the steps of Knex builders (and of Objection's, which are made of them) say: tables, conditions, writes. */
import type { DataModel } from "../../../model/data-model.js";
import type { AccessOperation } from "../../../model/facts.js";
import { Op } from "../../../model/lowered.js";
import type { Origin, OriginQueries, Site } from "../../../program/values/origin.js";
import type { ModelMatcher } from "../../schema/match-model.js";
import { andClause, type Clause, comparison, foldClauses, type SteppedClause } from "../builder-filter.js";
import type { Step } from "../builder-steps.js";
import { negation, type Reading, UNFILTERED, UNREAD } from "../filter-terms.js";
import { alternativesOf, shapeOf } from "../literals.js";
import { ObjectFilterReader } from "../object-filter.js";
import { PlainDialect } from "../plain-dialect.js";
import { stepsInside, stepsOf } from "../query-chain.js";
import { rawCondition } from "../raw-condition.js";

export const KNEX_STEP =
  /^(?:(?:and|or)?_?(?:[wW]here|[hH]aving)\w*|from|into|table|select|distinct\w*|columns?|first|pluck|count\w*|sum\w*|avg\w*|min|max|insert|update|patch\w*|del|delete\w*|truncate|increment|decrement|upsert\w*|onConflict|ignore|merge|returning|(?:inner|left|right|full|cross)?(?:outer)?[jJ]oin\w*|joinRaw|leftOuterJoin|rightOuterJoin|fullOuterJoin|modify|clear\w*|orderBy\w*|groupBy\w*|limit|offset|forUpdate|forShare|skipLocked|transacting|as|with\w*|union\w*|clone|debug|timeout|stream|then|find\w*|for|throwIfNotFound|joinRelated|leftJoinRelated|withGraph\w*|allowGraph|resultSize|page|range|relate|unrelate|context|modifiers|alias|onVal|andOnVal|orOnVal|on|andOn|orOn|queryContext|using|use|hintComment|comment)$/;

const WHERE =
  /^(and|or)?_?(where)(Not)?(In|Null|Exists|Between|Raw|Like|ILike|Json\w*|Column|Composite|InComposite)?$/i;

export interface KnexContext {
  readonly model: DataModel | undefined;
  readonly models: ModelMatcher;
  readonly queries: OriginQueries;
  readonly use: Site;
  /** alias → table */
  readonly aliases: ReadonlyMap<string, string>;
  readonly key: string;
  /** the function that the model declares under a name (`static modifiers`) */
  readonly modifier?: (name: string) => readonly Origin[];
}

/** All conditions of a builder. */
export function knexFilter(steps: readonly Step[], context: KnexContext): Reading {
  return foldClauses(steps.flatMap((step) => clausesOf(step, context).map((one) => ({ step, ...one }))));
}

function clausesOf(step: Step, context: KnexContext): readonly SteppedClause[] {
  const { conditional } = step;
  const args = argumentsOf(step.site);
  if (step.name === "modify") return modifyClauses(args, conditional, context);
  const clause = clauseOf(step, args, context);
  return clause === null ? [] : [{ clause, conditional }];
}

/** `modify(fn, …)`, `modify("filterOrganization", id)` */
function modifyClauses(args: readonly Site[], conditional: boolean, context: KnexContext): readonly SteppedClause[] {
  const [first, ...further] = args;
  if (first === undefined) return [];
  const { queries } = context;
  const name = wordOf(first, context);
  const given = name === "" ? queries.evaluate(first) : (context.modifier?.(name) ?? []);
  if (name !== "" && !given.some((o) => o.kind === "function"))
    return [{ clause: { how: "and", reading: UNREAD }, conditional }];
  // `if (value) query.where(…)` of what is surely there
  const sure = further.length > 0 && further.every((site) => queries.evaluate(site).every(isSurelyGiven));
  return stepsOf(given, queries, KNEX_STEP, further).flatMap((one) =>
    clausesOf(one, context).map((clause) => ({ ...clause, conditional: conditional || (clause.conditional && !sure) })),
  );
}

/** A parameter of the path, or who calls. */
function isSurelyGiven(origin: Origin): boolean {
  if (origin.kind !== "source") return false;
  return origin.source === "identity" || (origin.source === "input" && origin.path.startsWith("params."));
}

function clauseOf(step: Step, args: readonly Site[], context: KnexContext): Clause | null {
  const { name } = step;
  const [first, second] = args;
  if (name === "clearWhere" || (name === "clear" && wordOf(first, context) === "where")) return { how: "clear" };
  if (/join/i.test(name) && !/Related|Raw/.test(name)) return joinClause(name, args, context);
  if (first === undefined) return null;
  if (/^(?:findById|deleteById|updateAndFetchById|patchAndFetchById|updateById)$/.test(name)) {
    return { how: "and", reading: comparison(context.key, "=", valuesOf(first, context), first) };
  }
  if (name === "findByIds") {
    return { how: "and", reading: comparison(context.key, "in", valuesOf(first, context), first) };
  }
  // what a WITH holds filters what is read from it
  if (name === "with" && second !== undefined) return andClause(subquery(second, context));
  if (name === "findOne") return andClause(plainCondition(args, context));
  const where = WHERE.exec(name);
  if (where === null) return ownCondition(name, args, context);
  const reading = whereReading(where[4] ?? "", first, second, args, context);
  if (reading === null) return null;
  const final = where[3] === undefined ? reading : negation(reading);
  return { how: where[1]?.toLowerCase() === "or" ? "or" : "and", reading: final };
}

/** `whereSameLetters("email", email)`: a condition of the project's own, of a column and what it is held against. */
function ownCondition(name: string, args: readonly Site[], context: KnexContext): Clause | null {
  const own = /^(and|or)?_?[wW]here[A-Z]\w*$/.exec(name);
  if (own === null) return null;
  const [, second, third] = args;
  const reading = second !== undefined && third === undefined ? plainCondition(args, context) : UNREAD;
  return { how: own[1] === "or" ? "or" : "and", reading: reading ?? UNREAD };
}

function whereReading(
  kind: string,
  first: Site,
  second: Site | undefined,
  args: readonly Site[],
  context: KnexContext,
): Reading | null {
  switch (kind.toLowerCase()) {
    case "":
    case "composite":
      return plainCondition(args, context);
    case "in":
    case "incomposite":
    case "between":
      return second === undefined ? null : columnsCondition(first, "in", second, context);
    case "null":
      return columnsCondition(first, "is null", null, context);
    case "like":
    case "ilike":
      return second === undefined ? null : columnsCondition(first, "like", second, context);
    case "raw":
      return rawCondition(first, second ?? null, context.queries, (alias) => modelOf(alias, context));
    case "exists":
      return subquery(first, context) ?? UNREAD;
    case "column":
      return null;
    default:
      return UNREAD;
  }
}

/** `(column, value)`, `(column, operator, value)`, `({ column: value })`, `((builder) => …)`, `(raw)`. */
function plainCondition(args: readonly Site[], context: KnexContext): Reading | null {
  const [first, second, third] = args;
  if (first === undefined) return null;
  if (second !== undefined) {
    const operator = third === undefined ? "=" : wordOf(second, context).toLowerCase();
    const value = third ?? second;
    const reading = columnsCondition(first, operator === "" ? "=" : operator, value, context);
    return operator === "!=" || operator === "<>" || operator.startsWith("not") ? negation(reading) : reading;
  }
  const origins = alternativesOf(context.queries.evaluate(first));
  if (origins.some((origin) => origin.kind === "function")) return nestedCondition(first, context);
  const raw = origins.find((origin) => origin.kind === "package" && /(?:^|\.)raw\(\)$/.test(origin.path));
  if (raw?.kind === "package" && raw.site !== null) {
    const [text, values] = argumentsOf(raw.site);
    return text === undefined
      ? UNREAD
      : rawCondition(text, values ?? null, context.queries, (alias) => modelOf(alias, context));
  }
  const reader = new ObjectFilterReader(context.queries, new PlainDialect(), context.use);
  return reader.where(first, { prefix: "", model: context.model, relation: false });
}

/** `.where((builder) => builder.where(…).orWhere(…))`; a builder that gets nothing filters nothing. */
function nestedCondition(callback: Site, context: KnexContext): Reading {
  const inner = stepsInside(callback, context.queries, KNEX_STEP);
  return inner.length === 0 ? UNFILTERED : knexFilter(inner, context);
}

/** What a sub-query or an EXISTS filters by; its conditions count as conditions through the other table. */
function subquery(site: Site, context: KnexContext): Reading | null {
  const origins = context.queries.evaluate(site);
  if (origins.some((origin) => origin.kind === "function")) return nestedCondition(site, context);
  return null;
}

/** A column, or a list of columns given as a tuple. */
function columnsCondition(columns: Site, operator: string, value: Site | null, context: KnexContext): Reading {
  const { queries } = context;
  const names = queries.evaluate(columns).flatMap((origin) => {
    if (origin.kind === "literal" && origin.form === "array") return queries.project(origin, ["[]"]);
    return [origin];
  });
  const values = value === null ? [] : valuesOf(value, context);
  const [only] = names;
  const written = only?.kind === "constant" && typeof only.value === "string" ? only.value : "";
  if (written === "" || names.length > 1) return UNREAD;
  const { column, alias } = splitColumn(written);
  return comparison(column, operator, values, value ?? columns, { model: modelOf(alias, context) });
}

function joinClause(name: string, args: readonly Site[], context: KnexContext): Clause | null {
  const [, condition] = args;
  if (condition === undefined || args.length > 2) return null;
  const inner = stepsInside(condition, context.queries, KNEX_STEP);
  const readings = inner.flatMap((step): readonly SteppedClause[] => {
    const given = argumentsOf(step.site);
    const or = step.name.startsWith("or");
    if (!/OnVal$|^onVal$/.test(step.name) || given[0] === undefined || given[1] === undefined) return [];
    const value = given[2] ?? given[1];
    const reading = columnsCondition(given[0], "=", value, context);
    return [{ clause: { how: or ? "or" : "and", reading }, conditional: step.conditional }];
  });
  if (readings.length === 0) return null;
  return { how: /^(?:left|right|full)/i.test(name) ? "outer" : "and", reading: foldClauses(readings) };
}

/** Values of a condition; a list stands for its items. */
function valuesOf(site: Site, { queries }: KnexContext): readonly Origin[] {
  return queries
    .evaluate(site)
    .flatMap((o) => (o.kind === "literal" && o.form === "array" ? queries.project(o, ["[]"]) : [o]));
}

function wordOf(site: Site | undefined, { queries }: KnexContext): string {
  if (site === undefined) return "";
  const [only] = queries.evaluate(site);
  return only?.kind === "constant" && typeof only.value === "string" ? only.value : "";
}

/** `p.org_id` → alias and column. */
export function splitColumn(written: string): { readonly alias: string; readonly column: string } {
  const parts = written.replaceAll(/["`]/g, "").split(".");
  return { alias: parts.at(-2) ?? "", column: parts.at(-1) ?? written };
}

function modelOf(alias: string, context: KnexContext): string {
  if (alias === "") return "";
  const table = context.aliases.get(alias) ?? alias;
  const model = context.models.table(table, context.use.fn.file.path);
  return model === undefined || model === context.model ? "" : model.name;
}

/** `orders as o`, `{ o: "orders" }` */
export function splitTable(written: string): { readonly table: string; readonly alias: string } {
  const [table = written, alias] = written.split(/\s+(?:as\s+)?/i);
  return { table, alias: alias ?? splitColumn(table).column };
}

export function argumentsOf({ fn, v, frame }: Site): readonly Site[] {
  return Array.from(fn.args(v), (arg): Site => ({ fn, v: arg, frame }));
}

const OPERATIONS: readonly (readonly [RegExp, AccessOperation])[] = [
  [/^(?:del|delete\w*|truncate)$/, "delete"],
  [/^(?:insert\w*|relate)$/, "create"],
  [/^(?:update\w*|patch\w*|increment|decrement|upsert\w*)$/, "update"],
];

/** What a builder does in the end: a read unless a step says otherwise. */
export function knexOperation(steps: readonly Step[]): {
  readonly operation: AccessOperation;
  readonly method: string;
} {
  for (const [pattern, operation] of OPERATIONS) {
    const step = steps.find((one) => pattern.test(one.name));
    if (step !== undefined) return { operation, method: step.name };
  }
  const last = steps.find((step) => /^(?:first|findById|findOne|pluck|count\w*|sum|resultSize)$/.test(step.name));
  return { operation: "read", method: last?.name ?? "select" };
}

export function isKnexCount(steps: readonly Step[]): boolean {
  return steps.some((step) => /^(?:count\w*|resultSize)$/.test(step.name)) && !steps.some((s) => s.name === "groupBy");
}

/** What the shape of the table argument names. */
export function tableText(site: Site, queries: OriginQueries): { readonly table: string; readonly alias: string } {
  const { fn, frame } = site;
  const shape = shapeOf(site);
  for (const origin of queries.evaluate(site)) {
    if (origin.kind === "constant" && typeof origin.value === "string") return splitTable(origin.value);
    if (origin.kind === "literal" && origin.form === "object") {
      const [prop] = [...origin.site.fn.props(origin.site.v)];
      if (prop === undefined) continue;
      const [value] = queries.evaluate({ ...origin.site, v: prop.value });
      if (value?.kind === "constant" && typeof value.value === "string")
        return { table: value.value, alias: prop.name };
    }
    // `${TABLE} as t`
    if (origin.kind === "literal" && origin.form === "template") return splitTable(templateText(origin.site, queries));
    const className = classNameIn(origin, queries);
    if (className !== "") return { table: tableOfClass(className), alias: "" };
  }
  return shape.kind === "plain" && frame !== null ? tableText({ fn, v: site.v, frame: null }, queries) : NO_TABLE;
}

/** `pluralize(snakeCase(this.name))` of a model's class: the class that a table is named after, '' for other texts. */
function classNameIn(origin: Origin, queries: OriginQueries): string {
  if (origin.kind !== "derived" && origin.kind !== "package") return "";
  const texts = textsIn(origin, queries, 0);
  const names = new Set(texts.filter((text) => /^[A-Z][A-Za-z0-9]+$/.test(text)));
  const [only = ""] = names;
  return names.size === 1 ? only : "";
}

/** Texts that a text is made of, through functions of the project and of packages. */
function textsIn(origin: Origin, queries: OriginQueries, depth: number): readonly string[] {
  if (depth > 4) return [];
  const inner = (origins: readonly Origin[]): readonly string[] =>
    origins.flatMap((o) => textsIn(o, queries, depth + 1));
  if (origin.kind === "constant") return typeof origin.value === "string" ? [origin.value] : [];
  if (origin.kind === "derived") return inner(origin.of);
  if (origin.kind !== "package" || origin.site === null || origin.site.fn.op(origin.site.v) !== Op.Call) return [];
  const { fn, v, frame } = origin.site;
  return Array.from(fn.args(v)).flatMap((arg) => inner(queries.evaluate({ fn, v: arg, frame })));
}

/** `ApiKey` → `api_keys`, as the common naming strategies have it */
function tableOfClass(name: string): string {
  const words = name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
  if (/[^aeiou]y$/.test(words)) return `${words.slice(0, -1)}ies`;
  return /(?:s|x|z|ch|sh)$/.test(words) ? `${words}es` : `${words}s`;
}

const NO_TABLE = { table: "", alias: "" };

function templateText({ fn, v, frame }: Site, queries: OriginQueries): string {
  return Array.from(fn.list(fn.a(v)), (item, index) => {
    if (index % 2 === 0) return fn.text(item);
    const [only] = queries.evaluate({ fn, v: item, frame });
    return only?.kind === "constant" ? String(only.value) : "";
  }).join("");
}
