/** The guard that comparable entries have, put before the one that lacks it. */
import { parentOf } from "../../base/path.js";
import type { EntryPoint, Facts, Step } from "../../model/facts.js";
import { type FixSource, mostFrequent, type SourceFix } from "./fix-source.js";
import { importsFor } from "./imports.js";
import { wayOf } from "./ways.js";

/** Each is looked at for each finding of its file. */
const MOST_SIBLINGS = 20;

/** Null when the siblings do not show how it is done. */
export function guardOfSiblings(entry: EntryPoint, source: FixSource): SourceFix | null {
  const tried = new Set<EntryPoint>();
  for (const circle of circles(entry, source)) {
    const siblings = circle.filter((one) => !tried.has(one));
    for (const one of siblings) tried.add(one);
    if (!siblings.some((one) => rejecting(one).length > 0)) continue;
    const fixes = siblings.flatMap((sibling) =>
      rejecting(sibling).flatMap((step) => fixBy(sibling, step, entry, source)),
    );
    const best = mostFrequent(fixes.map(({ title }) => title));
    const fix = fixes.find(({ title }) => title === best?.word);
    const guarded = siblings.filter((one) => rejecting(one).length > 0).length;
    if (fix !== undefined && best !== null)
      return { ...fix, sure: best.only && fixes.length > 1 && fixes.length >= guarded };
  }
  return null;
}

/** Those in the same group and file, then in the same file, then in the same folder and those above it. */
function* circles(entry: EntryPoint, { facts }: FixSource): Generator<readonly EntryPoint[]> {
  const { byFile, byFolder } = kinOf(facts);
  const at = (path: string): string => `${kin(entry)}|${path}`;
  const near = (byFile.get(at(entry.registration.file)) ?? []).filter((one) => one !== entry);
  yield near.filter((one) => one.group === entry.group);
  yield near;
  for (const folder of foldersAbove(entry.registration.file))
    yield (byFolder.get(at(folder)) ?? []).filter((one) => one !== entry).slice(0, MOST_SIBLINGS);
}

function* foldersAbove(file: string): Generator<string> {
  let folder = parentOf(file);
  for (let level = 0; level < 4 && folder !== ""; level += 1, folder = parentOf(folder)) yield folder;
}

/** Entries of each framework in each application, by where they are registered. */
interface Kin {
  readonly byFile: ReadonlyMap<string, readonly EntryPoint[]>;
  /** below the folder, no more of them than are looked at */
  readonly byFolder: ReadonlyMap<string, readonly EntryPoint[]>;
}

const kinByFacts = new WeakMap<Facts, Kin>();

/** Asked for with each finding. */
function kinOf(facts: Facts): Kin {
  const kept = kinByFacts.get(facts) ?? readKin(facts);
  kinByFacts.set(facts, kept);
  return kept;
}

function readKin({ entries }: Facts): Kin {
  const byFile = new Map<string, EntryPoint[]>();
  const byFolder = new Map<string, EntryPoint[]>();
  for (const entry of entries) {
    const { file } = entry.registration;
    put(byFile, `${kin(entry)}|${file}`, entry, Number.POSITIVE_INFINITY);
    // one of them may be the entry that is asked about
    for (let folder = parentOf(file); folder !== ""; folder = parentOf(folder))
      put(byFolder, `${kin(entry)}|${folder}`, entry, MOST_SIBLINGS + 1);
  }
  return { byFile, byFolder };
}

function put(lists: Map<string, EntryPoint[]>, key: string, entry: EntryPoint, most: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [entry]);
  else if (list.length < most) list.push(entry);
}

function kin({ framework, app }: EntryPoint): string {
  return `${framework}|${app ?? ""}`;
}

function rejecting(entry: EntryPoint): readonly Step[] {
  const steps = entry.steps.filter((step) => step.condition === "" && step.confidence !== "unknown");
  return steps.filter((step) => step.grants === "authentication" || step.grants === "decision");
}

function fixBy(sibling: EntryPoint, step: Step, entry: EntryPoint, source: FixSource): readonly SourceFix[] {
  const way = wayOf(sibling, step, entry, source);
  const { file } = entry.place;
  const imports = way === null ? null : importsFor(way.code, sibling.registration.file, file, source);
  if (way === null || imports === null) return [];
  const edits = [...imports, ...way.edits].sort((a, b) => a.start - b.start);
  return [{ title: way.title, file, edits, sure: false }];
}
