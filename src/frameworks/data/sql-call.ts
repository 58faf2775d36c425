/** A query text with its values as a data call: one filter per table, conditions through joins included. */
import type { DataModel } from "../../model/data-model.js";
import type { AccessOperation, ConjunctPosition } from "../../model/facts.js";
import type { OriginQueries, Site } from "../../program/values/origin.js";
import { foldName, type ModelMatcher } from "../schema/match-model.js";
import { reachableConjuncts } from "../sql/links.js";
import {
  type ColumnsOf,
  conjunctsFor,
  isSqlError,
  parseStatement,
  type SqlConjunct,
  type SqlStatement,
  type SqlTable,
} from "../sql/statement.js";
import type { DataCall, Filter, FilterTerm, WrittenColumn } from "./data-call.js";
import { conjunction, disjunction, type Reading, termReading, toFilter, UNREAD } from "./filter-terms.js";
import { splicedRows } from "./sql-rows.js";
import { sqlTextAround, sqlTextOf } from "./sql-text.js";
import { type SqlRequest, ValueBinder } from "./sql-values.js";

const STATEMENT =
  /^\s*(?:--[^\n]*\n\s*|\/\*[\s\S]*?\*\/\s*)*\(?\s*(?:select|insert|update|delete|with|merge|replace)\b/i;
const MAX_TABLES = 12;

export class SqlReader {
  readonly #columnsOf: ColumnsOf;

  constructor(private readonly models: ModelMatcher) {
    this.#columnsOf = (table) => this.models.table(table)?.columns.map((column) => column.dbName);
  }

  /** @returns null for fragments and for statements that touch no table */
  read(request: SqlRequest, site: Site, queries: OriginQueries): DataCall | null {
    const { text, around } = request;
    const assembled = around === undefined ? sqlTextOf(text, queries) : sqlTextAround(text, around, queries);
    const place = site.fn.place(site.v);
    if (!STATEMENT.test(assembled.text)) {
      if (!assembled.foreign) return null;
      return { ...this.#empty(request, site), filter: toFilter(UNREAD, place) };
    }
    const statement = parseStatement(assembled.text, this.#columnsOf);
    if (isSqlError(statement)) return { ...this.#empty(request, site), filter: toFilter(UNREAD, place) };
    const binder = new ValueBinder(statement, assembled.parts, request, queries, place);
    const call = this.#statement(statement, binder, request, site);
    if (call === null || assembled.least === assembled.text) return call;
    const least = parseStatement(assembled.least, this.#columnsOf);
    if (isSqlError(least)) return call;
    const bare = new ValueBinder(least, assembled.parts, request, queries, place);
    const always = this.#statement(least, bare, request, site);
    return always === null ? call : { ...call, filter: onlySometimes(call.filter, always.filter) };
  }

  #empty(request: SqlRequest, site: Site): DataCall {
    return {
      layer: request.layer,
      model: "",
      operation: "raw",
      method: request.method,
      site,
      filter: toFilter(UNREAD, site.fn.place(site.v)),
      written: [],
      writtenWhole: [],
      loads: [],
      countOnly: false,
      also: [],
    };
  }

  #statement(statement: SqlStatement, binder: ValueBinder, request: SqlRequest, site: Site): DataCall | null {
    const named = statement.tables.filter((table) => table.name !== "" && table.derived.length === 0);
    const main = named.find((table) => table.target) ?? named.find((table) => table.scope === 0) ?? named[0];
    if (main === undefined) {
      const hidden = statement.spliced.length > 0 || statement.tables.some((table) => table.derived.length > 0);
      return hidden ? this.#empty(request, site) : null;
    }
    const others = named.filter((table) => table !== main).slice(0, MAX_TABLES);
    const whole = statement.assignments
      .filter((assignment) => assignment.column === "")
      .flatMap((assignment) => binder.origins(assignment.value));
    const rows = splicedRows(whole, binder.queries, this.#model(main, site));
    return {
      ...this.#empty(request, site),
      model: this.#model(main, site)?.name ?? main.name,
      operation: operationOf(statement, main),
      filter: this.#filter(statement, main, binder, site),
      written: [...this.#written(statement, main, binder, site), ...rows.written],
      writtenWhole: rows.writtenWhole,
      countOnly: statement.countOnly,
      also: others.map((table) => ({
        model: this.#model(table, site)?.name ?? table.name,
        filter: this.#filter(statement, table, binder, site),
      })),
    };
  }

  #model(table: Pick<SqlTable, "name">, site: Site): DataModel | undefined {
    return this.models.table(table.name, site.fn.file.path);
  }

  #filter(statement: SqlStatement, table: SqlTable, binder: ValueBinder, site: Site): Filter {
    const own = conjunctsFor(statement, table.alias, table.scope);
    // a comparison of two columns says nothing by itself: what it leads to is among the reachable ones
    const readings: Reading[] = reachableConjuncts(statement, table)
      .filter(({ conjunct }) => conjunct.value.kind !== "column")
      .map(({ conjunct, table: name, path }) =>
        termReading(this.#term(conjunct, path.length === 0 ? table.name : name, table, binder, site)),
      );
    for (const conjunct of own) {
      if (conjunct.position === "and" || (conjunct.position === "or" && conjunct.or !== null)) continue;
      if (conjunct.position === "outer-join" && conjunct.value.kind === "column") continue;
      readings.push(termReading(this.#term(conjunct, table.name, table, binder, site)));
    }
    readings.push(...this.#outerJoined(statement, table, binder, site));
    readings.push(...this.#groups(statement, table, binder, site));
    const reading = conjunction(readings);
    const known = reading.known && statement.spliced.length === 0;
    return toFilter({ ...reading, known }, binder.place);
  }

  /** What the ON of an outer join says of the tables joined: it filters them, and none of the rows of this one. */
  #outerJoined(statement: SqlStatement, table: SqlTable, binder: ValueBinder, site: Site): readonly Reading[] {
    const joined = statement.conjuncts.filter(
      (one) => one.position === "outer-join" && one.tableScope === table.scope && !one.nullable.includes(table.alias),
    );
    return joined
      .filter((one) => one.table !== table.alias && one.value.kind !== "column")
      .map((one) => {
        const name = statement.scopes[one.tableScope]?.tables.find((t) => t.alias === one.table)?.name ?? "";
        return termReading(this.#term(one, name, table, binder, site));
      });
  }

  /** Every OR that names the table, with its branches whole: a branch may speak of a joined table. */
  #groups(statement: SqlStatement, table: SqlTable, binder: ValueBinder, site: Site): readonly Reading[] {
    const groups = new Map<number, Map<number, Reading[]>>();
    for (const conjunct of statement.conjuncts) {
      if (conjunct.or === null || conjunct.scope !== table.scope || conjunct.position !== "or") continue;
      const branches = groups.get(conjunct.or.group) ?? new Map<number, Reading[]>();
      const branch = branches.get(conjunct.or.branch) ?? [];
      const named = statement.scopes[conjunct.tableScope]?.tables.find((t) => t.alias === conjunct.table)?.name ?? "";
      const term = this.#term({ ...conjunct, position: "and" }, named, table, binder, site);
      branch.push(termReading(term));
      groups.set(conjunct.or.group, branches.set(conjunct.or.branch, branch));
    }
    return [...groups.values()].map((branches) =>
      disjunction([...branches.values()].map((branch) => conjunction(branch))),
    );
  }

  #term(conjunct: SqlConjunct, tableName: string, of: SqlTable, binder: ValueBinder, site: Site): FilterTerm {
    const part = binder.part(conjunct.value);
    const position: ConjunctPosition =
      part?.optional === true && conjunct.position === "and" ? "optional" : conjunct.position;
    const model = this.#model({ name: tableName }, site);
    const foreign = tableName !== "" && foldName(tableName) !== foldName(of.name);
    return {
      column: columnName(conjunct.column, model),
      model: foreign ? (model?.name ?? tableName) : "",
      operator: conjunct.operator,
      position,
      values: binder.origins(conjunct.value),
      vanishes: part?.optional === true,
      place: binder.placeOf(part),
    };
  }

  #written(statement: SqlStatement, main: SqlTable, binder: ValueBinder, site: Site): readonly WrittenColumn[] {
    const model = this.#model(main, site);
    return statement.assignments
      .filter((assignment) => assignment.column !== "" && assignment.table === main.alias)
      .map((assignment) => ({
        column: columnName(assignment.column, model),
        values: binder.origins(assignment.value),
        place: binder.placeOf(binder.part(assignment.value)),
      }));
  }
}

/** Terms that the text has only when all its fragments are there. */
function onlySometimes(filter: Filter, always: Filter): Filter {
  const keyOf = (term: FilterTerm): string => `${term.model}.${term.column} ${term.operator}`;
  const kept = new Set(always.alternatives.flat().map(keyOf));
  const asFound = (term: FilterTerm): FilterTerm =>
    term.position !== "and" || kept.has(keyOf(term)) ? term : { ...term, position: "optional", vanishes: true };
  return { ...filter, alternatives: filter.alternatives.map((terms) => terms.map(asFound)) };
}

function operationOf(statement: SqlStatement, main: SqlTable): AccessOperation {
  const kind = statement.scopes[main.scope]?.operation ?? statement.kind;
  switch (main.target ? kind : "select") {
    case "insert":
      return "create";
    case "update":
    case "merge":
      return "update";
    case "delete":
      return "delete";
    case "select":
      return "read";
    default:
      return "raw";
  }
}

/** A column as the model names it, when the model is known. */
function columnName(name: string, model: DataModel | undefined): string {
  return model?.columns.find((column) => column.dbName === name || column.name === name)?.name ?? name;
}
