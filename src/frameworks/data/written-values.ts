/** What an insert or update writes: columns of objects and lists of objects, and values written as a whole. */
import type { DataModel } from "../../model/data-model.js";
import { Op } from "../../model/lowered.js";
import { type Origin, type OriginQueries, type Site, withoutKeys } from "../../program/values/origin.js";
import { type CopiedObject, copiedOnto } from "./assembled-objects.js";
import { chosenSides } from "./chosen-sides.js";
import type { WrittenColumn } from "./data-call.js";
import { alternativesOf, fieldsOf, isNothing } from "./literals.js";
import { relatedKeys } from "./related-keys.js";
import { asReplaced } from "./replaced-keys.js";

export interface WrittenValues {
  readonly written: readonly WrittenColumn[];
  readonly writtenWhole: readonly Origin[];
}

export const NOTHING_WRITTEN: WrittenValues = { written: [], writtenWhole: [] };

const MAX_DEPTH = 3;
/** `$set: { … }` of document stores: what stands in them is written, their name is no column */
const UPDATE_OPERATOR = /^\$(?:set|setOnInsert|inc|push|addToSet|unset|pull|max|min|rename|mul)$/;

export function writtenValues(sites: readonly Site[], queries: OriginQueries, model?: DataModel): WrittenValues {
  const reader = new WrittenReader(queries, model);
  for (const site of sites) reader.read(site, 0);
  return { written: reader.written, writtenWhole: reader.writtenWhole };
}

class WrittenReader {
  readonly written: WrittenColumn[] = [];
  readonly writtenWhole: Origin[] = [];

  constructor(
    private readonly queries: OriginQueries,
    private readonly model: DataModel | undefined,
  ) {}

  read(site: Site, depth: number): void {
    for (const origin of alternativesOf(this.queries.evaluate(site))) {
      if (origin.kind === "literal" && origin.form === "array" && depth < MAX_DEPTH) {
        const { fn, v, frame } = origin.site;
        for (const item of fn.list(fn.a(v))) this.read({ fn, v: item, frame }, depth + 1);
      } else if (origin.kind === "literal" && origin.form === "object") this.#object(origin.site, depth);
      else if (!isNothing(origin)) {
        const { whole, set } = asReplaced(origin, site);
        this.writtenWhole.push(whole);
        for (const key of set) this.#field(key.name, key.site, depth);
      }
    }
    if (depth < MAX_DEPTH) for (const copied of copiedOnto(site)) this.#copied(copied, depth);
  }

  #copied({ site, without }: CopiedObject, depth: number): void {
    const inner = new WrittenReader(this.queries, this.model);
    inner.read(site, depth + 1);
    this.written.push(...inner.written.filter(({ column }) => !without.includes(column)));
    this.writtenWhole.push(...inner.writtenWhole.map((whole) => withoutKeys(whole, without)));
  }

  #object(literal: Site, depth: number): void {
    const { fields, opaque } = fieldsOf(literal, this.queries, null);
    this.writtenWhole.push(...opaque);
    for (const { name, site } of fields) this.#field(name, site, depth, literal);
  }

  #field(name: string, site: Site, depth: number, literal: Site | null = null): void {
    if (UPDATE_OPERATOR.test(name) && depth < MAX_DEPTH) this.read(site, depth + 1);
    else this.written.push(...this.#columns(name, site, literal));
  }

  /** A relation that is written is its foreign key. */
  #columns(name: string, site: Site, literal: Site | null): readonly WrittenColumn[] {
    const relation = this.model?.relations.find((one) => one.name === name);
    const related = relation === undefined ? [] : relatedKeys(relation, site, this.queries);
    if (related.length > 0) return related;
    const column = relation?.columns[0] ?? name;
    const values = this.queries.evaluate(site);
    // a variable that is read has no place of its own: the object stands for it
    const at = literal !== null && site.fn.op(site.v) === Op.Var ? literal : site;
    return [{ column, values, ...chosenSides(site, this.queries), place: at.fn.place(at.v) }];
  }
}
