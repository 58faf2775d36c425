/** Some entries of a program that was judged as a whole a moment ago, judged again. */
import type { RawEntry } from "../frameworks/routing.js";
import type { EntryPoint, Facts } from "../model/facts.js";
import type { Place } from "../model/place.js";
import type { ProgramFile } from "../program/linking/function-view.js";
import type { Program } from "../program/linking/program.js";
import type { TokenFacts } from "./claims/token-facts.js";

/** What tells entries apart. */
export type Identified = Pick<EntryPoint, "method" | "path" | "registration" | "place" | "group">;

/** Which entries are judged again. */
export interface Part {
  /** how soon an entry is to be judged again; null when it is not */
  rank(entry: Identified): number | null;
  /** asked before each further entry, with its rank: true when there is no time for it */
  enough(rank: number): boolean;
  /** the facts about everything */
  readonly before: Facts;
  /** paths whose meaning changed: what hangs on no entry is looked for in these alone */
  readonly files: ReadonlySet<string>;
}

/** Facts that are, as far as they hang on entries, about some of them alone. */
export interface PartFacts {
  readonly facts: Facts;
  /** the entries that were judged */
  readonly judged: readonly RawEntry[];
  /** all entries that there are */
  readonly present: readonly RawEntry[];
  /** how many entries there was no time for */
  readonly left: number;
}

/** The same for an entry before and after it is judged, and for two entries only when nothing tells them apart. */
export function identityOf({ method, path, registration, place, group }: Identified): string {
  return [method, path, registration.file, registration.start, place.file, place.start, group].join(" ");
}

/** Entries in the order in which they are judged. */
export function ranked(present: readonly RawEntry[], part: Part | undefined): readonly RankedEntry[] {
  if (part === undefined) return present.map((raw) => ({ raw, rank: 0 }));
  const wanted = present.flatMap((raw) => {
    const rank = part.rank(raw);
    return rank === null ? [] : [{ raw, rank }];
  });
  return wanted.sort((a, b) => a.rank - b.rank);
}

export interface RankedEntry {
  readonly raw: RawEntry;
  readonly rank: number;
}

/** The entries from before that are still there and were not judged again. */
export function othersOf(
  { before }: Part,
  present: readonly Identified[],
  judged: Iterable<Identified>,
): readonly EntryPoint[] {
  const kept = new Set(present.map(identityOf));
  for (const entry of judged) kept.delete(identityOf(entry));
  return before.entries.filter((entry) => kept.has(identityOf(entry)));
}

/** Tokens are compared across the program, which takes its time: only for files that have to do with them. */
export function tokensOfPart(
  { before, files }: Part,
  program: Program,
  search: { tokens(files: readonly ProgramFile[]): TokenFacts },
): TokenFacts {
  const known = [before.tokenReads, before.tokenVerifications, before.tokenFlaws];
  const had = known.some((list) => list.some((one) => files.has(one.place.file)));
  const now = had ? null : search.tokens(filesOf(program, files));
  const none = now !== null && Object.values(now).every((list) => list.length === 0);
  if (!none) return search.tokens([...program.files]);
  return {
    reads: before.tokenReads,
    verifications: before.tokenVerifications,
    flaws: before.tokenFlaws,
    signings: [],
  };
}

export function filesOf(program: Program, paths: ReadonlySet<string>): readonly ProgramFile[] {
  return [...paths].flatMap((path) => program.file(path) ?? []);
}

/** Entries in the order in which they are told: by where they are registered. */
export function byPlace(
  a: Pick<EntryPoint, "registration" | "path" | "method">,
  b: Pick<EntryPoint, "registration" | "path" | "method">,
): number {
  return (
    compare(a.registration, b.registration) ||
    (a.path < b.path ? -1 : a.path > b.path ? 1 : 0) ||
    (a.method < b.method ? -1 : 1)
  );
}

function compare(a: Place, b: Place): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.start - b.start;
}
