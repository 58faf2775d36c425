/**
 * In which order the blocks of a function are looked at: each behind all from which control comes to it, but for those
 * that lead back around a loop. What is known of all ways into a block is then known when it is looked at, and not
 * learned one way at a time, with everything behind it once more for each.
 */
import { NONE } from "../../model/lowered.js";

/** The place of each block in that order; those that nothing leads to stand last. */
export function placesInOrder(
  count: number,
  entry: number,
  targetsOf: (block: number) => readonly number[],
): readonly number[] {
  const places = new Array<number>(count).fill(NONE);
  const seen = new Set<number>([entry]);
  const open = [{ block: entry, left: [...targetsOf(entry)] }];
  let place = count;
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const to = top.left.pop();
    if (to === undefined) {
      place -= 1;
      places[top.block] = place;
      open.pop();
    } else if (to >= 0 && to < count && !seen.has(to)) {
      seen.add(to);
      open.push({ block: to, left: [...targetsOf(to)] });
    }
  }
  // the places before the first are free for what is never reached
  for (const [block, own] of places.entries()) {
    if (own !== NONE) continue;
    place -= 1;
    places[block] = place;
  }
  return places;
}

/** Blocks that are still to be looked at, the first in order first. */
export class BlocksToDo {
  readonly #waiting: Uint8Array;
  readonly #blocks: Int32Array;
  #first: number;

  constructor(private readonly places: readonly number[]) {
    this.#waiting = new Uint8Array(places.length);
    this.#blocks = new Int32Array(places.length);
    this.#first = places.length;
    for (const [block, place] of places.entries()) this.#blocks[place] = block;
  }

  add(block: number): void {
    const place = this.places[block];
    this.#waiting[place] = 1;
    if (place < this.#first) this.#first = place;
  }

  /** @returns NONE when there is none left */
  next(): number {
    while (this.#first < this.#waiting.length) {
      const place = this.#first;
      this.#first += 1;
      if (this.#waiting[place] === 0) continue;
      this.#waiting[place] = 0;
      return this.#blocks[place];
    }
    return NONE;
  }
}
