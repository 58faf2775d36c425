/**
 * Facts of an earlier run, used again where every source says what it said then. What merely stands elsewhere (a
 * comment, a blank line above it) moves along; anything else leads to a new analysis of the whole program, since
 * a guard in one file decides about entries of all others.
 */
import { deserialize, serialize } from "node:v8";
import { hashOf } from "../base/hash.js";
import type { Facts } from "../model/facts.js";
import type { LoweredFile } from "../model/lowered.js";
import type { Policy } from "../model/policy.js";
import type { Project } from "../model/project.js";
import type { Cache } from "../project/cache.js";
import { type Edit, editBetween } from "./edits.js";
import { layoutChange, type Move } from "./layout.js";
import { decodeLowered, type LoadedFile } from "./load.js";
import { membersMoved } from "./moved-places.js";
import type { ScanRequest } from "./request.js";
import { engineStamp } from "./result-cache.js";

/** What an analysis found, and the sources it was made from. */
export interface Known {
  readonly facts: Facts;
  /** path → hash of the content */
  readonly sources: ReadonlyMap<string, string>;
  /** the lowered form that a source had then; undefined when it is no longer kept */
  lowered(path: string, hash: string): LoweredFile | undefined;
  /** the text that a source had then; undefined when it is not kept */
  text?(path: string): string | undefined;
}

/** Where facts are kept between runs. */
export interface FactsStore {
  /** @param key names everything but the sources that facts depend on */
  find(key: string): Known | undefined;
  keep(key: string, facts: Facts, files: readonly LoadedFile[]): void;
}

/** For runs that leave nothing behind. */
export const FORGOTTEN_FACTS: FactsStore = { find: () => undefined, keep: () => {} };

/** Names everything that facts are made from, apart from the sources: listing, schemas, and what the manifest says of tenancy. */
export function factsKey(
  request: ScanRequest,
  project: Project,
  policy: Policy,
  schemas: readonly { readonly path: string; readonly text: string }[],
): string {
  const { tenancy } = policy;
  return hashOf([
    engineStamp(),
    request.toolVersion,
    JSON.stringify([
      {
        ...tenancy,
        global: tenancy.global.map((one) => one.name),
        enforcedBy: tenancy.enforcedBy.map((one) => one.use),
      },
      request.within ?? null,
      project.scope,
      project.aliases,
      project.packages,
    ]),
    ...project.files.map((file) => `${file.path}\0${file.role}\0${file.dialect}\0${file.inScope ? 1 : 0}`),
    ...schemas.map((schema) => `${schema.path}\0${schema.text}`),
  ]);
}

/** Facts of an earlier run, and what has happened to their sources since. */
export interface KeptFacts {
  readonly facts: Facts;
  readonly since: SourceChanges;
}

/** What is kept under a key; null when there is nothing, or when sources came or went. */
export function keptFacts(store: FactsStore, key: string, files: readonly LoadedFile[]): KeptFacts | null {
  const known = store.find(key);
  const since = known === undefined ? null : changesSince(known, files);
  return known === undefined || since === null ? null : { facts: known.facts, since };
}

/** The facts as they are now, when the sources say what they said; null when the program must be analysed. */
export function factsUsedAgain({ facts, since }: KeptFacts): Facts | null {
  return since.changed.size > 0 ? null : factsMoved(facts, since.moves);
}

/** Sources that say something else now, and how the places of those move that only look different. */
export interface SourceChanges {
  readonly changed: ReadonlyMap<string, Edit>;
  readonly moves: ReadonlyMap<string, Move>;
}

/** What happened to the sources; null when some came or went. */
function changesSince(known: Known, files: readonly LoadedFile[]): SourceChanges | null {
  if (known.sources.size !== files.length) return null;
  const changed = new Map<string, Edit>();
  const moves = new Map<string, Move>();
  for (const { path, hash, lowered, text } of files) {
    const before = known.sources.get(path);
    if (before === undefined) return null;
    if (before === hash) continue;
    const old = known.lowered(path, before);
    const move = old === undefined ? null : layoutChange(old, lowered);
    if (move === null) changed.set(path, editBetween(known.text?.(path), text, lowered));
    else moves.set(path, move);
  }
  return { changed, moves };
}

/** The facts with all their places moved; null when one of them could not be followed. */
export function factsMoved(facts: Facts, moves: ReadonlyMap<string, Move>): Facts | null {
  if (moves.size === 0) return facts;
  const moved = membersMoved(facts, moves);
  return isFacts(moved) ? moved : null;
}

/** Facts of the run before, for a process that scans the same project again and again. */
export class FactsInMemory implements FactsStore {
  #key = "";
  #known: Known | undefined;
  #texts = new Map<string, string>();

  find(key: string): Known | undefined {
    return key === this.#key ? this.#known : undefined;
  }

  keep(key: string, facts: Facts, files: readonly LoadedFile[]): void {
    const forms = new Map(files.map((file) => [file.path, file.lowered]));
    const texts = new Map<string, string>();
    for (const { path, hash, text } of files) {
      const known = text ?? (this.#known?.sources.get(path) === hash ? this.#texts.get(path) : undefined);
      if (known !== undefined) texts.set(path, known);
    }
    this.#texts = texts;
    this.#key = key;
    this.#known = {
      facts,
      sources: hashesOf(files),
      lowered: (path) => forms.get(path),
      text: (path) => texts.get(path),
    };
  }

  /** The text of a file whose lowered form came from a cache. */
  learn(path: string, text: string): void {
    this.#texts.set(path, text);
  }
}

/** Facts of an earlier process. */
export class FactsInCache implements FactsStore {
  /** lies there already */
  #found: Facts | undefined;

  constructor(private readonly cache: Cache) {}

  find(key: string): Known | undefined {
    const bytes = this.cache.result(slot(key));
    if (bytes === undefined) return undefined;
    try {
      const value: unknown = deserialize(bytes);
      if (!isStored(value)) return undefined;
      const lowered = (_: string, hash: string): LoweredFile | undefined =>
        decodeLowered(this.cache.lookupHash(hash)?.blob());
      this.#found = value.facts;
      return { facts: value.facts, sources: value.sources, lowered };
    } catch {
      return undefined;
    }
  }

  keep(key: string, facts: Facts, files: readonly LoadedFile[]): void {
    if (facts !== this.#found) this.cache.putResult(slot(key), serialize({ facts, sources: hashesOf(files) }));
  }
}

/** Finds in the first store that knows, keeps in both. */
export function storesInTurn(first: FactsStore, second: FactsStore): FactsStore {
  return {
    find: (key) => first.find(key) ?? second.find(key),
    keep: (key, facts, files) => {
      first.keep(key, facts, files);
      second.keep(key, facts, files);
    },
  };
}

/** Results and facts lie side by side under keys of their own. */
function slot(key: string): string {
  return `facts ${key}`;
}

function hashesOf(files: readonly LoadedFile[]): ReadonlyMap<string, string> {
  return new Map(files.map((file) => [file.path, file.hash]));
}

/** The bytes carry a checksum, so what passes it was written here; its shape is only glanced at. */
function isStored(value: unknown): value is { readonly facts: Facts; readonly sources: ReadonlyMap<string, string> } {
  return (
    typeof value === "object" &&
    value !== null &&
    "facts" in value &&
    "sources" in value &&
    isFacts(value.facts) &&
    value.sources instanceof Map
  );
}

function isFacts(value: unknown): value is Facts {
  return (
    typeof value === "object" &&
    value !== null &&
    ["entries", "accesses", "bypasses", "unknowns", "files"].every((name) => Array.isArray(Reflect.get(value, name)))
  );
}
