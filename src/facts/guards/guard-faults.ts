/** Checks that cannot stop the request (AG103): not awaited, result unused, swallowed, passed over. */
import type { GuardFault } from "../../model/facts.js";
import { FnHint } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { forgetAnswers } from "../../program/values/framed-memo.js";
import type { Analysis } from "../analysis.js";
import type { Attempts } from "../attempts.js";
import type { JudgedEntry } from "../entries/entries.js";
import { looseCall, looseCalls } from "./guard-awaiting.js";
import { goesOnAfterCatch, mayGoOnAfterCatch } from "./guard-catches.js";
import { uncalledFactories } from "./guard-factories.js";
import { oddOnes, polarTests } from "./guard-polarity.js";
import { goesOnAfterRefusing, mayGoOnAfterRefusing } from "./guard-refusals.js";
import { Runner, type Suspect } from "./guard-running.js";
import { unusedMiddleware } from "./unused-middleware.js";

/**
 * Faults of the guards that run for the entries, one per place. Lets others have their turn after each entry.
 *
 * @param attempts keeps the search going past an entry that it fails on
 * @param all these are all entries: what no entry runs and what all others do otherwise can be told as well
 */
export function* searchGuardFaults(
  judged: readonly JudgedEntry[],
  analysis: Analysis,
  all: boolean,
  attempts: Attempts,
): Generator<undefined, readonly GuardFault[]> {
  const found = new Found();
  const suspicious = new Map<FunctionView, boolean>();
  const runner = new Runner(analysis, {
    suspicious: (fn) => {
      const known =
        suspicious.get(fn) ??
        (fn.hasBody &&
          (looseCalls(fn, analysis).size > 0 || mayGoOnAfterRefusing(fn, analysis) || mayGoOnAfterCatch(fn, analysis)));
      suspicious.set(fn, known);
      return known;
    },
    call: looseCall,
    whole: (fn, frame) => [...goesOnAfterRefusing(fn, frame, analysis), ...goesOnAfterCatch(fn, frame, analysis)],
  });
  for (const one of judged) {
    const suspects = attempts.attempt(
      `the search for faults of the guards of '${one.entry.key}'`,
      one.entry.place,
      () => [...runner.of(one), ...uncalledFactories(one, analysis)],
      () => [],
    );
    for (const suspect of suspects) found.add(suspect, one.entry.key);
    forgetAnswers();
    yield;
  }
  const first = judged[0]?.entry.place ?? { file: [...analysis.program.files][0]?.path ?? "", start: 0, end: 0 };
  if (all)
    attempts.attempt(
      "the comparison of guards",
      first,
      () => addUnrun(judged, analysis, found),
      () => {},
    );
  return found.faults();
}

/** Faults that no entry shows: of middleware that nobody uses, and of tests that all others make otherwise. */
function addUnrun(judged: readonly JudgedEntry[], analysis: Analysis, found: Found): void {
  for (const { fn, frame } of unusedMiddleware(judged, analysis)) {
    for (const suspect of goesOnAfterRefusing(fn, frame, analysis)) found.add(suspect, null);
  }
  addOddOnes(judged, analysis, found);
}

/** Tests are compared over everything in the files whose functions run for entries, and over what refuses elsewhere. */
function addOddOnes(judged: readonly JudgedEntry[], analysis: Analysis, found: Found): void {
  const own = new Map<FunctionView, Set<string>>();
  const files = new Map<string, Set<string>>();
  for (const { raw, entry } of judged) {
    addTo(files, raw.place.file, entry.key);
    for (const origin of [raw.handler, ...raw.steps.map((step) => step.origin)]) {
      if (origin.kind !== "function") continue;
      addTo(own, origin.fn, entry.key);
      if (!files.has(origin.fn.file.path)) files.set(origin.fn.file.path, new Set());
    }
  }
  const refuses = FnHint.Refuses | FnHint.Branches;
  const functions = [...analysis.index.functions()].filter(
    (fn) => fn.hasBody && (files.has(fn.file.path) || (fn.info.hints & refuses) === refuses),
  );
  for (const { test, fault } of oddOnes(functions.flatMap((fn) => [...polarTests(fn, analysis)]))) {
    for (const key of own.get(test.fn) ?? files.get(test.fn.file.path) ?? []) found.add(fault, key);
  }
}

function addTo<K>(map: Map<K, Set<string>>, key: K, value: string): void {
  map.set(key, (map.get(key) ?? new Set()).add(value));
}

class Found {
  readonly #byPlace = new Map<string, { readonly suspect: Suspect; readonly entries: Set<string> }>();

  /** @param entry null for a fault of what no entry of this program runs */
  add(suspect: Suspect, entry: string | null): void {
    const { file, start } = suspect.place;
    const known = this.#byPlace.get(`${file}:${start}`) ?? { suspect, entries: new Set() };
    this.#byPlace.set(`${file}:${start}`, known);
    if (entry !== null) known.entries.add(entry);
  }

  faults(): readonly GuardFault[] {
    return [...this.#byPlace.values()].map(({ suspect, entries }) => ({ ...suspect, entries: [...entries].sort() }));
  }
}
