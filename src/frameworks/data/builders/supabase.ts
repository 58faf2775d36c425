/** Supabase: `client.from("orders").select().eq("org_id", x)`. Which key the client has decides whether row security holds. */
import type { AccessOperation } from "../../../model/facts.js";
import { Op } from "../../../model/lowered.js";
import { leaves } from "../../../program/values/computed-origins.js";
import type { Origin, OriginQueries, PackageOrigin, Site } from "../../../program/values/origin.js";
import type { ModelMatcher } from "../../schema/match-model.js";
import { comparison, foldClauses, type SteppedClause } from "../builder-filter.js";
import type { Step } from "../builder-steps.js";
import type { DataCall } from "../data-call.js";
import { disjunction, negation, type Reading, toFilter, UNFILTERED, UNREAD } from "../filter-terms.js";
import type { DataLayer } from "../layer.js";
import { fieldsOf, shapeOf } from "../literals.js";
import { ObjectFilterReader } from "../object-filter.js";
import { PlainDialect } from "../plain-dialect.js";
import { chainFrom } from "../query-chain.js";
import { writtenValues } from "../written-values.js";
import { argumentsOf } from "./knex-steps.js";

const STEP =
  /^(?:select|insert|update|upsert|delete|eq|neq|gt|gte|lt|lte|like|ilike|is|in|contains|containedBy|overlaps|range\w*|textSearch|match|not|or|filter|order|limit|range|single|maybeSingle|csv|returns|throwOnError|abortSignal|overrideTypes|explain|then)$/;
const CLIENT = /(?:^|\.)(?:create\w*Client|SupabaseClient|create\w*Supabase\w*)\(\)(?:\.schema\(\))?\.from$/;
const COMPARE: ReadonlyMap<string, string> = new Map([
  ["eq", "="],
  ["in", "in"],
  ["is", "is"],
  ["gt", ">"],
  ["gte", ">="],
  ["lt", "<"],
  ["lte", "<="],
  ["like", "like"],
  ["ilike", "like"],
  ["contains", "contains"],
  ["containedBy", "in"],
  ["overlaps", "overlap"],
]);

export class SupabaseLayer implements DataLayer {
  constructor(private readonly models: ModelMatcher) {}

  mayCall(name: string): boolean {
    return name === "from";
  }

  isCall(site: Site, callee: Origin): boolean {
    if (site.fn.op(site.v) !== Op.Call || callee.kind !== "package") return false;
    return callee.module.startsWith("@supabase/") && CLIENT.test(callee.path);
  }

  isShape(): boolean {
    return false;
  }

  read(site: Site, callee: Origin, queries: OriginQueries): DataCall | null {
    if (callee.kind !== "package" || !this.isCall(site, callee)) return null;
    const [first] = argumentsOf(site);
    const table = first === undefined ? "" : textOf(queries.evaluate(first));
    const model = this.models.table(table, site.fn.file.path);
    const steps = chainFrom(site, queries, STEP);
    const { operation, method } = operationOf(steps);
    const given = steps.filter((step) => /^(?:insert|update|upsert)$/.test(step.name));
    const filter =
      operation === "create" ? UNFILTERED : foldClauses(steps.flatMap((step) => clauses(step, queries, site)));
    const call: DataCall = {
      layer: "supabase",
      model: model?.name ?? table,
      operation,
      method,
      site,
      filter: toFilter(filter, site.fn.place(site.v)),
      ...writtenValues(
        given.flatMap((step) => argumentsOf(step.site).slice(0, 1)),
        queries,
        model,
      ),
      loads: [],
      countOnly: steps.some((step) => step.name === "select" && isHead(step.site, queries)),
      also: [],
    };
    if (hasRowSecurity(callee, queries)) return { ...call, scopedBy: "row-level security of the caller's own key" };
    return hasServiceKey(callee, queries) ? { ...call, elevated: "the key of the service role" } : call;
  }

  continues(name: string): boolean {
    return STEP.test(name);
  }

  callbackArguments(): undefined {
    return undefined;
  }
}

function operationOf(steps: readonly Step[]): { readonly operation: AccessOperation; readonly method: string } {
  for (const step of steps) {
    if (step.name === "insert") return { operation: "create", method: "insert" };
    if (step.name === "update" || step.name === "upsert") return { operation: "update", method: step.name };
    if (step.name === "delete") return { operation: "delete", method: "delete" };
  }
  return { operation: "read", method: "select" };
}

function clauses(step: Step, queries: OriginQueries, use: Site): readonly SteppedClause[] {
  const reading = condition(step, queries, use);
  return reading === null ? [] : [{ clause: { how: "and", reading }, conditional: step.conditional }];
}

function condition(step: Step, queries: OriginQueries, use: Site): Reading | null {
  const [first, second, third] = argumentsOf(step.site);
  if (first === undefined) return null;
  const operator = COMPARE.get(step.name);
  if (operator !== undefined && second !== undefined) return columnReading(first, operator, second, queries);
  if (step.name === "neq" && second !== undefined) return negation(columnReading(first, "=", second, queries));
  if (step.name === "filter" && second !== undefined && third !== undefined) {
    const word = COMPARE.get(textOf(queries.evaluate(second)));
    return word === undefined ? UNREAD : columnReading(first, word, third, queries);
  }
  if (step.name === "not" && third !== undefined) return negation(columnReading(first, "=", third, queries));
  if (step.name === "match") {
    const reader = new ObjectFilterReader(queries, new PlainDialect(), use);
    return reader.where(first, { prefix: "", model: undefined, relation: false });
  }
  return step.name === "or" ? alternatives(first, queries) : null;
}

function columnReading(column: Site, operator: string, value: Site, queries: OriginQueries): Reading {
  const name = textOf(queries.evaluate(column));
  const values = queries
    .evaluate(value)
    .flatMap((o) => (o.kind === "literal" && o.form === "array" ? queries.project(o, ["[]"]) : [o]));
  return name === "" ? UNREAD : comparison(name, operator, values, value);
}

/** `` or(`owner_id.eq.${id},public.eq.true`) `` */
function alternatives(site: Site, queries: OriginQueries): Reading {
  const shape = shapeOf(site);
  const { fn, v, frame } = shape.kind === "plain" ? shape.site : site;
  const parts: { readonly text: string; readonly values: readonly Origin[] }[] = [];
  if (fn.op(v) === Op.Template) {
    const list = fn.list(fn.a(v));
    for (let i = 0; i < list.length; i += 2) {
      const values = i + 1 < list.length ? queries.evaluate({ fn, v: list[i + 1], frame }) : [];
      parts.push({ text: fn.text(list[i]), values });
    }
  } else {
    const text = textOf(queries.evaluate(site));
    if (text === "") return UNREAD;
    parts.push({ text, values: [] });
  }
  const readings = parts.flatMap(({ text, values }) => {
    const written = [...text.matchAll(/([\w.]+)\.(eq|in|is|gt|gte|lt|lte|like|ilike)\.([^,]*)/g)];
    return written.map(([whole, column = "", , value = ""]) => {
      const last = text.endsWith(whole) && value === "";
      return comparison(column, "=", last ? values : [{ kind: "constant", value }], site);
    });
  });
  return readings.length === 0 ? UNREAD : disjunction(readings);
}

const SERVICE = /service[_-]?role|secret|admin/i;
const LIMITED = /anon|publishable|public/i;

/** A key that is published is subject to row security; one that is kept secret is not. */
function hasRowSecurity(callee: PackageOrigin, queries: OriginQueries): boolean {
  for (let step: PackageOrigin | null = callee; step !== null; step = step.previous) {
    if (step.site === null || !/Client\(\)$/.test(step.path)) continue;
    const [, key] = argumentsOf(step.site);
    const names = key === undefined ? [] : leaves(queries.evaluate(key)).map(nameOfKey);
    if (names.some((name) => SERVICE.test(name))) return false;
    if (names.some((name) => LIMITED.test(name))) return true;
    return /(?:createServerClient|createBrowserClient|create\w*(?:Component|Handler|Action|Middleware)\w*Client)\(\)$/.test(
      step.path,
    );
  }
  return false;
}

/** The client was made with a key whose name says that it is the service's. */
function hasServiceKey(callee: PackageOrigin, queries: OriginQueries): boolean {
  for (let step: PackageOrigin | null = callee; step !== null; step = step.previous) {
    if (step.site === null || !/Client\(\)$/.test(step.path)) continue;
    const [, key] = argumentsOf(step.site);
    return key !== undefined && leaves(queries.evaluate(key)).some((origin) => SERVICE.test(nameOfKey(origin)));
  }
  return false;
}

function nameOfKey(origin: Origin): string {
  if (origin.kind === "constant") return /^sb_(?:secret|publishable)_/.exec(String(origin.value))?.[0] ?? "";
  if (origin.kind === "package" || origin.kind === "source") return origin.path;
  return origin.kind === "parameter" ? (origin.fn.info.params[origin.index]?.name ?? "") : "";
}

function isHead(site: Site, queries: OriginQueries): boolean {
  const [, options] = argumentsOf(site);
  if (options === undefined) return false;
  const head = fieldsOf(options, queries, null).fields.find((field) => field.name === "head");
  const [only] = head === undefined ? [] : queries.evaluate(head.site);
  return only?.kind === "constant" && only.value === true;
}

function textOf(origins: readonly Origin[]): string {
  const [only] = origins;
  return only?.kind === "constant" && typeof only.value === "string" ? only.value : "";
}
