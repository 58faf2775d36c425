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

let generation = 0;

/** Lets go of all answers about frames: whoever asks again finds them anew. */
export function forgetAnswers(): void {
  generation += 1;
}

/** Most frames have one answer of a kind, and a table of its own for that would be most of what they cost. */
class Only<Key, Answer> {
  constructor(
    readonly key: Key,
    readonly answer: Answer,
  ) {}
}

/**
 * What is kept for each frame until answers are let go. Not weakly: the frames of an entry live as long as what was
 * found of it, and tables whose keys may go are what collecting garbage costs most for.
 */
export class PerFrame<Kept> {
  #kept = new Map<Frame, Kept>();
  #generation = generation;

  get(frame: Frame): Kept | undefined {
    return this.#generation === generation ? this.#kept.get(frame) : undefined;
  }

  set(frame: Frame, kept: Kept): void {
    if (this.#generation !== generation) {
      this.#kept = new Map();
      this.#generation = generation;
    }
    this.#kept.set(frame, kept);
  }
}

/** Answers per frame, kept until answers are let go. */
export class FramedMemo<Key, Answer> {
  readonly #known = new PerFrame<Map<Key, Answer> | Only<Key, Answer>>();

  /** The remembered answer for a frame and a key, else the computed one. */
  get(frame: Frame, key: Key, compute: () => Answer): Answer {
    const kept = this.#known.get(frame);
    const known = kept instanceof Only ? (kept.key === key ? kept.answer : undefined) : kept?.get(key);
    if (known !== undefined) return known;
    return asked(compute, (answer) => this.keep(frame, key, answer));
  }

  /** An answer that was found before the others were let go. */
  keep(frame: Frame, key: Key, answer: Answer): void {
    const answers = this.#known.get(frame);
    if (answers === undefined) this.#known.set(frame, new Only(key, answer));
    else if (answers instanceof Only)
      this.#known.set(frame, new Map([[answers.key, answers.answer] as const, [key, answer] as const]));
    else answers.set(key, answer);
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

/** Answers about a thing that never changes, let go together with those about frames. */
export class FleetingMemo<Key extends object, Answer> {
  #known = new WeakMap<Key, Answer>();
  #generation = generation;

  find(key: Key): Answer | undefined {
    return this.#generation === generation ? this.#known.get(key) : undefined;
  }

  keep<Made extends Answer>(key: Key, compute: () => Made): Made {
    if (this.#generation !== generation) {
      this.#known = new WeakMap();
      this.#generation = generation;
    }
    return asked(compute, (answer) => this.#known.set(key, answer));
  }
}
