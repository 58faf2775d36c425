/** How the project itself filters models that nobody declares: collections, tables of a database kept elsewhere. */
import type { DataCall } from "../../frameworks/data/data-call.js";
import type { DataModel } from "../../model/data-model.js";
import { Op } from "../../model/lowered.js";
import type { FunctionView, ProgramFile } from "../../program/linking/function-view.js";
import type { Program } from "../../program/linking/program.js";
import { leaves } from "../../program/values/computed-origins.js";
import { siteKey } from "../../program/values/origin-keys.js";
import { isIdentity } from "../decisions/decisions.js";
import type { JudgedEntry } from "../entries/entries.js";
import { CREATOR_KEYS, type Mentions } from "./idle-levels.js";
import type { ColumnUse } from "./tenancy.js";
import { normalizeKey } from "./tenancy-names.js";

interface Count {
  readonly sites: Set<string>;
  /** compared with something of the caller's */
  identity: boolean;
}

/** A habit shows in several accesses; one is enough where the value is the caller's own. */
const HABIT = 3;

/** Columns by which undeclared models are filtered, with how many accesses do so. */
export function columnUses(judged: readonly JudgedEntry[], models: readonly DataModel[]): readonly ColumnUse[] {
  const declared = new Set(models.flatMap((model) => [model.name, model.table]));
  const counts = new Map<string, Map<string, Count>>();
  for (const { reached } of judged) {
    for (const { call } of reached) {
      if (call.model !== "" && !declared.has(call.model)) countTerms(call, counts);
    }
  }
  return [...counts].flatMap(([model, columns]) =>
    [...columns]
      .filter(([, count]) => count.identity || count.sites.size >= HABIT)
      .map(([column, count]) => ({ model, column, count: count.sites.size })),
  );
}

function countTerms(call: DataCall, counts: Map<string, Map<string, Count>>): void {
  const columns = counts.get(call.model) ?? new Map<string, Count>();
  counts.set(call.model, columns);
  for (const term of call.filter.alternatives.flat()) {
    if (term.model !== "" || term.column === "" || term.column.includes("*") || term.column.includes(".")) continue;
    const count = columns.get(term.column) ?? { sites: new Set<string>(), identity: false };
    count.sites.add(siteKey(call.site));
    count.identity ||= leaves(term.values).some(isIdentity);
    columns.set(term.column, count);
  }
}

/** Everything that the accesses of all entries name. */
export function mentionsOf(judged: readonly JudgedEntry[], program: Program): Mentions {
  const filtered = new Set<string>();
  const files = new Set<ProgramFile>();
  for (const { raw } of judged) {
    const file = program.file(raw.place.file);
    if (file !== undefined) files.add(file);
  }
  const sites = new Set<string>();
  const models = new Set<string>();
  const names = new Set<string>();
  const writtenWhole = new Set<string>();
  const ofCaller = new Set<string>();
  for (const { call } of judged.flatMap(({ reached }) => reached)) {
    sites.add(siteKey(call.site));
    files.add(call.site.fn.file);
    models.add(call.model);
    if (call.writtenWhole.length > 0) writtenWhole.add(call.model);
    for (const { column, values } of call.filter.alternatives.flat()) {
      filtered.add(`${call.model}.${normalizeKey(column)}`);
      if (leaves(values).some(isIdentity)) ofCaller.add(normalizeKey(column.split(".").at(-1) ?? ""));
    }
    const columns = [...call.filter.alternatives.flat(), ...call.written].map(({ column }) => column);
    for (const column of columns) for (const part of column.split(".")) names.add(normalizeKey(part));
  }
  return { sites: sites.size, models, names, writtenWhole, filtered, ofCaller, compared: comparedMembers(files) };
}

/** Names of creators that comparisons in the same files read: `row.createdBy === user.id`. */
function comparedMembers(files: Iterable<ProgramFile>): ReadonlySet<string> {
  const found = new Set<string>();
  for (const file of files) {
    if (!file.lowered.strings.some((text) => CREATOR_KEYS.has(normalizeKey(text)))) continue;
    for (const fn of file.functions()) addCompared(fn, found);
  }
  return found;
}

function addCompared(fn: FunctionView, found: Set<string>): void {
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) !== Op.Binary || !/^[!=]==?$/.test(fn.text(fn.a(v)))) continue;
    for (const side of [fn.b(v), fn.c(v)]) {
      const name = fn.op(side) === Op.Member ? fn.memberName(side) : "";
      // a member of an enumeration is no column
      if (/^[a-z_]/.test(name)) found.add(normalizeKey(name));
    }
  }
}
