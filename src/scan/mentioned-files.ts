/** Which files have places in a piece of facts. Facts never change, so each piece is looked through once. */
import type { Place } from "../model/place.js";

const single = new Map<string, ReadonlySet<string>>();
const known = new WeakMap<object, ReadonlySet<string>>();

/** Paths of all files that a place anywhere in the data lies in. */
export function mentionedFiles(value: object): ReadonlySet<string> {
  const kept = known.get(value);
  if (kept !== undefined) return kept;
  const found = new Set<string>();
  for (const place of placesIn(value)) found.add(place.file);
  const files = found.size === 1 ? alone(found) : found;
  known.set(value, files);
  return files;
}

/** Most pieces have their places in one file: those share a set. */
function alone(found: ReadonlySet<string>): ReadonlySet<string> {
  const [file = ""] = found;
  const same = single.get(file);
  if (same !== undefined) return same;
  single.set(file, found);
  return found;
}

/** Says that a copy has its places in the same files, though maybe elsewhere in them. */
export function mentionsTheSame(copy: object, original: object): void {
  const kept = known.get(original);
  if (kept !== undefined) known.set(copy, kept);
}

export function mentionsAny(value: object, files: Pick<ReadonlyMap<string, unknown>, "has">): boolean {
  for (const file of mentionedFiles(value)) if (files.has(file)) return true;
  return false;
}

/** Looks through all pieces of facts, and through what they list. */
export async function lookThrough(facts: object, pause: () => Promise<void>): Promise<void> {
  for (const pieces of Object.values(facts)) {
    if (!Array.isArray(pieces)) continue;
    for (const piece of listed(pieces)) {
      mentionedFiles(piece);
      for (const part of Object.values(piece))
        if (Array.isArray(part)) for (const one of listed(part)) mentionedFiles(one);
      await pause();
    }
  }
}

function listed(items: readonly unknown[]): readonly object[] {
  return items.filter((item) => typeof item === "object" && item !== null);
}

/** Every place in the data, whatever holds it. */
export function placesIn(value: object): readonly Place[] {
  const found: Place[] = [];
  const met = new Set<object>([value]);
  // grows while it is gone through
  for (const one of met) {
    if (isPlace(one)) {
      found.push(one);
      continue;
    }
    for (const item of itemsOf(one)) if (typeof item === "object" && item !== null) met.add(item);
  }
  return found;
}

function itemsOf(value: object): Iterable<unknown> {
  if (Array.isArray(value) || value instanceof Set) return value;
  return value instanceof Map ? [...value.entries()].flat() : Object.values(value);
}

export function isPlace(value: object): value is Place {
  return (
    "file" in value &&
    "start" in value &&
    "end" in value &&
    typeof value.file === "string" &&
    typeof value.start === "number" &&
    typeof value.end === "number"
  );
}
