/** Where a text was edited, how far that can reach, and where everything else lies now. */
// this file alone: the package has many more, and Node takes its time to find them
import { diffLines } from "diff/lib/diff/line.js";
import type { LoweredFile } from "../model/lowered.js";
import type { Place } from "../model/place.js";
import type { Move } from "./layout.js";

/**
 * How far what changed can reach. `function`: nothing outside of one function changed. `added`: something new stands at
 * the top level, such as an entry point or what is registered for all of them. `file`: anything in the file may mean
 * something else.
 */
type Reach = "function" | "added" | "file";

const REACHES: readonly Reach[] = ["function", "added", "file"];

type Extent = Pick<Place, "start" | "end">;

/** What was done to a file, in offsets of its text as it is now. */
export interface Edit {
  /** what changed, each with the function around it, in the order of the text */
  readonly pieces: readonly Extent[];
  /** nothing but what changed */
  readonly changes: readonly Extent[];
  /** of the piece that reaches farthest */
  readonly reach: Reach;
  /** Where a place of the text before lies; one inside of what changed is cut to what it became. */
  readonly move: Move;
}

const EVERYTHING: Extent = { start: 0, end: Number.MAX_SAFE_INTEGER };

const ANYWHERE: Edit = {
  pieces: [EVERYTHING],
  changes: [EVERYTHING],
  reach: "file",
  move: (place) => place,
};

/** As if anything in a file might mean something else, though it says what it said. */
export const UNTOUCHED: Edit = { pieces: [], changes: [], reach: "file", move: (place) => place };

/** A piece of a text, and what stands in its stead: where it began and ended, and where it does now. */
interface Replaced {
  readonly start: number;
  readonly end: number;
  readonly nowStart: number;
  readonly nowEnd: number;
}

/** More lines that differ are one piece: what is left of such a text says little. */
const MOST_LINES = 400;

/**
 * What was done to a text since a time that may lie some edits back.
 *
 * @param before undefined when the text of the time before is not known
 * @param lowered of the text as it is now
 */
export function editBetween(before: string | undefined, now: string | undefined, lowered: LoweredFile): Edit {
  if (before === undefined || now === undefined) return ANYWHERE;
  const replaced = replacedPieces(before, now);
  const pieces = replaced.map((piece) => pieceOf(piece, before, lowered));
  const farthest = Math.max(0, ...pieces.map(({ reach }) => REACHES.indexOf(reach)));
  const changes = replaced.map(({ nowStart, nowEnd }) => ({ start: nowStart, end: nowEnd }));
  return { pieces, changes, reach: REACHES[farthest] ?? "file", move: moveAround(replaced) };
}

function pieceOf(
  { start, end, nowStart, nowEnd }: Replaced,
  before: string,
  { functions, problem }: LoweredFile,
): Extent & { readonly reach: Reach } {
  const within = functions.find(
    ({ parent, at }, index) =>
      index > 0 &&
      parent === 0 &&
      at.start <= nowStart &&
      nowEnd <= at.start + at.length &&
      at.length > nowEnd - nowStart,
  );
  if (within !== undefined && problem === null)
    return { start: within.at.start, end: within.at.start + within.at.length, reach: "function" };
  return { start: nowStart, end: nowEnd, reach: /\S/.test(before.slice(start, end)) ? "file" : "added" };
}

/** True when a place has a part in what changed. */
export function touches({ start, end }: Extent, { pieces }: Edit): boolean {
  return pieces.some((piece) => start <= piece.end && end >= piece.start);
}

/** True when what stands at a place is not what stood there: something was put in between, or is gone. */
export function isChanged({ start, end }: Extent, { changes }: Edit): boolean {
  return changes.some((change) =>
    change.start === change.end ? start <= change.start && end >= change.end : start < change.end && end > change.start,
  );
}

/** By whole lines where several of them differ, and then by what differs within. */
function replacedPieces(before: string, now: string): readonly Replaced[] {
  const all = { start: 0, end: before.length, nowStart: 0, nowEnd: now.length };
  const { start, end, nowStart, nowEnd } = narrowed(all, before, now);
  const lines = {
    start: startOfLine(before, start),
    end: endOfLine(before, end),
    nowStart: startOfLine(now, nowStart),
    nowEnd: endOfLine(now, nowEnd),
  };
  const parts = diffLines(before.slice(lines.start, lines.end), now.slice(lines.nowStart, lines.nowEnd), {
    maxEditLength: MOST_LINES,
  });
  if (parts === undefined) return [{ start, end, nowStart, nowEnd }];
  const found: Replaced[] = [];
  let [at, nowAt] = [lines.start, lines.nowStart];
  let same = true;
  for (const { value, added, removed } of parts) {
    const [start, nowStart] = [at, nowAt];
    if (!added) at += value.length;
    if (!removed) nowAt += value.length;
    const last = same ? undefined : found.pop();
    same = !added && !removed;
    // lines that went and lines that came in their stead follow each other
    if (!same) found.push({ start, nowStart, ...last, end: at, nowEnd: nowAt });
    else if (last !== undefined) found.push(last);
  }
  return found.map((piece) => narrowed(piece, before, now));
}

function startOfLine(text: string, from: number): number {
  return from === 0 ? 0 : text.lastIndexOf("\n", from - 1) + 1;
}

function endOfLine(text: string, from: number): number {
  const at = text.indexOf("\n", from);
  return at < 0 ? text.length : at + 1;
}

/** Without what both begin and end with. */
function narrowed({ start, end, nowStart, nowEnd }: Replaced, before: string, now: string): Replaced {
  const most = Math.min(end - start, nowEnd - nowStart);
  let first = 0;
  while (first < most && before.charCodeAt(start + first) === now.charCodeAt(nowStart + first)) first += 1;
  let last = 0;
  while (last < most - first && before.charCodeAt(end - 1 - last) === now.charCodeAt(nowEnd - 1 - last)) last += 1;
  return { start: start + first, end: end - last, nowStart: nowStart + first, nowEnd: nowEnd - last };
}

function moveAround(replaced: readonly Replaced[]): Move {
  return ({ file, ...at }) => {
    const start = movedStart(at.start, replaced);
    return { file, start, end: Math.max(start, movedEnd(at.end, replaced)) };
  };
}

/** What begins where something was put in begins behind it. */
function movedStart(offset: number, replaced: readonly Replaced[]): number {
  const last = replaced.findLast(({ end }) => end <= offset);
  return last !== undefined && last.end === offset ? last.nowEnd : movedEnd(offset, replaced);
}

/** What ends where something was put in ends before it. */
function movedEnd(offset: number, replaced: readonly Replaced[]): number {
  const last = replaced.findLast(({ start }) => start < offset);
  if (last === undefined) return offset;
  return offset >= last.end
    ? offset - last.end + last.nowEnd
    : Math.min(offset - last.start + last.nowStart, last.nowEnd);
}
