/** Which guard reads which metadata, and metadata that nothing in force reads. */
import { Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { LinkQueries, Site } from "../../program/values/origin.js";
import { type ClassReader, infoOf, instanceOf } from "../classes/classes.js";
import type { ClassRef } from "../classes/values.js";
import type { RawFault, RawStep } from "../routing.js";
import { keyOf, type MetadataItem, readsMetadata } from "./metadata.js";

/** Metadata keys by the guard function that reads them. */
export type MetadataReaders = ReadonlyMap<FunctionView, ReadonlySet<string>>;

/** Calls below `canActivate` that are looked into: its own helpers, and what those call. */
const MAX_DEPTH = 2;
/** Marks that lift a demand: where no guard reads them there is none to lift. */
const LIFTS = /public|anonymous|skip|allow|open|guest|optional|no_?auth|unauthenticated|bypass|exempt/i;

/** All guards of the program with the keys that they read. */
export function readersOf(all: readonly ClassRef[], classes: ClassReader, queries: LinkQueries): MetadataReaders {
  const readers = new Map<FunctionView, ReadonlySet<string>>();
  for (const ref of all) {
    if (!infoOf(ref).members.some((m) => m.name === "canActivate")) continue;
    const method = classes.methodOf(classes.read(ref), "canActivate", instanceOf(ref));
    if (method === null || readers.has(method.fn)) continue;
    const keys = new Set<string>();
    collect(method.fn, keys, new Set(), 0, queries);
    if (keys.size > 0) readers.set(method.fn, keys);
  }
  return readers;
}

function collect(
  fn: FunctionView,
  keys: Set<string>,
  seen: Set<FunctionView>,
  depth: number,
  queries: LinkQueries,
): void {
  if (seen.has(fn)) return;
  seen.add(fn);
  for (const v of fn.calls) {
    if (fn.op(v) !== Op.Call) continue;
    for (const callee of queries.evaluate({ fn, v: fn.callee(v), frame: null })) {
      if (callee.kind === "package" && readsMetadata(callee)) {
        const key = keyAt({ fn, v, frame: null }, queries);
        if (key !== null) keys.add(key);
      } else if (callee.kind === "function" && depth < MAX_DEPTH) collect(callee.fn, keys, seen, depth + 1, queries);
    }
  }
}

function keyAt(call: Site, queries: LinkQueries): string | null {
  const args = call.fn.args(call.v);
  return args.length === 0 ? null : keyOf(queries.evaluate({ ...call, v: args[0] }), queries);
}

/** Metadata of an entry that guards of the project read, though none of those in force for it does. */
export function unreadMetadata(
  items: readonly MetadataItem[],
  steps: readonly RawStep[],
  readers: MetadataReaders,
  handler: string,
): readonly RawFault[] {
  const found: RawFault[] = [];
  for (const item of items) {
    if (LIFTS.test(item.key)) continue;
    const reading = [...readers].filter(([, keys]) => keys.has(item.key));
    if (reading.length === 0) continue;
    const inForce = steps.some((s) => s.origin.kind === "function" && readers.get(s.origin.fn)?.has(item.key));
    if (inForce || steps.some((s) => s.origin.kind === "unknown")) continue;
    const names = reading.map(([fn]) => guardName(fn)).slice(0, 3);
    found.push({
      kind: "metadata-without-guard",
      name: item.key,
      place: item.place,
      note: `${handler} sets '${item.key}', which ${names.join(" or ")} would read; no such guard runs for it`,
    });
  }
  return found;
}

function guardName(fn: FunctionView): string {
  const { file, info } = fn;
  return file.lowered.classes[info.class]?.name ?? "a guard";
}
