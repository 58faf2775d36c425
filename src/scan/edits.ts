/** Where a text was edited, how far that can reach, and where everything else lies now. */
import type { LoweredFile } from "../model/lowered.js";
import type { Place } from "../model/place.js";
import type { Move } from "./layout.js";

/** One edit of a file, in offsets of its text as it is now. */
export interface Edit {
  /** what changed, with the function around it */
  readonly start: number;
  readonly end: number;
  /**
   * `function`: nothing outside of one function changed. `added`: something new stands at the top level, such as an
   * entry point or what is registered for all of them. `file`: anything in the file may mean something else.
   */
  readonly reach: "function" | "added" | "file";
  /** Where a place of the text before lies; one inside of what changed is cut to what it became. */
  readonly move: Move;
}

const ANYWHERE: Edit = { start: 0, end: Number.MAX_SAFE_INTEGER, reach: "file", move: (place) => place };

/**
 * What was done to a text, as one replaced piece.
 *
 * @param before undefined when the text of the time before is not known
 * @param lowered of the text as it is now
 */
export function editBetween(before: string | undefined, now: string | undefined, lowered: LoweredFile): Edit {
  if (before === undefined || now === undefined) return ANYWHERE;
  const start = commonStart(before, now);
  const kept = commonEnd(before, now, start);
  const oldEnd = before.length - kept;
  const newEnd = now.length - kept;
  const move = moveAround(start, oldEnd, newEnd);
  const within = lowered.functions.find(
    ({ parent, at }, index) =>
      index > 0 && parent === 0 && at.start <= start && newEnd <= at.start + at.length && at.length > newEnd - start,
  );
  if (within !== undefined && lowered.problem === null)
    return { start: within.at.start, end: within.at.start + within.at.length, reach: "function", move };
  const reach = /\S/.test(before.slice(start, oldEnd)) ? "file" : "added";
  return { start, end: newEnd, reach, move };
}

/** True when a place has a part in what changed. */
export function touches({ start, end }: Place, edit: Edit): boolean {
  return start <= edit.end && end >= edit.start;
}

function moveAround(start: number, oldEnd: number, newEnd: number): Move {
  const by = newEnd - oldEnd;
  const moved = (offset: number): number =>
    offset <= start ? offset : offset >= oldEnd ? offset + by : Math.min(offset, newEnd);
  return ({ file, ...at }) => {
    const from = at.start >= oldEnd ? at.start + by : moved(at.start);
    return { file, start: from, end: Math.max(from, moved(at.end)) };
  };
}

function commonStart(one: string, other: string): number {
  const most = Math.min(one.length, other.length);
  let at = 0;
  while (at < most && one.charCodeAt(at) === other.charCodeAt(at)) at += 1;
  return at;
}

function commonEnd(one: string, other: string, from: number): number {
  const most = Math.min(one.length, other.length) - from;
  let count = 0;
  while (count < most && one.charCodeAt(one.length - 1 - count) === other.charCodeAt(other.length - 1 - count))
    count += 1;
  return count;
}
