/** Convex: `ctx.db.query("orders").withIndex("by_org", (q) => q.eq("orgId", x))`, `ctx.db.get(id)`. */

import type { DataModel } from "../../../model/data-model.js";
import type { AccessOperation } from "../../../model/facts.js";
import { Op } from "../../../model/lowered.js";
import type { Origin, OriginQueries, Site } from "../../../program/values/origin.js";
import type { ModelMatcher } from "../../schema/match-model.js";
import { comparison } from "../builder-filter.js";
import type { DataCall } from "../data-call.js";
import { conjunction, disjunction, negation, optional, type Reading, toFilter, UNREAD } from "../filter-terms.js";
import type { DataLayer } from "../layer.js";
import { frameInside } from "../literals.js";
import { chainFrom, stepsInside } from "../query-chain.js";
import { NOTHING_WRITTEN, writtenValues } from "../written-values.js";
import { tableOfArgument } from "./convex-arguments.js";
import { argumentsOf } from "./knex-steps.js";

const METHODS: ReadonlyMap<string, AccessOperation> = new Map([
  ["query", "read"],
  ["get", "read"],
  ["insert", "create"],
  ["patch", "update"],
  ["replace", "update"],
  ["delete", "delete"],
]);
const STEP = /^(?:withIndex|withSearchIndex|filter|order|collect|take|first|unique|paginate|fullTableScan)$/;
const COMPARE = /^(?:eq|neq|gt|gte|lt|lte|search)$/;

export class ConvexLayer implements DataLayer {
  readonly #own: boolean;

  constructor(
    private readonly models: ModelMatcher,
    all: readonly DataModel[],
  ) {
    this.#own = all.some((model) => model.layer === "convex");
  }

  mayCall(name: string): boolean {
    return this.#own && METHODS.has(name);
  }

  isCall(site: Site, callee: Origin): boolean {
    return callee.kind !== "function" && callee.kind !== "class" && this.isShape(site);
  }

  /** `ctx.db.get(…)`: the context of a function is handed in under a name of the project's own. */
  isShape(site: Site): boolean {
    const { fn, v } = site;
    if (!this.#own || fn.op(v) !== Op.Call) return false;
    const callee = fn.callee(v);
    if (fn.op(callee) !== Op.Member || !METHODS.has(fn.memberName(callee))) return false;
    const receiver = fn.a(callee);
    if (fn.op(receiver) === Op.Member) return fn.memberName(receiver) === "db";
    return fn.op(receiver) === Op.Var && fn.ancestor(fn.a(receiver))?.info.slots[fn.b(receiver)]?.name === "db";
  }

  read(site: Site, callee: Origin, queries: OriginQueries): DataCall | null {
    if (!this.isCall(site, callee)) return null;
    const method = site.fn.memberName(site.fn.callee(site.v));
    const operation = METHODS.get(method) ?? "read";
    const args = argumentsOf(site);
    const [first, second] = args;
    if (first === undefined) return null;
    const named = method === "query" || method === "insert" || isTable(first, this.models, queries);
    const table = named ? textOf(queries.evaluate(first)) : tableOfId(first);
    const model = this.models.any(table, site.fn.file.path);
    const key = named && method !== "query" && method !== "insert" ? second : first;
    const data = named ? args.at(method === "insert" ? 1 : 2) : second;
    const reading = method === "query" ? this.#query(site, queries) : byKey(key ?? first, queries);
    const writes = operation === "create" || operation === "update";
    return {
      layer: "convex",
      model: model?.name ?? table,
      operation,
      method,
      site,
      filter: toFilter(reading, site.fn.place(site.v)),
      ...(writes && data !== undefined ? writtenValues([data], queries, model) : NOTHING_WRITTEN),
      loads: [],
      countOnly: false,
      also: [],
    };
  }

  continues(name: string): boolean {
    return STEP.test(name);
  }

  callbackArguments(): undefined {
    return undefined;
  }

  #query(site: Site, queries: OriginQueries): Reading {
    const readings = chainFrom(site, queries, STEP).flatMap((step) => {
      const args = argumentsOf(step.site);
      const callback = step.name === "filter" ? args[0] : /^with\w*Index$/.test(step.name) ? args[1] : undefined;
      if (callback === undefined) return [];
      const reading = step.name === "filter" ? filterReading(callback, queries) : indexReading(callback, queries);
      return [step.conditional ? optional(reading) : reading];
    });
    return conjunction(readings);
  }
}

/** `(q) => q.eq("orgId", x).gt("at", y)` */
function indexReading(callback: Site, queries: OriginQueries): Reading {
  const readings = stepsInside(callback, queries, COMPARE).flatMap((step) => {
    const [column, value] = argumentsOf(step.site);
    const name = column === undefined ? "" : textOf(queries.evaluate(column));
    if (name === "" || value === undefined) return [];
    return [comparison(name, step.name === "eq" ? "=" : step.name, queries.evaluate(value), value)];
  });
  return conjunction(readings);
}

/** `(q) => q.and(q.eq(q.field("orgId"), x), …)` */
function filterReading(callback: Site, queries: OriginQueries): Reading {
  const found: Reading[] = [];
  for (const origin of queries.evaluate(callback)) {
    if (origin.kind !== "function") continue;
    const { fn } = origin;
    const frame = frameInside(origin);
    for (const row of fn.returns) found.push(expression({ fn, v: fn.a(row), frame }, queries, 0));
  }
  return found.length === 0 ? UNREAD : conjunction(found);
}

function expression(site: Site, queries: OriginQueries, depth: number): Reading {
  const { fn, v } = site;
  if (fn.op(v) !== Op.Call || depth > 8) return UNREAD;
  const name = fn.memberName(fn.callee(v));
  const args = argumentsOf(site);
  if (name === "and") return conjunction(args.map((arg) => expression(arg, queries, depth + 1)));
  if (name === "or") return disjunction(args.map((arg) => expression(arg, queries, depth + 1)));
  if (name === "not") return negation(conjunction(args.map((arg) => expression(arg, queries, depth + 1))));
  const [left, right] = args;
  if (!COMPARE.test(name) || left === undefined || right === undefined) return UNREAD;
  const column = fieldName(left, queries) || fieldName(right, queries);
  const value = fieldName(left, queries) === "" ? left : right;
  if (column === "") return UNREAD;
  const reading = comparison(column, name === "eq" ? "=" : name, queries.evaluate(value), value);
  return name === "neq" ? negation(reading) : reading;
}

function fieldName(site: Site, queries: OriginQueries): string {
  const { fn, v } = site;
  if (fn.op(v) !== Op.Call || fn.memberName(fn.callee(v)) !== "field") return "";
  const [first] = argumentsOf(site);
  return first === undefined ? "" : textOf(queries.evaluate(first));
}

function byKey(key: Site, queries: OriginQueries): Reading {
  return comparison("_id", "=", queries.evaluate(key), key);
}

/** Newer versions name the table before the id. */
function isTable(site: Site, models: ModelMatcher, queries: OriginQueries): boolean {
  const text = textOf(queries.evaluate(site));
  return text !== "" && models.any(text) !== undefined;
}

/** Ids are declared with their table: `v.id("orders")`, `Id<"orders">`; a row's own id leads to its table. */
function tableOfId(site: Site): string {
  const { fn, v } = site;
  const name = fn.op(v) === Op.Member ? fn.memberName(v) : slotName(site);
  const type = slotType(site) || tableOfArgument(fn, name);
  if (type !== "") return type;
  return name.replace(/_?[iI]d$/, "");
}

function slotName({ fn, v }: Site): string {
  return fn.op(v) === Op.Var ? (fn.ancestor(fn.a(v))?.info.slots[fn.b(v)]?.name ?? "") : "";
}

function slotType({ fn, v }: Site): string {
  if (fn.op(v) !== Op.Var) return "";
  const owner = fn.ancestor(fn.a(v));
  const slot = owner?.info.slots[fn.b(v)];
  const param = owner?.info.params.find((one) => one.name === slot?.name);
  const type = owner?.file.lowered.types[param?.type ?? slot?.type ?? -1];
  const [table] = type?.kind === "name" && type.name === "Id" ? type.args : [];
  return table?.kind === "literal" ? table.value.replaceAll(/["']/g, "") : "";
}

function textOf(origins: readonly Origin[]): string {
  const [only] = origins;
  return only?.kind === "constant" && typeof only.value === "string" ? only.value : "";
}
