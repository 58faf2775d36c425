/** Entries whose very path stands in a guard's list of public ones: as much a statement of intent as a marker at the handler. */
import type { PublicIntent } from "../../model/facts.js";
import { holdsFor, isMeant, type PathTest } from "../../program/paths/pattern-meaning.js";
import type { Analysis } from "../analysis.js";
import type { JudgedEntry } from "../entries/entries.js";
import {
  type Behind,
  type Guard,
  guardsOf,
  isOpen,
  isRead,
  looksAtMethod,
  refusesUnlisted,
  testsOf,
} from "./loose-patterns.js";

export function withListedPaths(judged: readonly JudgedEntry[], analysis: Analysis): readonly JudgedEntry[] {
  const intents = new Map<JudgedEntry, PublicIntent>();
  for (const guard of guardsOf(judged, analysis)) {
    const open = guard.entries.filter((one) => !one.refused && isOpen(one.judged));
    if (open.length === 0 || !refusesUnlisted(guard, analysis)) continue;
    const tests = testsOf(guard, analysis).filter(isWrittenOut);
    for (const one of open) {
      const test = tests.find(({ text }) => text === one.path && !hidesWrites(one, open, guard));
      if (test !== undefined) intents.set(one.judged, intentOf(test, guard));
    }
  }
  if (intents.size === 0) return judged;
  return judged.map((one) => {
    const intent = intents.get(one);
    return intent === undefined ? one : { ...one, entry: { ...one.entry, intent } };
  });
}

/** The whole path, letter by letter: expressions and prefixes let through what nobody thought of. */
function isWrittenOut(test: PathTest): boolean {
  return test.kind === "same" && holdsFor(test, test.text, "/") === true && isMeant(test, test.text, "/");
}

/** What is listed was the read; the writes of the same path came along, and AG107 asks about them. */
function hidesWrites(one: Behind, open: readonly Behind[], guard: Guard): boolean {
  if (looksAtMethod(guard.fn)) return false;
  const others = open.filter((other) => other.path === one.path);
  return (
    others.some(({ judged }) => isRead(judged.entry.method)) &&
    others.some(({ judged }) => !isRead(judged.entry.method))
  );
}

function intentOf({ text, place }: PathTest, { step }: Guard): PublicIntent {
  return { by: "marker", reason: `'${step.name}' lists '${text}' as public`, place };
}
