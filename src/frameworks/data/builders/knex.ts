/** Knex: `db("orders").where({ … })`, and whatever is done to that builder later. */
import { NONE, Op } from "../../../model/lowered.js";
import type { Origin, OriginQueries, Site } from "../../../program/values/origin.js";
import type { ModelMatcher } from "../../schema/match-model.js";
import type { Step } from "../builder-steps.js";
import type { DataCall } from "../data-call.js";
import { toFilter, UNFILTERED } from "../filter-terms.js";
import type { DataLayer } from "../layer.js";
import { chainFrom } from "../query-chain.js";
import { writtenValues } from "../written-values.js";
import { argumentsOf, isKnexCount, KNEX_STEP, knexFilter, knexOperation, tableText } from "./knex-steps.js";

const MODULE = /^(?:knex|nestjs-knex|@\w[\w-]*\/knex)$/;
/** what makes a builder, on the way from the package: `knex()` is the client, `knex()("t")` a builder */
const CLIENT =
  /(?:^|\.)(?:default|knex|Knex|Transaction|client)?\(\)(?:\.(?:withSchema|transaction|transactionProvider|schema)\(\))*$/;
const START = /^(?:from|into|table|select|insert|with|queryBuilder|withRecursive|distinct|count|first)$/;
const NAMES =
  /^(?:knex|db|trx|tx|conn|connection|database|knexInstance|transaction|\w*(?:Knex|Db|Trx|Conn|Connection))$/;

export class KnexLayer implements DataLayer {
  constructor(private readonly models: ModelMatcher) {}

  mayCall(name: string, site: Site): boolean {
    return site.fn.op(site.v) === Op.Call && (name === "" || START.test(name) || NAMES.test(name));
  }

  isCall(site: Site, called: Origin, queries: OriginQueries): boolean {
    const callee = asDeclared(called, queries);
    return startsBuilder(callee, site) || (callee.kind !== "package" && this.isShape(site) && !isLocal(callee));
  }

  /** `db("orders")` with a table that is known, on a variable that is called like a client. */
  isShape(site: Site): boolean {
    const { fn, v } = site;
    if (fn.op(v) !== Op.Call) return false;
    const [first] = fn.args(v);
    const callee = fn.callee(v);
    if (first === undefined || fn.op(first) !== Op.String || fn.op(callee) === Op.Member) return false;
    const name = nameOf(site, callee);
    return NAMES.test(name) && this.models.table(fn.text(fn.a(first))) !== undefined;
  }

  read(site: Site, called: Origin, queries: OriginQueries): DataCall | null {
    if (!this.isCall(site, called, queries)) return null;
    const callee = asDeclared(called, queries);
    const steps = chainFrom(site, queries, KNEX_STEP);
    const tables = tablesOf(steps, isClient(callee), queries);
    const [main] = tables;
    if (main === undefined) return null;
    const model = this.models.table(main.table, site.fn.file.path);
    const aliases = new Map(tables.map(({ table, alias }) => [alias, table]));
    const { operation, method } = knexOperation(steps);
    const context = { model, models: this.models, queries, use: site, aliases, key: "id" };
    const values = steps.filter((step) => /^(?:insert|update|merge)$/.test(step.name));
    const given = values.flatMap((step) => argumentsOf(step.site).slice(0, 1));
    return {
      layer: "knex",
      model: model?.name ?? main.table,
      operation,
      method,
      site,
      filter: toFilter(operation === "create" ? UNFILTERED : knexFilter(steps, context), site.fn.place(site.v)),
      ...writtenValues(given, queries, model),
      loads: [],
      countOnly: isKnexCount(steps),
      also: [],
    };
  }

  continues(name: string): boolean {
    return KNEX_STEP.test(name);
  }

  /** A transaction is given a client. */
  callbackArguments(callee: Origin): readonly (readonly Origin[])[] | undefined {
    if (callee.kind !== "package" || callee.previous === null || !MODULE.test(callee.module)) return undefined;
    return /\.transaction$/.test(callee.path) ? [[callee.previous]] : undefined;
  }
}

/** `(conn: Knex) => conn("orders")`, `({ conn }: { conn: Knex }) => …`: what is called is what it was declared as. */
function asDeclared(origin: Origin, queries: OriginQueries): Origin {
  if (origin.kind !== "parameter") return origin;
  const { fn, index, path } = origin;
  const type = fn.file.lowered.types[fn.info.params[index]?.type ?? NONE];
  const declared = type === undefined ? null : queries.typeOrigin(fn.file, type);
  if (declared === null) return origin;
  return (path.length === 0 ? declared : queries.project(declared, path)[0]) ?? origin;
}

/** `this.knex("orders")`: called by the name of a member, it is the client all the same. */
function isClient(callee: Origin): boolean {
  return callee.kind === "package" && CLIENT.test(callee.path);
}

/**
 * The table of the query first, then those that are joined.
 *
 * @param called the first step is a call of the client itself
 */
function tablesOf(
  steps: readonly Step[],
  called: boolean,
  queries: OriginQueries,
): readonly { readonly table: string; readonly alias: string }[] {
  const first: { readonly table: string; readonly alias: string }[] = [];
  const joined: { readonly table: string; readonly alias: string }[] = [];
  for (const [index, step] of steps.entries()) {
    const [arg] = argumentsOf(step.site);
    if (arg === undefined) continue;
    const names = (index === 0 && (called || step.name === "")) || /^(?:from|into|table)$/.test(step.name);
    const joins = /join$/i.test(step.name);
    if (!names && !joins) continue;
    const found = tableText(arg, queries);
    if (found.table !== "") (names ? first : joined).push(found);
  }
  return first.length === 0 ? [] : [...first, ...joined];
}

function startsBuilder(callee: Origin, site: Site): boolean {
  if (callee.kind !== "package" || !MODULE.test(callee.module)) return false;
  const name = site.fn.memberName(site.fn.callee(site.v));
  const dot = callee.path.lastIndexOf(".");
  const receiver = START.test(name) && callee.path.endsWith(`.${name}`) ? callee.path.slice(0, dot) : callee.path;
  if (!CLIENT.test(receiver)) return false;
  // `knex(config)` makes the client and `knex({ … })` is given an object
  const [first] = site.fn.args(site.v);
  return receiver !== callee.path || (first !== undefined && callee.path.includes("()"));
}

function isLocal(callee: Origin): boolean {
  return callee.kind === "function" || callee.kind === "class";
}

function nameOf({ fn }: Site, v: number): string {
  if (fn.op(v) === Op.Var) return fn.ancestor(fn.a(v))?.info.slots[fn.b(v)]?.name ?? "";
  return fn.op(v) === Op.Global ? fn.text(fn.a(v)) : "";
}
