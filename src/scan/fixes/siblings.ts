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
  const alike = (kinOf(facts).get(kin(entry)) ?? []).filter((one) => one !== entry);
  const near = alike.filter((one) => one.registration.file === entry.registration.file);
  yield near.filter((one) => one.group === entry.group);
  yield near;
  let folder = parentOf(entry.registration.file);
  for (let level = 0; level < 4 && folder !== ""; level += 1, folder = parentOf(folder)) {
    yield alike.filter((one) => one.registration.file.startsWith(`${folder}/`)).slice(0, MOST_SIBLINGS);
  }
}

const kinByFacts = new WeakMap<Facts, ReadonlyMap<string, readonly EntryPoint[]>>();

/** The entries of each framework in each application: asked for with each finding. */
function kinOf(facts: Facts): ReadonlyMap<string, readonly EntryPoint[]> {
  let known = kinByFacts.get(facts);
  if (known === undefined) {
    const found = new Map<string, EntryPoint[]>();
    for (const entry of facts.entries) {
      const all = found.get(kin(entry));
      if (all === undefined) found.set(kin(entry), [entry]);
      else all.push(entry);
    }
    known = found;
    kinByFacts.set(facts, known);
  }
  return known;
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
