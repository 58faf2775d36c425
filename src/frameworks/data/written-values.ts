/** What an insert or update writes: columns of objects and lists of objects, and values written as a whole. */
import type { DataModel } from "../../model/data-model.js";
import type { Origin, OriginQueries, Site } from "../../program/origin.js";
import type { WrittenColumn } from "./data-call.js";
import { alternativesOf, fieldsOf, isNothing } from "./literals.js";

export interface WrittenValues {
  readonly written: readonly WrittenColumn[];
  readonly writtenWhole: readonly Origin[];
}

export const NOTHING_WRITTEN: WrittenValues = { written: [], writtenWhole: [] };

const MAX_DEPTH = 3;
/** `$set: { … }` of document stores: what stands in them is written, their name is no column */
const UPDATE_OPERATOR = /^\$(?:set|setOnInsert|inc|push|addToSet|unset|pull|max|min|rename|mul)$/;

export function writtenValues(sites: readonly Site[], queries: OriginQueries, model?: DataModel): WrittenValues {
  const written: WrittenColumn[] = [];
  const writtenWhole: Origin[] = [];
  const read = (site: Site, depth: number): void => {
    for (const origin of alternativesOf(queries.evaluate(site))) {
      if (origin.kind === "literal" && origin.form === "array" && depth < MAX_DEPTH) {
        const { fn, v, frame } = origin.site;
        for (const item of fn.list(fn.a(v))) read({ fn, v: item, frame }, depth + 1);
      } else if (origin.kind === "literal" && origin.form === "object") {
        const { fields, opaque } = fieldsOf(origin.site, queries, null);
        writtenWhole.push(...opaque);
        for (const { name, site: at } of fields) {
          if (UPDATE_OPERATOR.test(name) && depth < MAX_DEPTH) read(at, depth + 1);
          else written.push({ column: columnOf(name, model), values: queries.evaluate(at), place: at.fn.place(at.v) });
        }
      } else if (!isNothing(origin)) writtenWhole.push(origin);
    }
  };
  for (const site of sites) read(site, 0);
  return { written, writtenWhole };
}

/** A relation that is written is its foreign key. */
function columnOf(name: string, model: DataModel | undefined): string {
  return model?.relations.find((relation) => relation.name === name)?.columns[0] ?? name;
}
