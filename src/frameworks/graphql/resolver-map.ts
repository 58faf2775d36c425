/** Resolver maps: `{ Query: { orders }, Order: { customer } }`, merged, spread and split over files as they come. */
import { Op, PropKind } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import type { LinkQueries, Origin, PackageOrigin, Site } from "../../program/values/origin.js";
import { siteKey } from "../../program/values/origin-keys.js";
import { argumentSites } from "../classes/values.js";
import { writtenName } from "../procedures/builder-chain.js";
import { isOperation } from "./fields.js";

/** One property of a type in a map. */
export interface MappedField {
  readonly type: string;
  readonly name: string;
  readonly origins: readonly Origin[];
  /** the value as written */
  readonly site: Site;
}

export interface ResolverMap {
  readonly fields: readonly MappedField[];
  /** parts that could not be followed */
  readonly unread: readonly Site[];
  /** what was called with the map, and puts something around its resolvers that could not be read */
  readonly wrappedBy?: string;
}

const MERGES =
  /^(?:merge|mergeResolvers|mergeAll|mergeDeep|mergeDeepRight|assign|extend|deepmerge|defaultsDeep|all)?\(\)$/;
const MAX_DEPTH = 10;
const MAX_FIELDS = 20_000;

/** Called for each property of an object, with its name. */
type Visit = (name: string, site: Site, origins: readonly Origin[]) => void;

/** Reads the maps that a value holds. */
export function readResolverMap(site: Site, queries: LinkQueries): ResolverMap {
  const map = new MapReader(queries).read(site);
  if (map.fields.length > 0) return map;
  // a map that a function made anew of another one has the fields of that one
  for (const call of makersOf(site, queries)) {
    for (const given of argumentSites(call)) {
      const { fields, unread } = new MapReader(queries).read(given);
      if (fields.some((field) => isOperation(field.type))) return { fields, unread, wrappedBy: writtenName(call) };
    }
  }
  return map;
}

/** Reads the map that a value is, wherever it comes from. */
export function readMapOf(value: Origin, site: Site, queries: LinkQueries): ResolverMap {
  return new MapReader(queries).readValue([value], site);
}

/** The calls that made a value: as it is written, or in the function that an object comes from. */
function makersOf(site: Site, queries: LinkQueries): readonly Site[] {
  const made = queries.evaluate(site).flatMap((origin): readonly Site[] => {
    if (origin.kind === "literal") return origin.site.frame?.site ? [origin.site.frame.site] : [];
    return origin.kind === "package" && origin.site !== null ? [origin.site] : [];
  });
  const v = behind(site.fn, site.v);
  return site.fn.op(v) === Op.Call ? [{ ...site, v }, ...made] : made;
}

/** Reads the fields of one type, of which the value is the map: `{ orders: { type, resolve } }`. */
export function readTypeFields(
  type: string,
  origins: readonly Origin[],
  site: Site,
  queries: LinkQueries,
): ResolverMap {
  return new MapReader(queries).readFields(type, origins, site);
}

class MapReader {
  readonly #fields: MappedField[] = [];
  readonly #unread: Site[] = [];
  readonly #seen = new Set<string>();

  constructor(private readonly queries: LinkQueries) {}

  read(site: Site): ResolverMap {
    return this.readValue(this.queries.evaluate(site), site);
  }

  readValue(values: readonly Origin[], site: Site): ResolverMap {
    this.#properties(values, site, 0, (type, inner, origins) => {
      this.#properties(origins, inner, 0, (name, at, values) => this.#field(type, name, at, values), false);
    });
    return { fields: this.#fields, unread: this.#unread };
  }

  readFields(type: string, origins: readonly Origin[], site: Site): ResolverMap {
    this.#properties(origins, site, 0, (name, at, values) => this.#field(type, name, at, values));
    return { fields: this.#fields, unread: this.#unread };
  }

  #field(type: string, name: string, site: Site, origins: readonly Origin[]): void {
    const key = `${type}.${name}:${siteKey(site)}`;
    if (this.#seen.has(key) || this.#fields.length >= MAX_FIELDS) return;
    this.#seen.add(key);
    this.#fields.push({ type, name, origins, site });
  }

  #properties(origins: readonly Origin[], site: Site, depth: number, visit: Visit, report = true): void {
    if (depth > MAX_DEPTH) return;
    for (const origin of origins) {
      if (origin.kind === "literal" && origin.form === "object") this.#object(origin.site, depth, visit);
      else if (origin.kind === "literal" && origin.form === "array") this.#array(origin.site, depth, visit);
      else if (origin.kind === "namespace") this.#exports(origin, site, visit);
      else if (origin.kind === "package" && merges(origin)) this.#merged(origin, depth, visit);
      else if (origin.kind === "derived" && /^(?:Object\.assign|rest)$/.test(origin.how)) {
        this.#properties(origin.of, site, depth + 1, visit, report);
      } else if (report && origin.kind !== "constant" && origin.kind !== "function") this.#unread.push(site);
    }
  }

  #object({ fn, v, frame }: Site, depth: number, visit: Visit): void {
    for (const prop of fn.props(v)) {
      const site: Site = { fn, v: prop.value, frame };
      const origins = this.queries.evaluate(site);
      if (prop.kind === PropKind.Spread) this.#properties(origins, site, depth + 1, visit);
      else if (prop.name !== "") visit(prop.name, site, origins);
    }
  }

  #array({ fn, v, frame }: Site, depth: number, visit: Visit): void {
    for (const item of fn.list(fn.a(v))) {
      const site: Site = { fn, v: item, frame };
      this.#properties(this.queries.evaluate(site), site, depth + 1, visit);
    }
  }

  /** `import * as Query from "./query"` */
  #exports(origin: Extract<Origin, { kind: "namespace" }>, site: Site, visit: Visit): void {
    for (const item of origin.file.lowered.exports) {
      if (item.kind === "star" || item.typeOnly) continue;
      visit(item.name, site, this.queries.project(origin, [item.name]));
    }
  }

  #merged(origin: PackageOrigin, depth: number, visit: Visit): void {
    if (origin.site === null) return;
    for (const site of argumentSites(origin.site)) {
      this.#properties(this.queries.evaluate(site), site, depth + 1, visit);
    }
  }
}

/** A package's function that lays objects over one another. */
function merges(origin: PackageOrigin): boolean {
  return origin.site !== null && MERGES.test(origin.path.split(".").at(-1) ?? "");
}
