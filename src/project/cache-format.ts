/**
 * The cache file: a fixed head, an index, and the blobs behind it. One file, so that one rename replaces all of it and
 * two runs at once cannot mix an index with the other's blobs.
 *
 *     0  magic (8 bytes)   8  format version   12  index length   16  data length   20  index hash (22 bytes)
 *    48  index as JSON, padded to 8 bytes, then the blobs, each at a multiple of 8
 */
import { contentHash } from "../base/hash.js";
import { asText, isRecord } from "../base/json.js";

const MAGIC = "authgap\n";
const FORMAT = 1;
export const HEAD_BYTES = 48;
/** Blobs start at multiples of this, so that typed arrays can be laid over them. */
const ALIGN = 8;

export interface BlobAt {
  /** from the start of the data */
  readonly offset: number;
  readonly length: number;
  readonly sum: number;
}

/** What is known of one path. */
export interface Entry {
  readonly mtimeMs: number;
  readonly size: number;
  readonly hash: string;
  readonly flags: number;
  readonly hints: number;
  /** modified so shortly before it was read that a later change may show the same time */
  readonly racy: boolean;
}

export interface Index {
  readonly entries: Map<string, Entry>;
  /** content hash → blob */
  readonly blobs: Map<string, BlobAt>;
  /** key → result, least recently used first */
  readonly results: Map<string, BlobAt>;
}

export interface Head {
  readonly indexBytes: number;
  readonly indexHash: string;
  readonly dataBytes: number;
}

export const aligned = (length: number): number => Math.ceil(length / ALIGN) * ALIGN;

/** Reads the head; null unless magic and format are ours and the lengths add up to the file's size. */
export function readHead(bytes: Buffer, fileBytes: number): Head | null {
  if (bytes.length < HEAD_BYTES || bytes.toString("latin1", 0, 8) !== MAGIC) return null;
  if (bytes.readUInt32LE(8) !== FORMAT) return null;
  const indexHash = bytes.toString("latin1", 20, 42);
  const head = { indexBytes: bytes.readUInt32LE(12), dataBytes: bytes.readUInt32LE(16), indexHash };
  return HEAD_BYTES + aligned(head.indexBytes) + head.dataBytes === fileBytes ? head : null;
}

/** Head and index as they are written; the blobs follow. */
export function writeIndex(index: Index, engineVersion: string, dataBytes: number): Buffer {
  const text = Buffer.from(JSON.stringify({ engine: engineVersion, ...columns(index) }));
  const bytes = Buffer.alloc(HEAD_BYTES + aligned(text.length));
  bytes.write(MAGIC, 0, "latin1");
  bytes.writeUInt32LE(FORMAT, 8);
  bytes.writeUInt32LE(text.length, 12);
  bytes.writeUInt32LE(dataBytes, 16);
  bytes.write(contentHash(text), 20, "latin1");
  text.copy(bytes, HEAD_BYTES);
  return bytes;
}

/** Columns rather than objects: half the size, and twice as fast to parse and to check. */
function columns(index: Index): Record<string, readonly (string | number)[]> {
  const entries = [...index.entries];
  const blobs = [...index.blobs];
  const number = new Map(blobs.map(([hash], at) => [hash, at]));
  const results = [...index.results];
  const all = [...blobs, ...results].map(([, at]) => at);
  return {
    paths: entries.map(([path]) => path),
    times: entries.map(([, entry]) => entry.mtimeMs),
    sizes: entries.map(([, entry]) => entry.size),
    hash: entries.map(([, entry]) => number.get(entry.hash) ?? -1),
    flags: entries.map(([, entry]) => entry.flags),
    hints: entries.map(([, entry]) => entry.hints),
    racy: entries.map(([, entry]) => (entry.racy ? 1 : 0)),
    hashes: blobs.map(([hash]) => hash),
    results: results.map(([key]) => key),
    offsets: all.map((at) => at.offset),
    lengths: all.map((at) => at.length),
    sums: all.map((at) => at.sum),
  };
}

/** The index from its bytes; null when anything in it is not as written. */
export function readIndex(bytes: Buffer, head: Head, engineVersion: string): Index | null {
  if (bytes.length !== head.indexBytes || contentHash(bytes) !== head.indexHash) return null;
  const value: unknown = JSON.parse(bytes.toString("utf8"));
  if (!isRecord(value) || asText(value.engine) !== engineVersion) return null;
  const hashes = texts(value.hashes);
  const results = texts(value.results);
  const places = readPlaces(value, head.dataBytes);
  if (hashes === null || results === null || places?.length !== hashes.length + results.length) return null;
  const entries = readEntries(value, hashes);
  if (entries === null) return null;
  return { entries, blobs: named(hashes, places, 0), results: named(results, places, hashes.length) };
}

function named(names: readonly string[], places: readonly BlobAt[], from: number): Map<string, BlobAt> {
  const map = new Map<string, BlobAt>();
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    const at = places[from + i];
    if (name !== undefined && at !== undefined) map.set(name, at);
  }
  return map;
}

function readPlaces(value: Readonly<Record<string, unknown>>, dataBytes: number): BlobAt[] | null {
  const offsets = numbers(value.offsets);
  const lengths = numbers(value.lengths);
  const sums = numbers(value.sums);
  if (offsets === null || lengths === null || sums === null) return null;
  const places: BlobAt[] = [];
  for (let i = 0; i < offsets.length; i++) {
    const at = { offset: offsets[i] ?? -1, length: lengths[i] ?? -1, sum: sums[i] ?? -1 };
    if (at.offset < 0 || at.length < 0 || at.offset + at.length > dataBytes) return null;
    places.push(at);
  }
  return places;
}

function readEntries(value: Readonly<Record<string, unknown>>, hashes: readonly string[]): Map<string, Entry> | null {
  const paths = texts(value.paths);
  const [times, sizes, hash] = [numbers(value.times), numbers(value.sizes), numbers(value.hash)];
  const [flags, hints, racy] = [numbers(value.flags), numbers(value.hints), numbers(value.racy)];
  if (!paths || !times || !sizes || !hash || !flags || !hints || !racy) return null;
  const entries = new Map<string, Entry>();
  for (let i = 0; i < paths.length; i++) {
    const path = paths[i];
    const mtimeMs = times[i];
    const size = sizes[i];
    const content = hashes[hash[i] ?? -1];
    if (path === undefined || mtimeMs === undefined || size === undefined || content === undefined) return null;
    const entry = { mtimeMs, size, hash: content, flags: flags[i] ?? 0, hints: hints[i] ?? 0, racy: racy[i] === 1 };
    entries.set(path, entry);
  }
  return entries;
}

// plain loops: this runs once, on cold code, where a closure per item costs more than the rest of the reading

function texts(value: unknown): readonly string[] | null {
  if (!Array.isArray(value)) return null;
  for (let i = 0; i < value.length; i++) if (typeof value[i] !== "string") return null;
  return value;
}

function numbers(value: unknown): readonly number[] | null {
  if (!Array.isArray(value)) return null;
  for (let i = 0; i < value.length; i++) if (typeof value[i] !== "number") return null;
  return value;
}
