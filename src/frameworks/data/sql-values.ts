/** The values of a query text: what the code puts in the place of each placeholder. */
import { Op } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import { constant, type Origin, type OriginQueries, type Site, unknown } from "../../program/values/origin.js";
import { distinct } from "../../program/values/origin-keys.js";
import type { SqlStatement, SqlValue } from "../sql/statement.js";
import { alternativesOf, fieldsOf } from "./literals.js";
import type { Around, SqlPart } from "./sql-text.js";

const MAX_FRAMES = 3;

/** A call that hands a query text to a database. */
export interface SqlRequest {
  readonly layer: string;
  readonly method: string;
  /** the expression of the text */
  readonly text: Site;
  /** the list or object of values; null when there is none */
  readonly values: Site | null;
  /** values given one by one after the text */
  readonly rest: readonly Site[];
  /** what the mapper writes around a table's name, with the condition as it was given or written out */
  readonly around?: Around;
}

/** From a placeholder in the parsed text back to the value that the code puts there. */
export class ValueBinder {
  constructor(
    private readonly statement: SqlStatement,
    private readonly parts: ReadonlyMap<string, SqlPart>,
    private readonly request: SqlRequest,
    readonly queries: OriginQueries,
    readonly place: Place,
  ) {}

  /** The value written into the text at a placeholder, when it is one of those. */
  part(value: SqlValue): SqlPart | undefined {
    if (value.kind === "placeholder") return this.parts.get(this.statement.placeholders[value.index] ?? "");
    if (value.kind === "other" && value.placeholders.length > 0) {
      return this.part({ kind: "placeholder", index: value.placeholders[0] });
    }
    const [first] = value.kind === "list" ? value.items : [];
    return first === undefined ? undefined : this.part(first);
  }

  /** Where a value is written; a variable has no place of its own, only that of the function around it. */
  placeOf(part: SqlPart | undefined): Place {
    if (part === undefined) return this.place;
    const { file, start, end } = part.place;
    const around = file === this.place.file && start <= this.place.start && end >= this.place.end;
    return around ? this.place : part.place;
  }

  origins(value: SqlValue): readonly Origin[] {
    switch (value.kind) {
      case "placeholder":
        return this.#placeholder(value.index);
      case "constant":
        return [constant(value.text)];
      case "list":
        return distinct(value.items.flatMap((item) => this.origins(item)));
      case "column":
        return [unknown(`column ${value.table}.${value.column}`)];
      case "subquery":
        return [unknown("sub-select")];
      case "other": {
        const of = distinct(value.placeholders.flatMap((index) => this.#placeholder(index)));
        return [
          of.length === 0 ? unknown("expression") : { kind: "derived", of, how: value.call || "sql", site: null },
        ];
      }
    }
  }

  #placeholder(index: number): readonly Origin[] {
    const written = this.statement.placeholders[index] ?? "";
    const part = this.parts.get(written);
    if (part !== undefined) return elements(part.values, this.queries);
    if (written === "?") {
      const before = this.statement.placeholders.slice(1, index).filter((name) => name === "?").length;
      return this.#position(before);
    }
    const number = /^\$(\d+)$/.exec(written);
    if (number !== null) return this.#position(Number(number[1]) - 1);
    const name = /[A-Za-z_]\w*/.exec(written);
    return name === null ? [unknown("placeholder")] : this.#name(name[0]);
  }

  #position(index: number): readonly Origin[] {
    const { rest, values } = this.request;
    const given = rest[index];
    if (given !== undefined && values === null) return this.queries.evaluate(given);
    if (values === null) return [unknown("no value given")];
    const found = this.queries.evaluate(values).flatMap((list) => this.queries.project(list, [String(index)]));
    return elements(distinct(found), this.queries);
  }

  #name(name: string): readonly Origin[] {
    const { values } = this.request;
    if (values === null) return this.#givenToHelper(name);
    const { fields } = fieldsOf(values, this.queries, null);
    const nested = fields.find((field) => /^(?:replacements|bind|query_params|named)$/.test(field.name));
    const source = fields.some((field) => field.name === name) || nested === undefined ? values : nested.site;
    return distinct(this.queries.evaluate(source).flatMap((object) => this.queries.project(object, [name])));
  }

  /** A helper that replaces names itself was given their values by its callers. */
  #givenToHelper(name: string): readonly Origin[] {
    let { frame } = this.request.text;
    for (let i = 0; i < MAX_FRAMES && frame !== null && frame.site !== null; i += 1) {
      const { fn, v, frame: outer } = frame.site;
      for (const arg of fn.op(v) === Op.Call ? fn.args(v) : []) {
        const found = fieldsOf({ fn, v: arg, frame: outer }, this.queries, null).fields.filter((f) => f.name === name);
        if (found.length > 0) return distinct(found.flatMap((field) => this.queries.evaluate(field.site)));
      }
      frame = outer;
    }
    return [unknown("no value given")];
  }
}

/** A list bound to one placeholder stands for its items. */
function elements(origins: readonly Origin[], queries: OriginQueries): readonly Origin[] {
  return distinct(
    alternativesOf(origins).flatMap((origin) =>
      origin.kind === "literal" && origin.form === "array" ? queries.project(origin, ["[]"]) : [origin],
    ),
  );
}
