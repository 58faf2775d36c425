/** What an earlier run found out, by path and by content. Data only; whatever looks odd is ignored and rebuilt. */
import { checksum } from "../base/hash.js";
import { CacheFile, cachePath, replaceFile } from "./cache-file.js";
import { aligned, type BlobAt, type Entry, type Index, writeIndex } from "./cache-format.js";

export interface CacheOptions {
  /** a cache of another version is ignored */
  readonly engineVersion: string;
  /** instead of the user's cache folder */
  readonly folder?: string;
  /** keeps nothing, finds nothing */
  readonly disabled?: boolean;
}

export interface CacheMeta {
  readonly mtimeMs: number;
  readonly size: number;
  /** hash of all that the blob depends on: the text and, since it decides how the text is read, the dialect */
  readonly hash: string;
  /** two numbers of the caller's own, kept in the index so that they can be asked without reading the blob */
  readonly flags?: number;
  readonly hints?: number;
}

export interface CacheHit {
  readonly hash: string;
  readonly flags: number;
  readonly hints: number;
  /** undefined when the stored bytes are damaged: treat it as not cached. Starts at a multiple of 8 in its buffer. */
  blob(): Uint8Array | undefined;
}

export interface Cache {
  /** known and unchanged by time and size; a file modified within two seconds of its reading is not trusted */
  lookup(path: string, mtimeMs: number, size: number): CacheHit | undefined;
  /** known by content, wherever the file was */
  lookupHash(hash: string): CacheHit | undefined;
  put(path: string, meta: CacheMeta, blob: Uint8Array): void;
  /** ties a path to a blob that `lookupHash` found, without writing it again */
  touch(path: string, meta: CacheMeta): void;
  result(key: string): Uint8Array | undefined;
  putResult(key: string, bytes: Uint8Array): void;
  /** Writes if anything changed, keeping only the paths given (all, when none are). False when it could not. */
  save(present?: ReadonlySet<string>): boolean;
}

/** File systems keep times with a granularity of up to two seconds. */
const RACY_MS = 2_000;
/** whole results and facts, least recently used dropped first */
const MAX_RESULTS = 8;
/** Offsets are 32 bits wide. */
const MAX_DATA = 0xf000_0000;

/** Opens the cache of a project; a missing or damaged one is empty. Never throws. */
export function openCache(root: string, options: CacheOptions): Cache {
  if (options.disabled) return NO_CACHE;
  return new StoredCache(cachePath(root, options.folder), options.engineVersion);
}

const NO_CACHE: Cache = {
  lookup: () => undefined,
  lookupHash: () => undefined,
  put: () => {},
  touch: () => {},
  result: () => undefined,
  putResult: () => {},
  save: () => true,
};

class StoredCache implements Cache {
  private file: CacheFile | null;
  private readonly entries: Map<string, Entry>;
  private readonly results: Map<string, BlobAt | Uint8Array>;
  private readonly fresh = new Map<string, Uint8Array>();
  private dirty = false;

  constructor(
    private readonly path: string,
    private readonly engineVersion: string,
  ) {
    this.file = CacheFile.open(path, engineVersion);
    this.entries = this.file?.index.entries ?? new Map();
    this.results = new Map(this.file?.index.results);
  }

  lookup(path: string, mtimeMs: number, size: number): CacheHit | undefined {
    const entry = this.entries.get(path);
    if (entry === undefined || entry.racy || entry.mtimeMs !== mtimeMs || entry.size !== size) return undefined;
    return this.hit(entry.hash, entry.flags, entry.hints);
  }

  lookupHash(hash: string): CacheHit | undefined {
    const known = this.fresh.has(hash) || this.file?.index.blobs.has(hash);
    return known ? this.hit(hash, 0, 0) : undefined;
  }

  private hit(hash: string, flags: number, hints: number): CacheHit {
    return { hash, flags, hints, blob: () => this.blobOf(hash) };
  }

  private blobOf(hash: string): Uint8Array | undefined {
    const fresh = this.fresh.get(hash);
    if (fresh !== undefined) return fresh;
    const at = this.file?.index.blobs.get(hash);
    return at === undefined ? undefined : this.file?.blob(at);
  }

  put(path: string, meta: CacheMeta, blob: Uint8Array): void {
    this.fresh.set(meta.hash, blob);
    this.touch(path, meta);
  }

  touch(path: string, meta: CacheMeta): void {
    const { mtimeMs, size, hash, flags = 0, hints = 0 } = meta;
    this.entries.set(path, { mtimeMs, size, hash, flags, hints, racy: mtimeMs > Date.now() - RACY_MS });
    this.dirty = true;
  }

  result(key: string): Uint8Array | undefined {
    const found = this.results.get(key);
    if (found === undefined) return undefined;
    // used last, dropped last
    this.results.delete(key);
    this.results.set(key, found);
    return found instanceof Uint8Array ? found : this.file?.blob(found);
  }

  putResult(key: string, bytes: Uint8Array): void {
    this.results.delete(key);
    this.results.set(key, bytes);
    this.dirty = true;
  }

  save(present?: ReadonlySet<string>): boolean {
    const gone = present === undefined ? [] : [...this.entries.keys()].filter((path) => !present.has(path));
    for (const path of gone) this.entries.delete(path);
    if (!this.dirty && gone.length === 0) return true;
    const pack = new Pack(this.file?.data() ?? new Uint8Array());
    const blobs = new Map<string, BlobAt>();
    for (const [path, { hash }] of this.entries) {
      const at = blobs.get(hash) ?? pack.add(this.fresh.get(hash) ?? this.file?.index.blobs.get(hash));
      // tied to a blob that was never put: the file is lowered again next time
      if (at === undefined) this.entries.delete(path);
      else blobs.set(hash, at);
    }
    const results = new Map<string, BlobAt>();
    for (const [key, value] of [...this.results].slice(-MAX_RESULTS)) {
      const at = pack.add(value);
      if (at !== undefined) results.set(key, at);
    }
    if (pack.size > MAX_DATA) return false;
    return this.replace({ entries: this.entries, blobs, results }, pack);
  }

  private replace(index: Index, pack: Pack): boolean {
    const head = writeIndex(index, this.engineVersion, pack.size);
    // some systems do not rename over an open file
    this.file?.close();
    const written = replaceFile(this.path, [head, ...pack.chunks]);
    this.file = CacheFile.open(this.path, this.engineVersion);
    this.dirty = !written;
    // places in the old file mean nothing in the new one
    for (const [key, value] of this.results) if (!(value instanceof Uint8Array)) this.results.delete(key);
    for (const [key, at] of this.file?.index.results ?? []) if (!this.results.has(key)) this.results.set(key, at);
    return written;
  }
}

/** Blobs one behind the other, each at an aligned offset. */
class Pack {
  readonly chunks: Uint8Array[] = [];
  size = 0;

  constructor(private readonly old: Uint8Array) {}

  /** Adds new bytes, or those that lie at a place in the old file; their old checksum stays and tells any damage. */
  add(source: Uint8Array | BlobAt | undefined): BlobAt | undefined {
    if (source === undefined) return undefined;
    const isNew = source instanceof Uint8Array;
    const bytes = isNew ? source : this.old.subarray(source.offset, source.offset + source.length);
    if (bytes.length !== source.length) return undefined;
    const at = { offset: this.size, length: bytes.length, sum: isNew ? checksum(bytes) : source.sum };
    this.chunks.push(bytes);
    const padding = aligned(bytes.length) - bytes.length;
    if (padding > 0) this.chunks.push(new Uint8Array(padding));
    this.size += bytes.length + padding;
    return at;
  }
}
