/** Rows that a client's own tag writes out: `insert into pages ${sql(page, "site_id", "path")}`, `set ${sql(changes)}`. */
import type { DataModel } from "../../model/data-model.js";
import type { Origin, OriginQueries, Site } from "../../program/values/origin.js";
import { argumentsOf } from "./builders/knex-steps.js";
import { type WrittenValues, writtenValues } from "./written-values.js";

/** postgres.js, https://github.com/porsager/postgres#dynamic-inserts */
const TAG = /^postgres$/;

/** The columns and whole objects that values spliced into a statement write. */
export function splicedRows(
  values: readonly Origin[],
  queries: OriginQueries,
  model: DataModel | undefined,
): WrittenValues {
  const each = values.map((value) => rowOf(value, queries, model) ?? { written: [], writtenWhole: [value] });
  return {
    written: each.flatMap((one) => one.written),
    writtenWhole: each.flatMap((one) => one.writtenWhole),
  };
}

function rowOf(value: Origin, queries: OriginQueries, model: DataModel | undefined): WrittenValues | null {
  if (value.kind !== "package" || value.site === null || !TAG.test(value.module)) return null;
  const [row, ...columns] = argumentsOf(value.site);
  if (row === undefined) return null;
  if (columns.length === 0) return writtenValues([row], queries, model);
  const names = columns.flatMap((column) => textsOf(column, queries));
  const place = value.site.fn.place(value.site.v);
  const given = queries.evaluate(row);
  const written = names.map((column) => ({
    column,
    values: given.flatMap((origin) => queries.project(origin, [column])),
    place,
  }));
  return { written, writtenWhole: [] };
}

/** One name after the other, or a list of them. */
function textsOf(site: Site, queries: OriginQueries): readonly string[] {
  const origins = queries.evaluate(site);
  const items = origins.flatMap((o) => (o.kind === "literal" && o.form === "array" ? queries.project(o, ["[]"]) : [o]));
  return items.flatMap((o) => (o.kind === "constant" && typeof o.value === "string" ? [o.value] : []));
}
