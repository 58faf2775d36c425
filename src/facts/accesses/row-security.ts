/**
 * Row-level security as the migrations of the repository define it: whether a policy limits the rows of a table to the
 * caller's. Policies rest on who the database takes the caller for: the user of the client's key, or a setting that the
 * service itself sets for each transaction.
 */
import type { DataCall } from "../../frameworks/data/data-call.js";
import type { RowPolicy, RowSecurity } from "../../model/data-model.js";
import type { Program } from "../../program/linking/program.js";

export interface RowLimit {
  readonly limited: boolean;
  readonly reason: string;
}

const SETTING = /current_setting\(\s*'([\w.]+)'/gi;
const SETS = /set_config\(\s*'([\w.]+)'|\bset\s+(?:local\s+|session\s+)?"?(\w+\.\w+)"?\s*(?:=|to\b)/gi;
/** lets every row pass, or every row for whoever is signed in */
const OPEN =
  /^(?:true|\(?\s*(?:select\s+)?auth\.(?:role\(\)\s*\)?\s*=\s*'authenticated'(?:::text)?|uid\(\)\s*\)?\s+is\s+not\s+null)\s*\)?)$/i;
const COMMANDS: Readonly<Record<DataCall["operation"], string>> = {
  read: "select",
  raw: "select",
  create: "insert",
  update: "update",
  delete: "delete",
};

export class RowSecurityIndex {
  readonly #tables: ReadonlyMap<string, RowSecurity>;
  readonly #settings: ReadonlySet<string>;

  constructor(securities: readonly RowSecurity[], program: Program) {
    this.#tables = new Map(securities.map((one) => [one.table.toLowerCase(), one]));
    const read = securities.flatMap((one) => one.policies.flatMap(settingsOf));
    this.#settings = read.length === 0 ? new Set() : settingsSetBy(program);
  }

  /** @returns null when the repository's migrations say nothing of it */
  limitOf(call: DataCall, table: string): RowLimit | null {
    if (this.#tables.size === 0 || call.elevated !== undefined) return null;
    const security = this.#tables.get(table.toLowerCase()) ?? this.#tables.get(call.model.toLowerCase());
    // where other tables have it switched on, one that never was is open
    if (security === undefined || !security.enabled)
      return call.scopedBy !== undefined && [...this.#tables.values()].some((one) => one.enabled)
        ? { limited: false, reason: `row-level security is not enabled on '${table || call.model}'` }
        : null;
    const command = COMMANDS[call.operation];
    const policies = security.policies.filter((one) => one.command === "all" || one.command === command);
    const open = policies.find((one) => isOpen(one));
    if (open !== undefined) return { limited: false, reason: `the policy '${open.name}' lets every row pass` };
    if (call.scopedBy !== undefined) return { limited: true, reason: `its rows are limited by ${call.scopedBy}` };
    const setting = policies.flatMap(settingsOf).find((name) => this.#settings.has(name));
    if (setting === undefined) return null;
    return { limited: true, reason: `its rows are limited by row-level security under the setting '${setting}'` };
  }
}

/** Policies are alternatives: one that is open opens the table. */
function isOpen({ using }: RowPolicy): boolean {
  const text = using.replace(/\s+/g, " ").trim();
  return OPEN.test(text) || /\bor\s+\(?\s*current_setting\([^)]*\)\s+is\s+null/i.test(text);
}

function settingsOf({ using, check }: RowPolicy): readonly string[] {
  return [...`${using} ${check}`.matchAll(SETTING)].map(([, name = ""]) => name.toLowerCase());
}

function settingsSetBy(program: Program): ReadonlySet<string> {
  const found = new Set<string>();
  for (const file of program.files) {
    for (const text of file.lowered.strings) {
      for (const [, called, assigned] of text.matchAll(SETS)) found.add((called ?? assigned ?? "").toLowerCase());
    }
  }
  return found;
}
