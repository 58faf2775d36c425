/** Repairs that the project itself shows how to make: the guard of the siblings, the predicate of other queries. */
import type { Access, EntryPoint, Facts, Step } from "../model/facts.js";
import type { Finding } from "../model/finding.js";
import type { Place } from "../model/place.js";
import { callArguments, isVisible } from "./call-text.js";
import type { Seen } from "./session.js";

export interface SourceFix {
  readonly title: string;
  readonly file: string;
  readonly edits: readonly { readonly start: number; readonly end: number; readonly insert: string }[];
}

const GUARDED_RULES = new Set(["AG101", "AG104"]);

/** Puts before an entry what siblings in the same file have before theirs. Null when they do not agree on one thing. */
export function guardOfSiblings(finding: Finding, seen: Seen): SourceFix | null {
  if (!GUARDED_RULES.has(finding.rule.code)) return null;
  const { facts, locate } = seen.outcome.evidence;
  const entry = facts.entries.find((one) => one.key === finding.subject && isAt(finding, one.place, locate));
  if (entry === undefined) return null;
  const siblings = facts.entries.filter(
    (one) => one !== entry && one.group === entry.group && one.registration.file === entry.registration.file,
  );
  const ways = siblings.flatMap((sibling) =>
    rejecting(sibling).flatMap((step) => wayOf(sibling, step, entry, seen) ?? []),
  );
  const best = mostFrequent(ways.map(({ title }) => title));
  return ways.find(({ title }) => title === best) ?? null;
}

function rejecting(entry: EntryPoint): readonly Step[] {
  const steps = entry.steps.filter((step) => step.condition === "" && step.confidence !== "unknown");
  return steps.filter((step) => step.grants === "authentication" || step.grants === "decision");
}

function wayOf(sibling: EntryPoint, step: Step, entry: EntryPoint, seen: Seen): SourceFix | null {
  switch (step.kind) {
    case "middleware":
    case "guard":
      return step.place.file === sibling.registration.file && /^@?UseGuards\(/.test(textAt(step.place, seen))
        ? decoratorFix(step, entry, seen)
        : argumentFix(sibling, step, entry, seen);
    case "decorator":
      return decoratorFix(step, entry, seen);
    case "builder":
      return builderFix(sibling, step, entry, seen);
    case "wrapper":
    case "hook":
    case "inline":
      return null;
  }
}

/** `router.post("/x", requireUser, handler)` */
function argumentFix(sibling: EntryPoint, step: Step, entry: EntryPoint, seen: Seen): SourceFix | null {
  const theirs = callArguments(seen.text(sibling.registration.file), sibling.registration.start);
  const own = callArguments(seen.text(entry.registration.file), entry.registration.start);
  const last = step.name.split(".").at(-1) ?? "";
  const guard = theirs.slice(1, -1).find(({ text }) => new RegExp(`^(?:[\\w$]+\\.)*${escaped(last)}\\b`).test(text));
  const first = own.findLast(({ text }) => /^["'`]/.test(text));
  const next = first === undefined ? undefined : own[own.indexOf(first) + 1];
  if (guard === undefined || next === undefined) return null;
  const { file } = entry.registration;
  return insertion(`Put '${guard.text}' before the handler, as its siblings do`, file, next.start, `${guard.text}, `);
}

/** `@UseGuards(JwtAuthGuard)` above a method of the same class. */
function decoratorFix(step: Step, entry: EntryPoint, seen: Seen): SourceFix | null {
  const text = seen.text(entry.place.file);
  if (step.place.file !== entry.place.file) return null;
  const decorator = textAt(step.place, seen).replace(/^@/, "");
  const line = text.lastIndexOf("\n", entry.place.start - 1) + 1;
  const lead = /^(\s*)(?:(?:public|private|protected|override|async)\s+)*$/.exec(text.slice(line, entry.place.start));
  if (lead === null || !/^[A-Z]\w*\([^\n]*\)$/.test(decorator)) return null;
  const indent = lead[1] ?? "";
  return insertion(`Add '@${decorator}', as its siblings have it`, entry.place.file, line, `${indent}@${decorator}\n`);
}

/** `protectedProcedure` where `publicProcedure` stands. */
function builderFix(sibling: EntryPoint, step: Step, entry: EntryPoint, seen: Seen): SourceFix | null {
  const [theirs, own] = [sibling, entry].map(({ registration: { file, start } }) => baseName(seen.text(file), start));
  if (theirs === undefined || own === undefined || theirs === own || theirs !== step.name) return null;
  const { file, start } = entry.registration;
  return {
    title: `Build it on '${theirs}', as its siblings are`,
    file,
    edits: [{ start, end: start + own.length, insert: theirs }],
  };
}

function baseName(text: string, start: number): string | undefined {
  return /^[\w$]+(?=\s*\.)/.exec(text.slice(start, start + 80))?.[0];
}

/** Adds the column that is missing with the value that other queries of the file take. */
export function missingPredicate(finding: Finding, seen: Seen): SourceFix | null {
  const column = /^add '(\w+)' with the caller's own value/.exec(finding.remedy)?.[1];
  if (column === undefined) return null;
  const { facts, locate } = seen.outcome.evidence;
  const access = facts.accesses.find((one) => isAt(finding, one.place, locate));
  const value = access === undefined ? null : valueFor(column, access, facts, seen);
  if (access === undefined || value === null) return null;
  const call = textAt(access.place, seen);
  const where = /\bwhere:\s*\{/.exec(call);
  const title = `Add '${column}: ${value}' to the filter, as other queries do`;
  const { file, start } = access.place;
  if (where !== null) return insertion(title, file, start + where.index + where[0].length, ` ${column}: ${value},`);
  const empty = /\.(?:findMany|count|findFirst|deleteMany)\(\s*(?=\)$)/.exec(call);
  if (empty === null) return null;
  return insertion(title, file, start + empty.index + empty[0].length, `{ where: { ${column}: ${value} } }`);
}

/** What another query compares the column with, when that is visible here too. */
function valueFor(column: string, access: Access, facts: Facts, seen: Seen): string | null {
  const scope = facts.entries
    .filter((entry) => access.reaches.some((reach) => facts.entries[reach.entry] === entry))
    .find((entry) => entry.place.file === access.place.file && entry.place.start <= access.place.start);
  if (scope === undefined) return null;
  const before = seen.text(access.place.file).slice(scope.place.start, access.place.start);
  const written = facts.accesses
    .filter((other) => other !== access && other.place.file === access.place.file)
    .filter((other) => other.conjuncts.some((one) => one.column === column && one.values.some(isIdentity)))
    .map((other) => new RegExp(`\\b${column}:\\s*([\\w$.?!]+)`).exec(textAt(other.place, seen))?.[1] ?? "");
  const visible = written.filter((value) => value.includes(".") && isVisible(value, before));
  return mostFrequent(visible);
}

const isIdentity = (value: { readonly source: string }): boolean => value.source === "identity";

function isAt(finding: Finding, place: Place, locate: Seen["outcome"]["evidence"]["locate"]): boolean {
  if (place.file !== finding.at.file) return false;
  const { region } = locate(place);
  return region.startLine === finding.at.region.startLine;
}

function textAt({ file, start, end }: Place, seen: Seen): string {
  return seen.text(file).slice(start, end);
}

function insertion(title: string, file: string, at: number, insert: string): SourceFix {
  return { title, file, edits: [{ start: at, end: at, insert }] };
}

function mostFrequent(words: readonly string[]): string | null {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
}

function escaped(name: string): string {
  return name.replace(/[$.*+?^()[\]{}|\\]/g, "\\$&");
}
