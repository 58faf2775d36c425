/** What functions store to a variable of a function around them: `let client; export function init() { client = … }`. */
import { Op } from "../../model/lowered.js";
import type { FunctionView, ProgramFile } from "../linking/function-view.js";
import { dependsOnCaller } from "./computed-origins.js";
import { type Origin, unknown } from "./origin.js";

/** A variable that is written in more places is one that anything may be in. */
const MOST_STORES = 8;

export interface InnerStore {
  readonly fn: FunctionView;
  /** the value that is stored */
  readonly v: number;
}

const known = new WeakMap<ProgramFile, ReadonlyMap<string, readonly InnerStore[]>>();

/** Stores to a variable from functions inside its own; null when there are too many to tell. */
export function innerStores(owner: FunctionView, slot: number): readonly InnerStore[] | null {
  let stores = known.get(owner.file);
  if (stores === undefined) {
    stores = storesOf(owner.file);
    known.set(owner.file, stores);
  }
  const found = stores.get(`${owner.index}:${slot}`) ?? [];
  return found.length > MOST_STORES ? null : found;
}

function storesOf(file: ProgramFile): ReadonlyMap<string, readonly InnerStore[]> {
  const found = new Map<string, InnerStore[]>();
  for (let index = 1; index < file.functionCount; index += 1) {
    const fn = file.fn(index);
    for (let v = 0; v < fn.valueCount; v += 1) {
      const owner = fn.op(v) === Op.Store && fn.a(v) > 0 ? fn.ancestor(fn.a(v)) : null;
      if (owner === null) continue;
      const key = `${owner.index}:${fn.b(v)}`;
      const stores = found.get(key);
      if (stores === undefined) found.set(key, [{ fn, v: fn.c(v) }]);
      else stores.push({ fn, v: fn.c(v) });
    }
  }
  return found;
}

/** What was stored inside, seen from the function around: what the inner one was handed is out of sight there. */
export function seenFrom(owner: FunctionView, origin: Origin): Origin {
  if (!dependsOnCaller(origin) || isGivenAround(owner, origin)) return origin;
  return unknown("written by an inner function");
}

/** A parameter of a function around, or what calling one gives: `made ??= make(request)`. */
function isGivenAround(owner: FunctionView, origin: Origin): boolean {
  if (origin.kind === "apply") return isGivenAround(owner, origin.callee);
  if (origin.kind !== "parameter") return false;
  for (let fn: FunctionView | null = owner; fn !== null; fn = fn.parent) if (fn === origin.fn) return true;
  return false;
}
