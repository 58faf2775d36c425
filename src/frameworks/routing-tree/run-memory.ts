/**
 * What running the start-up of a program hands to an adapter, kept for the files that stay as they are while others are
 * edited. It is read off those files and what they import; what other files add to their tables shows with the next
 * whole run, which begins with nothing.
 */
import { ByFile } from "../../program/linking/by-file.js";
import type { FunctionView, ProgramFile } from "../../program/linking/function-view.js";
import type { NamesSought } from "./names.js";
import type { RunCall, RunVisitor } from "./run.js";

/** Calls that may be registrations, by function. */
export type Candidates = ReadonlyMap<FunctionView, ReadonlySet<number>>;

/** One run of a module's body, or of a function that nobody in sight starts. */
export interface RunRecord {
  /** in the order in which the visitor was told of them */
  readonly told: readonly { readonly what: "call" | "unread"; readonly call: RunCall }[];
  /** functions that ran on the way */
  readonly ran: readonly FunctionView[];
}

export class RunMemory {
  readonly candidates = new ByFile<Candidates>();
  /** by what ran */
  readonly runs = new WeakMap<FunctionView, RunRecord>();
  /** whether calling the function may lead to a registration */
  readonly reaches = new WeakMap<FunctionView, boolean>();
  names: NamesSought = { names: new Set(), files: new WeakSet() };
}

/** by framework: each has registrations of its own */
const memories = new Map<string, RunMemory>();

export function memoryOf({ framework }: RunVisitor): RunMemory {
  const known = memories.get(framework) ?? new RunMemory();
  memories.set(framework, known);
  return known;
}

/** Calls of a file that may be registrations. */
export function candidatesIn(file: ProgramFile, visitor: RunVisitor): Candidates {
  const found = new Map<FunctionView, ReadonlySet<number>>();
  for (const fn of file.functions()) {
    const calls = fn.calls.filter((v) => visitor.candidate(fn, v));
    if (calls.length > 0) found.set(fn, new Set(calls));
  }
  return found;
}
