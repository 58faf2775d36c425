/** Keys of items: attributes by name, and keys put together of labels and ids: `` `TENANT#${tenantId}` ``. */
import { Op } from "../../../model/lowered.js";
import { displayName } from "../../../program/facts/fact-reader.js";
import { leaves } from "../../../program/values/computed-origins.js";
import type { Origin, OriginQueries, Site } from "../../../program/values/origin.js";
import { comparison } from "../builder-filter.js";
import { argumentsOf } from "../builders/knex-steps.js";
import { conjunction, type Reading, UNREAD } from "../filter-terms.js";
import { alternativesOf, fieldsOf } from "../literals.js";

export interface ItemKey {
  /** null where there is no key */
  readonly reading: Reading | null;
  /** what the last label says that the item is, in lower case */
  readonly label: string;
}

const NO_KEY: ItemKey = { reading: null, label: "" };
/** Attributes of tables that hold everything say nothing by their names. */
const PLAIN_KEY = /^(?:pk|sk|gsi\d*_?(?:pk|sk)|partition_?key|sort_?key|hash_?key|range_?key|id)$/i;

/** The value of a field of an input object. */
export function fieldOf(input: Site | null, name: string, queries: OriginQueries): Site | null {
  if (input === null) return null;
  for (const origin of alternativesOf(queries.evaluate(input))) {
    if (origin.kind !== "literal" || origin.form !== "object") continue;
    const found = fieldsOf(origin.site, queries, null).fields.find((field) => field.name === name);
    if (found !== undefined) return found.site;
  }
  return null;
}

/** What stands in `marshall(…)`, and what is written out. */
export function plainItem(site: Site | null, queries: OriginQueries): Site | null {
  if (site === null) return null;
  const made = queries.evaluate(site).find((o) => o.kind === "package" && /^marshall\(\)$/.test(o.path));
  if (made?.kind !== "package" || made.site === null) return site;
  return argumentsOf(made.site)[0] ?? site;
}

/** The comparisons that a key amounts to. */
export function keyOf(given: Site | null, queries: OriginQueries): ItemKey {
  const site = plainItem(given, queries);
  if (site === null) return NO_KEY;
  const readings: Reading[] = [];
  let label = "";
  for (const origin of alternativesOf(queries.evaluate(site))) {
    if (origin.kind !== "literal" || origin.form !== "object") return { reading: UNREAD, label: "" };
    for (const field of fieldsOf(origin.site, queries, null).fields) {
      const part = attributeOf(field.name, field.site, "=", queries);
      readings.push(part.reading);
      if (part.label !== "") label = part.label;
    }
  }
  return { reading: conjunction(readings), label };
}

/** One attribute: by its name, or by the labels of what is put together there. */
export function attributeOf(
  name: string,
  given: Site,
  operator: string,
  queries: OriginQueries,
): { readonly reading: Reading; readonly label: string } {
  const site = unmarshalled(given, queries);
  const parts = labelled(site, queries);
  const last = parts.at(-1);
  if (last === undefined) {
    const column = PLAIN_KEY.test(name) ? writtenColumn(site, name) : name;
    return { reading: comparison(column, operator, leaves(queries.evaluate(site)), site), label: "" };
  }
  const own = /^s|sort|range/i.test(name) ? last.label : "";
  const readings = parts.map((part) =>
    comparison(part.label === own ? "id" : `${part.label}Id`, operator, part.values, part.site),
  );
  return { reading: conjunction(readings), label: last.label };
}

/** `{ S: value }` of the plain client */
function unmarshalled(site: Site, queries: OriginQueries): Site {
  for (const origin of queries.evaluate(site)) {
    if (origin.kind !== "literal" || origin.form !== "object") continue;
    const { fields } = fieldsOf(origin.site, queries, null);
    const [only, ...others] = fields;
    if (only !== undefined && others.length === 0 && /^[SNB]$/.test(only.name)) return only.site;
  }
  return site;
}

interface Labelled {
  readonly label: string;
  readonly values: readonly Origin[];
  readonly site: Site;
}

/** `` `TENANT#${a}#ORDER#${b}` `` as its parts; none for anything else. */
function labelled(site: Site, queries: OriginQueries): readonly Labelled[] {
  const origin = queries.evaluate(site).find((o) => o.kind === "literal" && o.form === "template");
  if (origin?.kind !== "literal") return [];
  const { fn, v, frame } = origin.site;
  const found: Labelled[] = [];
  let before = "";
  for (const [index, item] of Array.from(fn.list(fn.a(v))).entries()) {
    if (index % 2 === 0) {
      before = fn.text(item);
      continue;
    }
    const label = /([A-Za-z_]+)[#:|/]$/.exec(before)?.[1] ?? "";
    if (label === "") return [];
    const part: Site = { fn, v: item, frame };
    found.push({ label: label.toLowerCase(), values: leaves(queries.evaluate(part)), site: part });
  }
  return found;
}

/** `pk: user.tenantId`: the value's own name tells what the attribute holds. */
function writtenColumn({ fn, v }: Site, name: string): string {
  const op = fn.op(v);
  const written = op === Op.Member || op === Op.Var ? (displayName(fn, v).split(".").at(-1) ?? "") : "";
  return /id$/i.test(written) && !/^id$/i.test(name) ? written : name;
}

/** `"orders"`, `process.env.ORDERS_TABLE`; '' for tables that hold everything. */
export function tableOf(site: Site | null, queries: OriginQueries): string {
  if (site === null) return "";
  const [only] = queries.evaluate(site);
  const text = only?.kind === "constant" && typeof only.value === "string" ? only.value : "";
  const written = text || displayName(site.fn, site.v).split(".").at(-1) || "";
  const name = written.replace(/[_-]?table(?:[_-]?name)?!?$/i, "").replace(/^table[_-]?/i, "");
  return /^(?:|main|app|data|single|dynamo(?:db)?|ddb|the|my)$/i.test(name) ? "" : name.toLowerCase();
}
