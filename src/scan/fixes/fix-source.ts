/** What repairs are made from: the code as it was judged, and edits of its text. */
import type { Facts } from "../../model/facts.js";
import type { Place } from "../../model/place.js";
import type { ProgramFile } from "../../program/linking/function-view.js";

export interface FixSource {
  readonly facts: Facts;
  file(path: string): ProgramFile | undefined;
  /** '' when there is none */
  text(path: string): string;
}

/** Replaces what lies between two offsets. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly insert: string;
}

/** A repair that the project itself shows how to make. */
export interface SourceFix {
  readonly title: string;
  readonly file: string;
  /** in the order of their places, none within another */
  readonly edits: readonly TextEdit[];
  /** all that could serve as a model agree */
  readonly sure: boolean;
}

export function textAt({ file, start, end }: Place, source: FixSource): string {
  return source.text(file).slice(start, end);
}

export function insertion(at: number, insert: string): TextEdit {
  return { start: at, end: at, insert };
}

/** The word that is said most often, and whether no other is said; null for none. */
export function mostFrequent(words: readonly string[]): { readonly word: string; readonly only: boolean } | null {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const [best] = [...counts].sort((a, b) => b[1] - a[1]);
  return best === undefined ? null : { word: best[0], only: counts.size === 1 };
}
