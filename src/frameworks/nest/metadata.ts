/** Metadata that decorators set, and what guards read of it through the reflector. */
import type { Place } from "../../model/place.js";
import { leaves } from "../../program/values/computed-origins.js";
import {
  type LinkQueries,
  type Origin,
  type OriginQueries,
  type PackageOrigin,
  type Site,
  type SourceOrigin,
  UNDEFINED,
  unknown,
} from "../../program/values/origin.js";
import type { Applied } from "../classes/decorators.js";
import { argument, argumentOrigin, property } from "../classes/values.js";

/** Dialect of the sources that stand for an ExecutionContext. */
export const CONTEXT_DIALECT = "nest-context";
/** Key under which an entry says what `context.getType()` answers. */
export const TYPE_KEY = "nest:type";
const CLASS_PREFIX = "class:";

/** One piece of metadata in effect. */
export interface MetadataItem {
  readonly key: string;
  /** the key in words: its own text, what a symbol is described by, the name of what a package exports */
  readonly said: string;
  readonly values: readonly Origin[];
  readonly place: Place;
}

/** What the decorators in effect set, the last one of a key winning. */
export function metadataOf(applied: readonly Applied[], queries: LinkQueries): readonly MetadataItem[] {
  const found = new Map<string, MetadataItem>();
  for (const decorator of applied) {
    const item = itemOf(decorator, queries);
    if (item !== null) found.set(item.key, item);
  }
  return [...found.values()];
}

function itemOf(applied: Applied, queries: LinkQueries): MetadataItem | null {
  const { call, place } = applied;
  if (call === null) return null;
  if (applied.name === "Reflector.createDecorator()") {
    const key = keyOf([applied.origin], queries);
    return key === null ? null : { key, said: key, values: createdValue(applied, call, queries), place };
  }
  if (applied.name !== "SetMetadata" && applied.name !== "Reflect.defineMetadata") return null;
  const keySite = argument(call, 0);
  const keys = keySite === null ? [] : queries.evaluate(keySite);
  const key = keyOf(keys, queries);
  if (key === null) return null;
  const value = argument(call, 1);
  const values = value === null ? [UNDEFINED] : present(queries.evaluate(value));
  return { key, said: wordsOf(keys, queries) ?? key, values, place };
}

/** `Symbol("public")`, `IS_PUBLIC` of a package that is not there to be read */
function wordsOf([origin]: readonly Origin[], queries: LinkQueries): string | null {
  if (origin?.kind === "package") return origin.path.split(".").at(-1) ?? null;
  const symbol = origin?.kind === "source" && origin.source === "neutral" ? origin.site : null;
  const said = symbol === null ? undefined : argumentOrigin(symbol, 0, queries);
  return said?.kind === "constant" && typeof said.value === "string" ? said.value : null;
}

/** What a decorator is given is seldom undefined: `options || {}` leaves that alternative over. */
function present(values: readonly Origin[]): readonly Origin[] {
  const kept = values.filter((o) => !(o.kind === "constant" && o.value === undefined));
  return kept.length > 0 ? kept : values;
}

function createdValue(applied: Applied, call: Site, queries: LinkQueries): readonly Origin[] {
  const creation = creationOf(applied.origin);
  const options = creation === null ? undefined : argumentOrigin(creation, 0, queries);
  if (property(options, "transform", queries) !== undefined) return [unknown("transformed metadata")];
  const value = argument(call, 0);
  return value === null ? [UNDEFINED] : queries.evaluate(value);
}

/** The call of `Reflector.createDecorator` that a decorator, or a member of one, goes back to. */
function creationOf(origin: PackageOrigin): Site | null {
  for (let step: PackageOrigin | null = origin; step !== null; step = step.previous) {
    if (step.path === "Reflector.createDecorator()") return step.site;
  }
  return null;
}

/** A metadata key as text: its own for texts, its place for symbols and decorators; null when it is not known. */
export function keyOf(origins: readonly Origin[], queries: OriginQueries): string | null {
  if (origins.length !== 1) return null;
  const [origin] = origins;
  if (origin.kind === "constant" && origin.value !== undefined && origin.value !== null) return String(origin.value);
  if (origin.kind === "source" && origin.source === "neutral" && origin.site !== null) {
    return `symbol:${placeKey(origin.site)}`;
  }
  if (origin.kind !== "package") return null;
  const creation = creationOf(origin);
  if (creation === null) return origin.module === "" ? null : `${origin.module}#${origin.path}`;
  const options = argument(creation, 0);
  const [named] = options === null ? [] : queries.evaluate(options).flatMap((o) => queries.project(o, ["key"]));
  return named?.kind === "constant" && typeof named.value === "string"
    ? named.value
    : `decorator:${placeKey(creation)}`;
}

function placeKey(site: Site): string {
  return `${site.fn.file.path}:${site.fn.place(site.v).start}`;
}

/** Metadata of an entry as the engine hands it to guards: keys of the class are marked as such. */
export function metadataMap(
  handler: readonly MetadataItem[],
  cls: readonly MetadataItem[],
): Map<string, readonly Origin[]> {
  const map = new Map<string, readonly Origin[]>();
  for (const item of cls) map.set(CLASS_PREFIX + item.key, item.values);
  for (const item of handler) map.set(item.key, item.values);
  return map;
}

const READS = /^Reflector\(\)\.(get|getAll|getAllAndOverride|getAllAndMerge)$/;

/** True for the reflector's reading methods. */
export function readsMetadata(callee: PackageOrigin): boolean {
  return callee.module.startsWith("@nestjs/core") && READS.test(callee.path);
}

/**
 * What `reflector.get…(KEY, targets)` answers for the entry whose context the targets come from.
 * @returns undefined when the call does not lead to a context: then the answer is not known yet
 */
export function readMetadata(callee: PackageOrigin, site: Site, queries: OriginQueries): readonly Origin[] | undefined {
  const method = READS.exec(callee.path)?.[1];
  const keySite = argument(site, 0);
  const targetSite = argument(site, 1);
  if (method === undefined || !callee.module.startsWith("@nestjs/core")) return undefined;
  if (keySite === null || targetSite === null) return undefined;
  const targets = targetsOf(queries.evaluate(targetSite), queries);
  if (targets.length === 0) return undefined;
  const key = keyOf(queries.evaluate(keySite), queries);
  if (key === null) return [unknown("metadata key")];
  const found: Origin[] = [];
  for (const target of targets) {
    const isClass = /getClass\(\)$/.test(target.path);
    const values = target.context?.metadata.get(isClass ? CLASS_PREFIX + key : key);
    if (values === undefined) continue;
    found.push(...values);
    if (method === "get" || method === "getAllAndOverride") break;
  }
  return found.length > 0 ? found : [UNDEFINED];
}

/** Handler and class of a context among what the second argument is made of, in order. */
function targetsOf(origins: readonly Origin[], queries: OriginQueries): readonly SourceOrigin[] {
  const found: SourceOrigin[] = [];
  for (const origin of leaves(origins)) {
    if (origin.kind === "literal" && origin.form === "array") {
      const { fn, v, frame } = origin.site;
      for (const item of fn.list(fn.a(v))) found.push(...targetsOf(queries.evaluate({ fn, v: item, frame }), queries));
    } else if (origin.kind === "source" && isTarget(origin)) found.push(origin);
  }
  return found;
}

function isTarget(origin: SourceOrigin): boolean {
  return origin.dialect === CONTEXT_DIALECT && origin.context !== null && /get(?:Handler|Class)\(\)$/.test(origin.path);
}
