/** Rows that are made together, the parent with a key that the request brings: its children lead to a row of the caller's. */
import type { DataCall } from "../../frameworks/data/data-call.js";
import type { WrittenKey } from "../../model/facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { JudgedEntry } from "../entries/entries.js";
import type { ModelIndex } from "./written-keys.js";

/** `items.insert({ id: item.id, boardId })` beside `layouts.insert({ itemId: item.id })`: it leads to the row that is made. */
export function isMadeAlong(
  { references, path }: WrittenKey,
  { site }: DataCall,
  { reached }: JudgedEntry,
  models: ModelIndex,
): boolean {
  const primary = models.primaryOf(references);
  return reached.some(
    ({ call }) =>
      call.model === references &&
      call.operation === "create" &&
      call.site.fn === site.fn &&
      call.written.some(
        ({ column, values }) =>
          primary.includes(column) &&
          leaves(values).some((o) => o.kind === "source" && o.source === "input" && o.path === path),
      ),
  );
}
