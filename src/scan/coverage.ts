/** How much of the project a run looked at, for the last line of every report. */
import { type EntryPoint, type Facts, WITHOUT_CALLER } from "../model/facts.js";
import type { Coverage } from "../model/finding.js";
import type { AppliedPolicy } from "../model/policy.js";
import type { LoadedProject } from "./load.js";

export function coverageOf(facts: Facts, policy: AppliedPolicy, loaded: LoadedProject, files: number): Coverage {
  const count = (test: (entry: EntryPoint, index: number) => boolean): number => facts.entries.filter(test).length;
  const intended = (entry: EntryPoint, index: number): boolean =>
    entry.intent !== null || (policy.entries[index]?.public ?? false);
  const scoped = facts.accesses.filter((a) => a.reaches.some((r) => r.binding.verdict !== "not-scoped"));
  const undecided = scoped.filter((a) => a.reaches.some((r) => r.binding.verdict === "unknown"));
  return {
    files,
    lines: loaded.lines,
    excluded: loaded.excluded,
    notParsed: loaded.unknowns.filter((one) => one.kind !== "file-not-read").length,
    entries: facts.entries.length,
    guarded: count((entry) => isGuarded(entry)),
    public: count((entry, i) => isOpen(entry) && !intended(entry, i) && !WITHOUT_CALLER.has(entry.transport)),
    publicByIntent: count((entry, i) => isOpen(entry) && intended(entry, i)),
    withoutCaller: count((entry, i) => isOpen(entry) && !intended(entry, i) && WITHOUT_CALLER.has(entry.transport)),
    undecided: count((entry) => entry.protection.authentication === "unknown"),
    accesses: facts.accesses.length,
    tenantAccesses: scoped.length,
    unknowns: facts.unknowns.length + undecided.length,
  };
}

function isGuarded(entry: EntryPoint): boolean {
  const { authentication, signature } = entry.protection;
  return (
    signature || authentication === "rejects" || authentication === "conditional" || authentication === "edge-only"
  );
}

function isOpen(entry: EntryPoint): boolean {
  return !isGuarded(entry) && entry.protection.authentication !== "unknown";
}
