/**
 * Answers, remembered. One that met a cycle or a limit depends on what else was being asked at that moment, so it is
 * not kept.
 */
import type { Frame } from "./origin.js";

let interruptions = 0;
let asking = 0;

/** Says that the answer now being computed was cut short. */
export function interrupted(): void {
  interruptions += 1;
}

/** Computes an answer and hands it to `keep` if it may be kept. */
function asked<Answer>(compute: () => Answer, keep: (answer: Answer) => void): Answer {
  const before = interruptions;
  asking += 1;
  let answer: Answer;
  try {
    answer = compute();
  } finally {
    asking -= 1;
  }
  // the outermost question is asked in a fixed order, so even its shortened answer is always the same
  if (interruptions === before || asking === 0) keep(answer);
  return answer;
}

/** Answers per frame. They are kept with the frame, and so no longer than it is. */
export class FramedMemo<Key, Answer> {
  readonly #known = new WeakMap<Frame, Map<Key, Answer>>();

  /** The remembered answer for a frame and a key, else the computed one. */
  get(frame: Frame, key: Key, compute: () => Answer): Answer {
    const known = this.#known.get(frame)?.get(key);
    if (known !== undefined) return known;
    return asked(compute, (answer) => {
      const answers = this.#known.get(frame);
      if (answers === undefined) this.#known.set(frame, new Map([[key, answer]]));
      else answers.set(key, answer);
    });
  }
}

/** Answers about a thing that never changes: a fact, an origin. */
export class Memo<Key extends object, Answer> {
  readonly #known = new WeakMap<Key, Answer>();

  get(key: Key, compute: () => Answer): Answer {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    return asked(compute, (answer) => this.#known.set(key, answer));
  }
}
