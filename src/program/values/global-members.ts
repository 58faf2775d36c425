/** What a file keeps on the global object: `globalThis.client = connect()`, so that one is made however often it is loaded. */
import { NONE, Op } from "../../model/lowered.js";
import type { FunctionView, ProgramFile } from "../linking/function-view.js";
import type { Origin } from "./origin.js";

/** A value that is written to a member of the global object. */
export interface GlobalWrite {
  readonly fn: FunctionView;
  readonly v: number;
}

const indexes = new WeakMap<ProgramFile, ReadonlyMap<string, readonly GlobalWrite[]>>();

export function isGlobalObject(origin: Origin): boolean {
  return origin.kind === "package" && origin.module === "" && /^(?:globalThis|global)$/.test(origin.path);
}

/** Is the value the global of that name, as it is written? */
export function isGlobalName(fn: FunctionView, v: number, name: string): boolean {
  return fn.op(v) === Op.Global && fn.text(fn.a(v)) === name;
}

/** Writes of the file to a member of that name. */
export function globalWrites(file: ProgramFile, name: string): readonly GlobalWrite[] {
  let index = indexes.get(file);
  if (index === undefined) {
    index = buildIndex(file);
    indexes.set(file, index);
  }
  return index.get(name) ?? [];
}

function buildIndex(file: ProgramFile): ReadonlyMap<string, readonly GlobalWrite[]> {
  const index = new Map<string, GlobalWrite[]>();
  for (const fn of file.functions()) {
    for (let v = 0; v < fn.valueCount; v += 1) {
      if (fn.op(v) !== Op.SetMember || !isGlobal(fn, fn.a(v))) continue;
      const name = fn.text(fn.b(v));
      const known = index.get(name);
      if (known === undefined) index.set(name, [{ fn, v: fn.c(v) }]);
      else known.push({ fn, v: fn.c(v) });
    }
  }
  return index;
}

/** `globalThis`, a cast of it, or a variable that was made of one. */
function isGlobal(fn: FunctionView, v: number): boolean {
  let at = v;
  let owner: FunctionView | null = fn;
  for (let i = 0; i < 8 && at !== NONE && owner !== null; i += 1) {
    const op: number = owner.op(at);
    if (op === Op.Cast) at = owner.a(at);
    else if (op === Op.Var) {
      const outer: FunctionView | null = owner.ancestor(owner.a(at)) ?? null;
      const stores: readonly number[] = outer === null ? [] : outer.storesTo(owner.b(at));
      if (stores.length !== 1) return false;
      owner = outer;
      at = stores[0];
    } else return op === Op.Global && /^(?:globalThis|global)$/.test(owner.text(owner.a(at)));
  }
  return false;
}
