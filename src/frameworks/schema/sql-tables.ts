/** Tables while migrations are applied to them one after the other. */
import type { DataColumn, DataModel, RowPolicy, RowSecurity } from "../../model/data-model.js";
import type { Place } from "../../model/place.js";

export interface ColumnState {
  readonly name: string;
  readonly type: string;
  readonly optional: boolean;
}

export interface ForeignKey {
  readonly columns: readonly string[];
  readonly table: string;
}

interface TableState {
  readonly name: string;
  readonly schema: string;
  readonly columns: Map<string, ColumnState>;
  primary: readonly string[];
  uniques: (readonly string[])[];
  foreign: ForeignKey[];
  readonly place: Place;
}

/** All tables of one series of migrations. */
export class Tables {
  private readonly tables = new Map<string, TableState>();
  private readonly security = new Map<
    string,
    { enabled: boolean; forced: boolean; policies: RowPolicy[]; place: Place }
  >();

  create(name: string, schema: string, place: Place): void {
    if (!this.tables.has(key(name))) {
      const columns = new Map<string, ColumnState>();
      this.tables.set(key(name), { name, schema, columns, primary: [], uniques: [], foreign: [], place });
    }
  }

  drop(name: string): void {
    this.tables.delete(key(name));
    this.security.delete(key(name));
  }

  rename(from: string, to: string): void {
    const table = this.tables.get(key(from));
    if (table === undefined) return;
    this.tables.delete(key(from));
    this.tables.set(key(to), { ...table, name: to });
    for (const other of this.tables.values()) {
      other.foreign = other.foreign.map((foreign) =>
        key(foreign.table) === key(from) ? { ...foreign, table: to } : foreign,
      );
    }
  }

  addColumn(name: string, column: ColumnState, place: Place): void {
    this.touch(name, place).columns.set(key(column.name), column);
  }

  dropColumn(name: string, column: string): void {
    const table = this.tables.get(key(name));
    if (table === undefined) return;
    table.columns.delete(key(column));
    const without = (columns: readonly string[]): boolean => !columns.some((other) => key(other) === key(column));
    table.primary = table.primary.filter((other) => key(other) !== key(column));
    table.uniques = table.uniques.filter(without);
    table.foreign = table.foreign.filter((foreign) => without(foreign.columns));
  }

  renameColumn(name: string, from: string, to: string): void {
    const table = this.tables.get(key(name));
    const column = table?.columns.get(key(from));
    if (table === undefined || column === undefined) return;
    const renamed = (columns: readonly string[]): readonly string[] =>
      columns.map((other) => (key(other) === key(from) ? to : other));
    table.columns.delete(key(from));
    table.columns.set(key(to), { ...column, name: to });
    table.primary = renamed(table.primary);
    table.uniques = table.uniques.map(renamed);
    table.foreign = table.foreign.map((foreign) => ({ ...foreign, columns: renamed(foreign.columns) }));
  }

  setOptional(name: string, column: string, optional: boolean): void {
    const columns = this.tables.get(key(name))?.columns;
    const known = columns?.get(key(column));
    if (columns !== undefined && known !== undefined) columns.set(key(column), { ...known, optional });
  }

  primary(name: string, columns: readonly string[], place: Place): void {
    const table = this.touch(name, place);
    table.primary = columns;
    table.uniques.push(columns);
  }

  unique(name: string, columns: readonly string[], place: Place): void {
    if (columns.length > 0) this.touch(name, place).uniques.push(columns);
  }

  foreign(name: string, key: ForeignKey, place: Place): void {
    if (key.columns.length > 0 && key.table !== "") this.touch(name, place).foreign.push(key);
  }

  rowSecurity(name: string, change: { readonly enabled?: boolean; readonly forced?: boolean }, place: Place): void {
    const state = this.secured(name, place);
    state.enabled = change.enabled ?? state.enabled;
    state.forced = change.forced ?? state.forced;
  }

  policy(name: string, policy: RowPolicy): void {
    this.secured(name, policy.place).policies.push(policy);
  }

  dropPolicy(name: string, policy: string): void {
    const state = this.security.get(key(name));
    if (state !== undefined) state.policies = state.policies.filter((other) => other.name !== policy);
  }

  models(): readonly DataModel[] {
    return [...this.tables.values()].filter((table) => table.columns.size > 0).map(toModel);
  }

  securities(): readonly RowSecurity[] {
    return [...this.security].map(([table, state]) => ({ table, ...state }));
  }

  /** A table that an earlier, unread statement made is known by what later ones say. */
  private touch(name: string, place: Place): TableState {
    this.create(name, "", place);
    const table = this.tables.get(key(name));
    if (table === undefined) throw new Error(`table ${name} was not made`);
    return table;
  }

  private secured(name: string, place: Place): { enabled: boolean; forced: boolean; policies: RowPolicy[] } {
    const known = this.security.get(key(name));
    if (known !== undefined) return known;
    const state = { enabled: false, forced: false, policies: [], place };
    this.security.set(key(name), state);
    return state;
  }
}

function key(name: string): string {
  return name.toLowerCase();
}

function toModel(table: TableState): DataModel {
  return {
    name: table.name,
    table: table.schema === "" || table.schema === "public" ? table.name : `${table.schema}.${table.name}`,
    layer: "sql",
    columns: [...table.columns.values()].map((column) => toColumn(column, table)),
    relations: table.foreign.map((foreign) => ({
      name: foreign.table,
      model: foreign.table,
      many: false,
      columns: foreign.columns,
    })),
    uniques: table.uniques.filter((columns) => columns.length > 1),
    place: table.place,
  };
}

function toColumn(column: ColumnState, table: TableState): DataColumn {
  const named = (columns: readonly string[]): boolean => columns.some((other) => key(other) === key(column.name));
  const carrying = table.foreign.filter((foreign) => named(foreign.columns));
  const foreign = carrying.find((candidate) => candidate.columns.length === 1) ?? carrying[0];
  return {
    name: column.name,
    dbName: column.name,
    type: column.type,
    optional: column.optional && !named(table.primary),
    unique: table.uniques.some((columns) => columns.length === 1 && named(columns)),
    primary: named(table.primary),
    references: foreign?.table ?? "",
  };
}
