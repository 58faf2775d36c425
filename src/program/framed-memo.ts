/**
 * Answers per frame, remembered. An answer that met a cycle or a limit depends on what else was being asked at that
 * moment, so it is not kept.
 */
import type { Frame } from "./origin.js";

let interruptions = 0;
let asking = 0;

/** Says that the answer now being computed was cut short. */
export function interrupted(): void {
  interruptions += 1;
}

export class FramedMemo<Key, Answer> {
  readonly #known = new WeakMap<Frame, Map<Key, Answer>>();

  /** The remembered answer for a frame and a key, else the computed one. */
  get(frame: Frame, key: Key, compute: () => Answer): Answer {
    let answers = this.#known.get(frame);
    const known = answers?.get(key);
    if (known !== undefined) return known;
    const before = interruptions;
    asking += 1;
    let answer: Answer;
    try {
      answer = compute();
    } finally {
      asking -= 1;
    }
    // the outermost question is asked in a fixed order, so even its shortened answer is always the same
    if (interruptions !== before && asking > 0) return answer;
    if (answers === undefined) {
      answers = this.#known.get(frame) ?? new Map<Key, Answer>();
      this.#known.set(frame, answers);
    }
    answers.set(key, answer);
    return answer;
  }
}
