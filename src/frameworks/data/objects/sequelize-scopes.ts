/** Conditions that a Sequelize model's scopes add: its default scope, and those named on the way to the finder. */
import type { DataModel } from "../../../model/data-model.js";
import { NONE, Op } from "../../../model/lowered.js";
import { givenFrame } from "../../../program/values/call-frames.js";
import type { OriginQueries, PackageOrigin, Site } from "../../../program/values/origin.js";
import type { ModelMatcher } from "../../schema/match-model.js";
import { argumentsOf } from "../builders/knex-steps.js";
import { conjunction, eitherOf, type Reading } from "../filter-terms.js";
import { fieldsOf } from "../literals.js";
import { type ModelClass, receiverClass } from "../model-classes.js";
import type { ObjectFilterReader } from "../object-filter.js";
import { includesOf } from "./sequelize-includes.js";

type Reader = ObjectFilterReader<DataModel>;

/** What holds through scopes; nothing behind `unscoped()` and `scope(null)`. */
export function scopeReadings(
  site: Site,
  callee: PackageOrigin,
  model: DataModel | undefined,
  reader: Reader,
  models: ModelMatcher,
): readonly Reading[] {
  const { queries } = reader;
  const owner = receiverClass(site, queries);
  let named: Reading[] = [];
  let usesDefault = true;
  const calls: { readonly name: string; readonly site: Site }[] = [];
  for (let step: PackageOrigin | null = callee; step !== null; step = step.previous) {
    const name = /(?:^|\.)(scope|unscoped)\(\)$/.exec(step.path)?.[1];
    if (name !== undefined && step.site !== null && !calls.some((call) => call.site.v === step?.site?.v)) {
      calls.unshift({ name, site: step.site });
    }
  }
  for (const call of calls) {
    // a scope replaces the default one unless it names it
    usesDefault = false;
    named = [];
    if (call.name === "unscoped" || owner === null) continue;
    for (const use of scopeUses(call.site, queries)) {
      if (use.name === "defaultScope") usesDefault = true;
      else named.push(...scopeReading(owner, use.name, use.args, model, reader, models));
    }
  }
  const first = usesDefault && owner !== null ? scopeReading(owner, "", [], model, reader, models) : [];
  return [...first, ...named];
}

function conditionOf(readings: readonly Reading[]): readonly Reading[] {
  return readings.length === 0 ? [] : [conjunction(readings)];
}

interface ScopeUse {
  readonly name: string;
  readonly args: readonly Site[];
}

/** `"drafts"`, `["drafts", { method: ["withMembership", userId] }]` */
function scopeUses(call: Site, queries: OriginQueries): readonly ScopeUse[] {
  return argumentsOf(call).flatMap((arg) => usesIn(arg, queries, 0));
}

function usesIn(at: Site, queries: OriginQueries, depth: number): readonly ScopeUse[] {
  return queries.evaluate(at).flatMap((origin): readonly ScopeUse[] => {
    if (origin.kind === "constant" && typeof origin.value === "string") return [{ name: origin.value, args: [] }];
    if (origin.kind !== "literal" || depth > 2) return [];
    const { fn, v, frame } = origin.site;
    if (origin.form === "array") {
      return Array.from(fn.list(fn.a(v))).flatMap((item) => {
        const value = fn.op(item) === Op.Spread ? fn.a(item) : item;
        return usesIn({ fn, v: value, frame }, queries, depth + 1);
      });
    }
    const method = origin.form === "object" ? fn.prop(v, "method") : NONE;
    return method === NONE ? [] : methodUse({ fn, v: method, frame }, queries);
  });
}

/** `{ method: ["withMembership", userId] }` */
function methodUse({ fn, v, frame }: Site, queries: OriginQueries): readonly ScopeUse[] {
  const list = fn.op(v) === Op.Array ? Array.from(fn.list(fn.a(v))) : [v];
  const [name, ...args] = list.map((item): Site => ({ fn, v: item, frame }));
  const [only] = name === undefined ? [] : queries.evaluate(name);
  return only?.kind === "constant" ? [{ name: String(only.value), args }] : [];
}

/** The `where` of a scope; '' for the default one. */
function scopeReading(
  owner: ModelClass,
  name: string,
  args: readonly Site[],
  model: DataModel | undefined,
  reader: Reader,
  models: ModelMatcher,
): readonly Reading[] {
  const { queries } = reader;
  const bodies = declaredScopes(owner, name, queries);
  const readings = bodies.flatMap((body) =>
    optionsOf(body, args, queries).flatMap((options) => {
      const wheres = fieldsOf(options, queries, null)
        .fields.filter((field) => field.name === "where")
        .map((field) => reader.where(field.site, { prefix: "", model, relation: false }));
      const own = wheres.length === 0 ? [] : [eitherOf(wheres)];
      return conditionOf([...own, ...includesOf(options, reader, models).readings]);
    }),
  );
  return readings.length === 0 ? [] : [bodies.length > 1 ? eitherOf(readings) : conjunction(readings)];
}

/** Values of `@Scopes(() => ({ name: … }))` or `@DefaultScope(() => ({ … }))` on the class. */
function declaredScopes(owner: ModelClass, name: string, queries: OriginQueries): readonly Site[] {
  const bodies = decoratorsOf(owner, name === "" ? "DefaultScope" : "Scopes", queries).flatMap((decorator) => {
    const [first] = argumentsOf(decorator);
    return first === undefined ? [] : optionsOf(first, [], queries);
  });
  if (name === "") return bodies;
  return bodies.flatMap((body) =>
    fieldsOf(body, queries, null)
      .fields.filter((field) => field.name === name)
      .map((field) => field.site),
  );
}

/** Calls of decorators of that name that stand on the class. */
function decoratorsOf(owner: ModelClass, wanted: string, queries: OriginQueries): readonly Site[] {
  const info = owner.file.lowered.classes[owner.index];
  if (info === undefined) return [];
  const fn = owner.file.fn(info.inFn);
  return info.decorators.flatMap((v): readonly Site[] => {
    if (fn.op(v) !== Op.Call) return [];
    const [callee] = queries.evaluate({ fn, v: fn.callee(v), frame: null });
    return callee?.kind === "package" && callee.path === wanted ? [{ fn, v, frame: null }] : [];
  });
}

/**
 * Whether `unscoped()` on a model lets more rows through. Classes of sequelize-typescript inherit the scopes of those
 * above them; models that are declared otherwise count as limited, because their options are set where nobody looks here.
 *
 * @param call the call of `unscoped` or `scope`
 */
export function hasLimitingDefaultScope(call: Site, queries: OriginQueries): boolean {
  const owner = receiverClass(call, queries);
  let declared = false;
  for (let at = owner, i = 0; at !== null && i < MAX_BASES; i += 1) {
    const tables = decoratorsOf(at, "Table", queries);
    declared ||= tables.length > 0;
    const scopes = [
      ...declaredScopes(at, "", queries),
      ...tables.flatMap((table) => optionsNamed("defaultScope", argumentsOf(table), queries)),
    ];
    if (scopes.some((scope) => limits(scope, queries, 0))) return true;
    at = baseOf(at, queries);
  }
  return !declared;
}

const MAX_BASES = 8;

function baseOf({ file, index }: ModelClass, queries: OriginQueries): ModelClass | null {
  const info = file.lowered.classes[index];
  if (info === undefined || info.extends === NONE) return null;
  const [base] = queries.evaluate({ fn: file.fn(info.inFn), v: info.extends, frame: null });
  return base?.kind === "class" ? base : null;
}

function optionsNamed(name: string, [options]: readonly Site[], queries: OriginQueries): readonly Site[] {
  if (options === undefined) return [];
  return fieldsOf(options, queries, null)
    .fields.filter((field) => field.name === name)
    .map((field) => field.site);
}

/**
 * A scope with a condition, on the model itself or on one that it loads along; so too what cannot be read. That a parent
 * must be there (`required: true`) keeps out no row that has one.
 */
function limits(scope: Site, queries: OriginQueries, depth: number): boolean {
  const { fields, opaque } = fieldsOf(scope, queries, null);
  if (opaque.length > 0 || depth > MAX_BASES) return true;
  return fields.some(
    ({ name, site }) =>
      name === "where" ||
      (name === "include" && included(site, queries).some((one) => limits(one, queries, depth + 1))),
  );
}

/** The objects of an `include`, one or a list; a model or an association that is named alone limits nothing. */
function included(site: Site, queries: OriginQueries): readonly Site[] {
  return queries.evaluate(site).flatMap((origin): readonly Site[] => {
    if (origin.kind !== "literal") return [];
    const { fn, v, frame } = origin.site;
    if (origin.form === "object") return [origin.site];
    return Array.from(fn.list(fn.a(v))).flatMap((item) => included({ fn, v: item, frame }, queries));
  });
}

/** An object, or what a function of that name returns for these arguments. */
function optionsOf(site: Site, args: readonly Site[], queries: OriginQueries): readonly Site[] {
  return queries.evaluate(site).flatMap((origin) => {
    if (origin.kind !== "function") return origin.kind === "literal" ? [origin.site] : [];
    const given = args.map((arg) => queries.evaluate(arg));
    const frame = args.length === 0 ? origin.frame : givenFrame(origin, given, args[0]?.frame?.depth ?? 0);
    return origin.fn.returns.map((row): Site => ({ fn: origin.fn, v: origin.fn.a(row), frame }));
  });
}
