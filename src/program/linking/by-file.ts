/** What is worked out of single files, once for as long as they stay as they are. */
import type { ProgramFile } from "./function-view.js";

/**
 * Answers that hang on a file and on what it imports, and on nothing else: a file stays the same object, from one
 * program to the next, as long as all of that does (see `Dependents`).
 */
export class ByFile<Answer extends object> {
  readonly #known = new WeakMap<ProgramFile, Answer>();

  get(file: ProgramFile): Answer | undefined {
    return this.#known.get(file);
  }

  set(file: ProgramFile, answer: Answer): void {
    this.#known.set(file, answer);
  }

  of(file: ProgramFile, read: (file: ProgramFile) => Answer): Answer {
    let answer = this.#known.get(file);
    if (answer === undefined) {
      answer = read(file);
      this.#known.set(file, answer);
    }
    return answer;
  }
}
