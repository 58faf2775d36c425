/** Faults of guards, and what guards ensure, from source texts. */

import { type Analysis, analysisOf } from "../../src/facts/analysis.js";
import { Attempts } from "../../src/facts/attempts.js";
import { judgeEntry } from "../../src/facts/entries/entries.js";
import { searchGuardFaults } from "../../src/facts/guards/guard-faults.js";
import { createDataRecogniser } from "../../src/frameworks/data/create-recogniser.js";
import type { DataRecogniser } from "../../src/frameworks/data/recogniser.js";
import { createKnowledge } from "../../src/frameworks/knowledge/knowledge.js";
import { adapters, frameworkKnowledge } from "../../src/frameworks/registry.js";
import type { DataModel } from "../../src/model/data-model.js";
import type { GuardFault } from "../../src/model/facts.js";
import { programFrom } from "../support/program-from.js";

export interface Analysed {
  readonly analysis: Analysis;
  at(place: { readonly file: string; readonly start: number }): string;
}

/** The analysis of texts, as the scan would make it. */
export function analysed(files: Readonly<Record<string, string>>, models: readonly DataModel[] = []): Analysed {
  const data: DataRecogniser = createDataRecogniser(models);
  const { program, queries, index, at } = programFrom(files, { knowledge: createKnowledge(data, frameworkKnowledge) });
  return { analysis: analysisOf(program, queries, data, index), at };
}

export interface SeenFaults {
  readonly faults: readonly GuardFault[];
  /** `src/app.ts:12 not-awaited` in order */
  readonly lines: readonly string[];
}

/** What a search comes to that nobody interrupts. */
function resultOf<Found>(search: Generator<undefined, Found>): Found {
  for (;;) {
    const { done, value } = search.next();
    if (done === true) return value;
  }
}

/** What is wrong with the guards of an application. */
export function faultsOf(files: Readonly<Record<string, string>>): SeenFaults {
  const { analysis, at } = analysed(files);
  const { program, queries, index } = analysis;
  const entries = adapters
    .filter((adapter) => adapter.packages.length === 0 || adapter.packages.some((name) => index.imports(name)))
    .flatMap((adapter) => [...adapter.collect({ program, queries, index, entries: [] }).entries]);
  const judged = entries.map((raw) => judgeEntry(raw, analysis));
  const faults = resultOf(searchGuardFaults(judged, analysis, true, new Attempts()));
  return { faults, lines: faults.map((fault) => `${at(fault.place)} ${fault.kind}`).sort() };
}
