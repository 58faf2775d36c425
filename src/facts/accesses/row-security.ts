/**
 * Row-level security as the migrations of the repository define it: whether a policy limits the rows of a table to the
 * caller's. Policies rest on who the database takes the caller for: the user of the client's key, or a setting that the
 * service itself sets for each transaction.
 */
import type { DataCall } from "../../frameworks/data/data-call.js";
import type { RowPolicy, RowSecurity } from "../../model/data-model.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Program } from "../../program/linking/program.js";
import type { LinkQueries, Site } from "../../program/values/origin.js";
import { callOf } from "./reach-details.js";

export interface RowLimit {
  readonly limited: boolean;
  readonly reason: string;
}

const SETTING = /current_setting\(\s*'([\w.]+)'/gi;
const SETS = /set_config\(\s*'([\w.]+)'|\bset\s+(?:local\s+|session\s+)?"?(\w+\.\w+)"?\s*(?:=|to\b)/gi;
/** lets every row pass, or every row for whoever is signed in */
const OPEN =
  /^(?:true|\(?\s*(?:select\s+)?auth\.(?:role\(\)\s*\)?\s*=\s*'authenticated'(?:::text)?|uid\(\)\s*\)?\s+is\s+not\s+null)\s*\)?)$/i;
const EVERYBODY = /^(?:public|anon|authenticated|current_user|session_user)$/i;
const MAX_CALLS = 2;
const MAX_LEVELS = 12;
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
  readonly #callers = new Map<string, boolean>();

  constructor(
    securities: readonly RowSecurity[],
    program: Program,
    private readonly queries: LinkQueries,
  ) {
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
    const open = policies.find((one) => isOpen(one) && !isOfOthers(one, policies));
    if (open !== undefined) return { limited: false, reason: `the policy '${open.name}' lets every row pass` };
    if (call.scopedBy !== undefined) return { limited: true, reason: `its rows are limited by ${call.scopedBy}` };
    const setting =
      policies.flatMap(settingsOf).find((name) => this.#settings.has(name)) ?? this.#setOnTheWay(call, policies);
    if (setting === undefined) return null;
    return { limited: true, reason: `its rows are limited by row-level security under the setting '${setting}'` };
  }

  /** A setting behind a function of the database, where a function on the way here calls the one that sets it. */
  #setOnTheWay({ site }: DataCall, policies: readonly RowPolicy[]): string | undefined {
    const settings = policies.flatMap((one) => one.settings ?? []);
    if (settings.length === 0) return undefined;
    const running = this.#runners(site);
    return settings.find(({ setBy }) => setBy.some((name) => running.some((fn) => this.#calls(fn, name))))?.name;
  }

  /** `inTransaction(user, (tx) => …)`: the functions on the way that run what they were given. */
  #runners(site: Site): readonly FunctionView[] {
    const found: FunctionView[] = [];
    let at: Site | null = site;
    for (let level = 0; at !== null && level < MAX_LEVELS; level += 1) {
      at = callOf(at.frame);
      if (at === null) break;
      const { fn, v } = at;
      const callees = this.queries.evaluate({ fn, v: fn.callee(v), frame: null });
      if (callees.some((o) => o.kind === "parameter")) found.push(fn);
    }
    return found;
  }

  /** `manager.query("SELECT set_claims($1)")`, itself or in a function that it calls. */
  #calls(fn: FunctionView, name: string, depth = 0): boolean {
    const key = `${fn.id}/${name}`;
    const known = this.#callers.get(key);
    if (known !== undefined) return known;
    this.#callers.set(key, false);
    const { queries } = this;
    const found = fn.calls.some((v) => {
      const texts = Array.from(fn.args(v)).flatMap((arg) => queries.evaluate({ fn, v: arg, frame: null }));
      if (texts.some((o) => o.kind === "constant" && typeof o.value === "string" && names(o.value, name))) return true;
      if (depth >= MAX_CALLS) return false;
      return queries
        .evaluate({ fn, v: fn.callee(v), frame: null })
        .some((o) => o.kind === "function" && o.fn.hasBody && this.#calls(o.fn, name, depth + 1));
    });
    this.#callers.set(key, found);
    return found;
  }
}

/** `TO administrators USING (true)` beside a policy for the others: those do not come under it. */
function isOfOthers(open: RowPolicy, policies: readonly RowPolicy[]): boolean {
  const own = open.roles.filter((role) => !EVERYBODY.test(role));
  if (own.length === 0 || own.length < open.roles.length) return false;
  return policies.some((one) => !isOpen(one) && !one.roles.some((role) => own.includes(role)));
}

function names(text: string, name: string): boolean {
  return new RegExp(`\\b${name}"?\\s*\\(`, "i").test(text);
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
