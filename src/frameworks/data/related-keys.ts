/** Rows of other models that are written by their keys: `album: { id }`, `pictures: ids.map((id) => ({ id }))`. */
import type { DataRelation } from "../../model/data-model.js";
import type { Origin, OriginQueries, Site } from "../../program/values/origin.js";
import type { WrittenColumn } from "./data-call.js";
import { alternativesOf, fieldsOf, type LiteralField } from "./literals.js";

const MAX_DEPTH = 3;
/** what a key of its own is called; other columns of a related row do not say which one it is */
const KEY = /^_?id$/i;
const REFERENCE = /(?:^|\.)(?:getReference|ref|createFromPK)\(\)$/;

/** Keys of one row, or of each of a list: `{ id }`, `[{ id }]`, `ids.map((id) => ({ id }))`. */
export function rowKeys(site: Site, queries: OriginQueries, depth = 0): readonly LiteralField[] {
  const lists = alternativesOf(queries.evaluate(site)).flatMap((origin): readonly Site[] => {
    if (origin.kind !== "literal" || origin.form !== "array" || depth >= MAX_DEPTH) return [];
    const { fn, v, frame } = origin.site;
    return Array.from(fn.list(fn.a(v)), (item): Site => ({ fn, v: item, frame }));
  });
  if (lists.length === 0) return fieldsOf(site, queries, null).fields;
  return lists.flatMap((item) => [...rowKeys(item, queries, depth + 1)]);
}

/**
 * What is written when a relation is given rows that are named by nothing but their keys: the foreign key, or for a
 * list the rows that are put into it.
 *
 * @returns none when the rows cannot be told by their keys
 */
export function relatedKeys(relation: DataRelation, site: Site, queries: OriginQueries): readonly WrittenColumn[] {
  const keys = [
    ...rowKeys(site, queries).flatMap(({ name, site: key }) => (KEY.test(name) ? [key] : [])),
    ...queries.evaluate(site).flatMap(referredBy),
  ];
  const [column] = relation.columns;
  const place = site.fn.place(site.v);
  return keys.map((key): WrittenColumn => {
    const values = queries.evaluate(key);
    if (!relation.many) return { column: column ?? relation.name, values, place };
    return { column: relation.name, linksTo: relation.model, values, place };
  });
}

/** `em.getReference(Album, id)`, `ref(Album, id)`: a row of MikroORM that stands for its key, without a query. */
function referredBy(origin: Origin): readonly Site[] {
  if (origin.kind !== "package" || origin.site === null || !REFERENCE.test(origin.path)) return [];
  if (!origin.module.startsWith("@mikro-orm/")) return [];
  const { fn, v, frame } = origin.site;
  return Array.from(fn.args(v), (arg): Site => ({ fn, v: arg, frame })).slice(1, 2);
}
