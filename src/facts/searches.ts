/** Searches over all entries or files, of which a failing one loses no more than what it fails on. */
import type { Place } from "../model/place.js";
import type { ProgramFile } from "../program/linking/function-view.js";
import type { Analysis } from "./analysis.js";
import type { Attempts } from "./attempts.js";
import { joinedTokens, type TokenFacts } from "./claims/token-facts.js";
import { collectTokens } from "./claims/tokens.js";
import type { JudgedEntry } from "./entries/entries.js";

interface Placed {
  readonly place: Place;
}

export class Searches {
  constructor(
    private readonly judged: readonly JudgedEntry[],
    private readonly analysis: Analysis,
    private readonly attempts: Attempts,
    private readonly inScope: (file: string) => boolean,
  ) {}

  /** What is found about the entries, as far as it lies in what is scanned. */
  overEntries<Found extends Placed>(
    what: string,
    find: (judged: readonly JudgedEntry[], analysis: Analysis) => readonly Found[],
  ): readonly Found[] {
    const found = this.attempts.search(
      what,
      this.judged,
      ({ entry }) => entry.place,
      (some) => find(some, this.analysis),
    );
    return this.ours(found);
  }

  /** What is found in files, wherever it lies. */
  overFiles<Found>(
    what: string,
    files: readonly ProgramFile[],
    find: (files: readonly ProgramFile[]) => readonly Found[],
  ): readonly Found[] {
    return this.attempts.search(what, files, ({ path }) => ({ file: path, start: 0, end: 0 }), find);
  }

  tokens(files: readonly ProgramFile[]): TokenFacts {
    return joinedTokens(this.overFiles("the search for tokens", files, (some) => [collectTokens(this.analysis, some)]));
  }

  ours<Found extends Placed>(found: readonly Found[]): readonly Found[] {
    return found.filter(({ place }) => this.inScope(place.file));
  }
}
