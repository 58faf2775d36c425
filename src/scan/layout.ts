/**
 * Whether two lowered forms say the same in another layout, and where a place of the one lies in the other. Comments,
 * blank lines and types of no consequence move what stands below them and change nothing else.
 */
import { type LoweredFile, NONE, ROW, type Span } from "../model/lowered.js";
import type { Place } from "../model/place.js";
import { lineIndex } from "./snippets.js";

/** Where a place lies after a change of layout; null when that cannot be told for sure. */
export type Move = (place: Place) => Place | null;

/** Columns of a row that hold offsets. */
const START = 4;
const LENGTH = 5;

/** A span in the old layout and the same one in the new; ends are exclusive. */
interface Anchor {
  readonly from: number;
  readonly fromEnd: number;
  readonly to: number;
  readonly toEnd: number;
}

/** A piece of the file's top level. */
interface Chunk extends Anchor {
  /** moved as one, lines and all */
  readonly whole: boolean;
  /** what it holds, by where it begins; nothing where declarations stand below decorators */
  readonly anchors: readonly Anchor[];
}

interface Layouts {
  readonly before: Int32Array;
  readonly after: Int32Array;
}

/**
 * Compares two lowered forms of a file.
 *
 * @returns how places move from the old to the new one; null when more than the layout differs
 */
export function layoutChange(before: LoweredFile, after: LoweredFile): Move | null {
  if (!sameMeaning(before, after)) return null;
  const layouts = { before: before.lineStarts, after: after.lineStarts };
  const classes = before.classes.map((one) => one.at);
  const chunks = chunksOf(anchorsOf(before, after), layouts, classes);
  const [whole, now] = [before.functions[0].at, after.functions[0].at];
  return (place) => {
    const { file, start, end } = place;
    if (end === start + whole.length && start === whole.start)
      return { file, start: now.start, end: now.start + now.length };
    return moved(place, chunks, layouts);
  };
}

/** True when nothing but offsets differs. */
function sameMeaning(before: LoweredFile, after: LoweredFile): boolean {
  return sameCode(before.code, after.code) && sameNumbers(before.tail, after.tail) && told(before) === told(after);
}

function sameCode(before: Int32Array, after: Int32Array): boolean {
  if (before.length !== after.length) return false;
  for (let row = 0; row < before.length; row += ROW) {
    for (let column = 0; column < START; column++) {
      if (before[row + column] !== after[row + column]) return false;
    }
    // a row without a place stays without one
    if ((before[row + START] === NONE) !== (after[row + START] === NONE)) return false;
  }
  return true;
}

function sameNumbers(before: Int32Array, after: Int32Array): boolean {
  return before.length === after.length && before.every((value, at) => value === after[at]);
}

/** All of a file but its rows and its offsets, as text. Directives are read from the file itself by each run. */
function told(file: LoweredFile): string {
  const { code: _, tail: _tail, lineStarts: _starts, directives: _directives, ...rest } = file;
  return JSON.stringify(rest, (key, value: unknown) => (key === "at" ? undefined : value));
}

/** Every span that the lowered form knows, in both layouts, by where it begins. */
function anchorsOf(before: LoweredFile, after: LoweredFile): readonly Anchor[] {
  const found: Anchor[] = [];
  const pair = (from: Span | undefined, to: Span | undefined): void => {
    if (from === undefined || to === undefined) return;
    found.push({ from: from.start, fromEnd: from.start + from.length, to: to.start, toEnd: to.start + to.length });
  };
  for (let row = 0; row < before.code.length; row += ROW) {
    const start = before.code[row + START];
    if (start === NONE) continue;
    pair(
      { start, length: before.code[row + LENGTH] },
      { start: after.code[row + START], length: after.code[row + LENGTH] },
    );
  }
  for (const [at, fn] of before.functions.entries()) {
    const other = after.functions[at];
    // the body of the module is the whole file
    if (at > 0) pair(fn.at, other?.at);
    for (const [index, parameter] of fn.params.entries()) pair(parameter.at, other?.params[index]?.at);
  }
  for (const [at, one] of before.classes.entries()) {
    pair(one.at, after.classes[at]?.at);
    for (const [index, member] of one.members.entries()) pair(member.at, after.classes[at]?.members[index]?.at);
  }
  return found.sort((a, b) => a.from - b.from || b.fromEnd - a.fromEnd);
}

/** Overlapping spans as one. */
function chunksOf(anchors: readonly Anchor[], layouts: Layouts, classes: readonly Span[]): readonly Chunk[] {
  const chunks: Chunk[] = [];
  for (let first = 0; first < anchors.length; ) {
    let { fromEnd, toEnd } = anchors[first];
    let next = first + 1;
    while (next < anchors.length && anchors[next].from < fromEnd) {
      fromEnd = Math.max(fromEnd, anchors[next].fromEnd);
      toEnd = Math.max(toEnd, anchors[next].toEnd);
      next++;
    }
    const { from, to } = anchors[first];
    const held = anchors.slice(first, next);
    const end = fromEnd;
    const decorated = classes.some(({ start }) => start >= from && start < end);
    const all = { from, fromEnd, to, toEnd };
    chunks.push({ ...all, whole: movesAsOne(all, held, layouts), anchors: decorated ? [] : held });
    first = next;
  }
  return chunks;
}

/** True when all spans of a piece move by the same, and lines begin at the same points of it. */
function movesAsOne({ from, fromEnd, to, toEnd }: Anchor, held: readonly Anchor[], layouts: Layouts): boolean {
  const by = to - from;
  if (!held.every((one) => one.to - one.from === by && one.toEnd - one.fromEnd === by)) return false;
  const old = linesWithin(layouts.before, from, fromEnd);
  const now = linesWithin(layouts.after, to, toEnd);
  return old.length === now.length && old.every((start, at) => start === now[at]);
}

/** Line starts of a piece, that of its first line and that behind its last among them, from where the piece begins. */
function linesWithin(starts: Int32Array, from: number, end: number): readonly number[] {
  return [...starts.subarray(lineIndex(starts, from), lineIndex(starts, end) + 2)].map((start) => start - from);
}

function moved(place: Place, chunks: readonly Chunk[], layouts: Layouts): Place | null {
  const { file, start, end } = place;
  // the file as such
  if (start === 0 && end === 0) return place;
  const chunk = chunkAt(chunks, start);
  if (chunk === undefined || end > chunk.fromEnd) return null;
  if (!chunk.whole) return movedAlone(place, chunk.anchors, layouts);
  const by = chunk.to - chunk.from;
  return { file, start: start + by, end: end + by };
}

/**
 * A place in a piece that has changed inside. It may be a span, or the part of one that lies on its first line: both
 * keep their meaning where that line is as long as it was.
 */
function movedAlone({ file, start, end }: Place, anchors: readonly Anchor[], layouts: Layouts): Place | null {
  const { before, after } = layouts;
  const line = lineIndex(before, start);
  const oneLine = lineIndex(before, end) === line;
  for (const one of anchors) {
    if (one.from !== start) continue;
    const now = lineIndex(after, one.to);
    if (start - before[line] !== one.to - after[now]) return null;
    const sameLine = before[line + 1] - before[line] === after[now + 1] - after[now];
    if (oneLine && sameLine) return { file, start: one.to, end: one.to + end - start };
    if (!oneLine && one.fromEnd === end) return { file, start: one.to, end: one.toEnd };
  }
  return null;
}

function chunkAt(chunks: readonly Chunk[], offset: number): Chunk | undefined {
  let low = 0;
  let high = chunks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (chunks[middle].from <= offset) low = middle + 1;
    else high = middle;
  }
  const found = chunks[low - 1];
  return found !== undefined && offset <= found.fromEnd ? found : undefined;
}
