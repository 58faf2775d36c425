/** Filters of Meilisearch and Typesense, which are text: `` `tenantId = ${id} AND open = true` ``, `` `tenantId:=${id} && …` ``. */
import { Op } from "../../../model/lowered.js";
import type { Origin, OriginQueries, Site } from "../../../program/values/origin.js";
import { comparison } from "../builder-filter.js";
import { conjunction, type Reading, UNFILTERED, UNREAD } from "../filter-terms.js";

const COMPARED = /^\(?\s*["']?(\w[\w.]*)["']?\s*(?::=|:|=|\bIN\b)\s*\[?\s*["'`]?\uE000(\d+)["'`]?\s*\]?\s*\)?$/i;
const SEPARATORS = /\s+AND\s+|\s*&&\s*/i;
const ALTERNATIVES = /\bOR\b|\|\|/i;

/** The comparisons with values that a filter of text amounts to. */
export function textFilter(site: Site | null, queries: OriginQueries): Reading {
  if (site === null) return UNFILTERED;
  const [only, ...others] = queries.evaluate(site);
  if (only === undefined || others.length > 0) return UNREAD;
  if (only.kind === "constant") return typeof only.value === "string" ? conjunction([]) : UNFILTERED;
  if (only.kind !== "literal") return UNREAD;
  if (only.form === "array") {
    const { fn, v, frame } = only.site;
    return conjunction(Array.from(fn.list(fn.a(v)), (item) => textFilter({ fn, v: item, frame }, queries)));
  }
  return only.form === "template" ? templateFilter(only.site, queries) : UNREAD;
}

function templateFilter({ fn, v, frame }: Site, queries: OriginQueries): Reading {
  const values: { readonly origins: readonly Origin[]; readonly site: Site }[] = [];
  const text = Array.from(fn.list(fn.a(v)), (item, index) => {
    if (index % 2 === 0) return fn.text(item);
    const site: Site = { fn, v: item, frame };
    values.push({ origins: queries.evaluate(site), site });
    return `\uE000${values.length - 1}`;
  }).join("");
  if (ALTERNATIVES.test(text)) return UNREAD;
  return conjunction(
    text.split(SEPARATORS).flatMap((clause) => {
      const found = COMPARED.exec(clause.trim());
      const value = found === null ? undefined : values[Number(found[2])];
      return found === null || value === undefined ? [] : [comparison(found[1] ?? "", "=", value.origins, value.site)];
    }),
  );
}

/** The text of a value that is one known string. */
export function plainText(site: Site | null, queries: OriginQueries): string {
  if (site === null) return "";
  const [only] = queries.evaluate(site);
  if (only?.kind === "constant" && typeof only.value === "string") return only.value;
  const { fn, v } = site;
  return fn.op(v) === Op.String ? fn.text(fn.a(v)) : "";
}
