/** Data that holds places, with all of them where they lie after a change. */
import type { Place } from "../model/place.js";
import type { Move } from "./layout.js";
import { isPlace, mentionsAny, mentionsTheSame } from "./mentioned-files.js";

/** The pieces with all their places moved; null when one of them could not be followed. What does not move is the same object. */
export function piecesMoved(pieces: readonly unknown[], moves: ReadonlyMap<string, Move>): readonly unknown[] | null {
  const mover = new Mover(moves);
  const moved = pieces.map((piece) => mover.piece(piece));
  return mover.lost ? null : moved;
}

/** The same of what an object lists. */
export function membersMoved(
  value: object,
  moves: ReadonlyMap<string, Move>,
): Readonly<Record<string, unknown>> | null {
  const mover = new Mover(moves);
  const copy: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value))
    copy[name] = Array.isArray(member) ? member.map((item: unknown) => mover.piece(item)) : mover.piece(member);
  return mover.lost ? null : copy;
}

/** Copies what holds a place that moves, and nothing else; the same object twice stays one object. */
class Mover {
  readonly #copies = new Map<object, unknown>();
  #lost = false;

  constructor(private readonly moves: ReadonlyMap<string, Move>) {}

  /** a place could not be followed */
  get lost(): boolean {
    return this.#lost;
  }

  /** @param lists how deep lists in it are looked through item by item before anything is copied */
  piece(value: unknown, lists = 1): unknown {
    if (typeof value !== "object" || value === null || !mentionsAny(value, this.moves)) return value;
    return this.#copy(value, lists);
  }

  #copy(value: unknown, lists = 0): unknown {
    if (typeof value !== "object" || value === null || this.#lost) return value;
    const known = this.#copies.get(value);
    if (known !== undefined) return known;
    // facts are trees that share branches; should one ever hold itself, this ends the walk
    this.#copies.set(value, value);
    const copy = this.#copyOf(value, lists);
    if (copy !== value) mentionsTheSame(copy, value);
    this.#copies.set(value, copy);
    return copy;
  }

  /** The same object where nothing in it moves. */
  #copyOf(value: object, lists: number): object {
    if (Array.isArray(value)) return this.#items(value, lists) ?? value;
    if (value instanceof Map) {
      const items = this.#items([...value].flat());
      return items === null ? value : new Map(pairs(items));
    }
    if (value instanceof Set) {
      const items = this.#items([...value]);
      return items === null ? value : new Set(items);
    }
    if (isPlace(value)) return this.#place(value);
    return this.#members(value, lists);
  }

  #members(value: object, lists: number): object {
    let moved: Record<string, unknown> | null = null;
    for (const [key, item] of Object.entries(value)) {
      if (typeof item !== "object") continue;
      const copy = this.#copy(item, lists);
      if (copy === item) continue;
      moved ??= { ...value };
      moved[key] = copy;
    }
    return moved ?? value;
  }

  /** Null when nothing among them moves. */
  #items(items: readonly unknown[], lists = 0): readonly unknown[] | null {
    let copies: unknown[] | null = null;
    for (const [at, item] of items.entries()) {
      if (typeof item !== "object") continue;
      const copy = lists > 0 ? this.piece(item, lists - 1) : this.#copy(item);
      if (copy === item) continue;
      copies ??= [...items];
      copies[at] = copy;
    }
    return copies;
  }

  #place(place: Place): Place {
    const move = this.moves.get(place.file);
    const now = move === undefined ? place : move(place);
    if (now === null) this.#lost = true;
    return now === null || (now.start === place.start && now.end === place.end) ? place : { ...place, ...now };
  }
}

function pairs(items: readonly unknown[]): readonly (readonly [unknown, unknown])[] {
  return Array.from({ length: items.length / 2 }, (_, at) => [items[2 * at], items[2 * at + 1]] as const);
}
