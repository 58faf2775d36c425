/** Questions that several rules ask about an entry point. */
import { type EntryPoint, type Facts, WITHOUT_CALLER } from "../../src/model/facts.js";
import type { RelatedPlace } from "../../src/model/rule.js";

export type VerbClass = "read" | "write";

const READING = new Set(["GET", "HEAD", "OPTIONS", "QUERY", "SUBSCRIPTION"]);
const WRITING = new Set(["POST", "PUT", "PATCH", "DELETE", "MUTATION", "ACTION"]);

/** By its method; where the method says nothing (`ALL`, messages, tools), by what it does to data. */
export function verbClass(entry: EntryPoint, facts: Facts): VerbClass {
  if (READING.has(entry.method)) return "read";
  if (WRITING.has(entry.method) || entry.transport === "action") return "write";
  const changes = entry.accesses.some((index) => (facts.accesses[index]?.operation ?? "read") !== "read");
  return changes ? "write" : "read";
}

/** A list that puts what it shows in order: what else it does (it signs the addresses of pictures) it does for that. */
export function isKeptList({ keepsInOrder, path }: EntryPoint): boolean {
  return keepsInOrder === true && LISTS.test(path);
}

/** `collections.list`, `/orders/search` */
const LISTS = /(?:^|[./])(?:list|search|query|find|info|get)(?:[A-Z]\w*)?$/;

/**
 * As `verbClass`, with what a POST does rather than its name: where all is POST, lists and searches are reads, also those
 * that put what they show in order.
 */
export function effectiveVerb(entry: EntryPoint, facts: Facts): VerbClass {
  const operations = entry.accesses.map((index) => facts.accesses[index]?.operation ?? "raw");
  const reads = operations.length > 0 && operations.every((operation) => operation === "read");
  const shows = reads || isKeptList(entry);
  return entry.method === "POST" && shows && entry.effects.length === 0 ? "read" : verbClass(entry, facts);
}

/** Queues and schedules have no caller whose identity could be demanded. */
export function hasCaller(entry: EntryPoint): boolean {
  return !WITHOUT_CALLER.has(entry.transport);
}

/** Something rejects anonymous callers, be it only sometimes or only at the edge. */
export function isAuthenticated(entry: EntryPoint): boolean {
  const { authentication, decision } = entry.protection;
  return decision || authentication === "rejects" || authentication === "conditional" || authentication === "edge-only";
}

/** Handlers of the named entry points, as related places. */
export function entryPlaces(entries: readonly EntryPoint[], most = 5): RelatedPlace[] {
  return entries.slice(0, most).map((entry) => ({ place: entry.place, label: `entry point '${entry.key}'` }));
}

/** Entry points by key, in the order of their keys: nothing reported depends on the order of files. */
export function entriesByKey(keys: readonly string[], facts: Facts): EntryPoint[] {
  const wanted = new Set(keys);
  return facts.entries.filter((entry) => wanted.has(entry.key)).sort(byKey);
}

/** Order by key, then file. */
export function byKey(a: EntryPoint, b: EntryPoint): number {
  return compare(a.key, b.key) || compare(a.place.file, b.place.file) || a.place.start - b.place.start;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
