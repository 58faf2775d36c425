/** Names that a manifest can refer to: everything declared at top level, members of classes, guards that were seen. */
import type { EntryPoint, GuardDefinition, Step } from "../model/facts.js";
import { NONE } from "../model/lowered.js";
import type { ProgramFile } from "../program/linking/function-view.js";

/** `file#name`, `file#Class`, `file#Class.method` and `file#method`. */
export function programSymbols(files: Iterable<ProgramFile>): ReadonlySet<string> {
  const found = new Set<string>();
  for (const file of files) {
    for (const fn of file.lowered.functions)
      if (fn.parent === 0 && fn.name !== "") found.add(`${file.path}#${fn.name}`);
    for (const slot of file.module.info.slots) found.add(`${file.path}#${slot.name}`);
    for (const item of file.lowered.exports) if (item.kind !== "star") found.add(`${file.path}#${item.name}`);
    for (const type of file.lowered.typeDeclarations) found.add(`${file.path}#${type.name}`);
    for (const one of file.lowered.classes) {
      found.add(`${file.path}#${one.name}`);
      for (const member of one.members) {
        if (member.fn === NONE) continue;
        found.add(`${file.path}#${one.name}.${member.name}`);
        found.add(`${file.path}#${member.name}`);
      }
    }
  }
  return found;
}

/** Functions of the project that were seen to guard, most used first. */
export function guardDefinitions(entries: readonly EntryPoint[]): readonly GuardDefinition[] {
  const found = new Map<string, { step: Step; uses: number }>();
  for (const entry of entries) {
    for (const step of entry.steps) {
      if (step.definedAt === null || !GRANTING.has(step.grants)) continue;
      const key = `${step.definedAt.file}#${step.name.split(".").at(-1) ?? step.name}`;
      const known = found.get(key);
      if (known) known.uses += 1;
      else found.set(key, { step, uses: 1 });
    }
  }
  return [...found]
    .map(([symbol, { step, uses }]) => ({
      symbol,
      grants: step.grants,
      confidence: step.confidence,
      place: step.definedAt ?? step.place,
      uses,
    }))
    .sort((a, b) => b.uses - a.uses || (a.symbol < b.symbol ? -1 : 1));
}

const GRANTING = new Set(["authentication", "decision", "signature", "stepUp"]);
