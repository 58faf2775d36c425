/** A condition written as SQL text in a builder, with its values beside it. */
import type { OriginQueries, Site } from "../../program/values/origin.js";
import { isSqlError, parseStatement } from "../sql/statement.js";
import { type Reading, UNREAD } from "./filter-terms.js";
import { conjunctsReading } from "./sql-conditions.js";
import { sqlTextOf } from "./sql-text.js";
import { ValueBinder } from "./sql-values.js";

/**
 * @param text the expression of the condition's text
 * @param values list or object of its values, null when they stand in the text
 * @param modelOf model of a table or alias named in the condition, '' for the accessed one
 */
export function rawCondition(
  text: Site,
  values: Site | null,
  queries: OriginQueries,
  modelOf: (alias: string) => string,
): Reading {
  const assembled = sqlTextOf(text, queries);
  if (assembled.foreign || assembled.text.trim() === "") return UNREAD;
  const statement = parseStatement(`SELECT 1 FROM authgap_table WHERE ${assembled.text}`);
  if (isSqlError(statement)) return UNREAD;
  const listed = values !== null && queries.evaluate(values).some((origin) => origin.kind === "literal");
  // a single value may stand in place of the list
  const rest = values === null || listed ? [] : [values];
  const request = { layer: "", method: "", text, values: listed ? values : null, rest };
  const place = text.fn.place(text.v);
  const binder = new ValueBinder(statement, assembled.parts, request, queries, place);
  return conjunctsReading(statement.conjuncts, (conjunct) => {
    if (conjunct.value.kind === "column") return null;
    const part = binder.part(conjunct.value);
    const optional = part?.optional === true && conjunct.position === "and";
    return {
      column: conjunct.column,
      model: modelOf(conjunct.table),
      operator: conjunct.operator,
      position: optional ? "optional" : conjunct.position,
      values: binder.origins(conjunct.value),
      vanishes: optional,
      place: part?.place ?? place,
    };
  });
}
