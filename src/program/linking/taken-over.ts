/** Answers about functions of a program before, for the program after an edit. */
import type { FunctionView, ProgramFile } from "./function-view.js";
import type { Program } from "./program.js";

/**
 * Takes over the answers about functions whose files both programs have. A file stays the same object as long as it
 * and all that it imports stay as they are (see `Dependents`), and what a function does hangs on nothing else.
 */
export function takeOver<Answer>(
  known: Map<FunctionView, Answer>,
  before: ReadonlyMap<FunctionView, Answer>,
  program: Program,
): void {
  for (const [fn, answer] of before) if (isKept(fn.file, program)) known.set(fn, answer);
}

/** The program has the file as it was. */
export function isKept(file: ProgramFile, program: Program): boolean {
  return program.file(file.path) === file;
}
