/** What a class keeps on itself after it was declared: `Database.instance = new Database()`, made when it is first asked for. */
import { Op, SlotKind } from "../../model/lowered.js";
import type { FunctionView, ProgramFile } from "../linking/function-view.js";

export interface StaticWrite {
  readonly fn: FunctionView;
  readonly v: number;
}

const MAX_WRITES = 8;
const indexes = new WeakMap<ProgramFile, ReadonlyMap<string, readonly StaticWrite[]>>();

/** Writes of the class's file to a static member, by the name of the class or, in its static methods, `this`. */
export function staticWrites(file: ProgramFile, className: string, member: string): readonly StaticWrite[] {
  let index = indexes.get(file);
  if (index === undefined) {
    index = buildIndex(file);
    indexes.set(file, index);
  }
  return index.get(`${className}.${member}`) ?? [];
}

function buildIndex(file: ProgramFile): ReadonlyMap<string, readonly StaticWrite[]> {
  const index = new Map<string, StaticWrite[]>();
  if (file.lowered.classes.length === 0) return index;
  const statics = staticMethods(file);
  for (const fn of file.functions()) {
    for (let v = 0; v < fn.valueCount; v += 1) {
      const holder = fn.op(v) === Op.SetMember ? holderOf(fn, fn.a(v), statics) : "";
      if (holder === "") continue;
      const key = `${holder}.${fn.text(fn.b(v))}`;
      const known = index.get(key);
      if (known === undefined) index.set(key, [{ fn, v: fn.c(v) }]);
      else if (known.length < MAX_WRITES) known.push({ fn, v: fn.c(v) });
    }
  }
  return index;
}

/** Static methods, with the name of their class. */
function staticMethods(file: ProgramFile): ReadonlyMap<FunctionView, string> {
  const found = new Map<FunctionView, string>();
  for (const { name, members } of file.lowered.classes)
    for (const member of members) if (member.static && member.fn >= 0) found.set(file.fn(member.fn), name);
  return found;
}

/** Name of the class that is written to, '' for anything else. */
function holderOf(fn: FunctionView, object: number, statics: ReadonlyMap<FunctionView, string>): string {
  if (fn.op(object) === Op.This) return statics.get(fn) ?? "";
  if (fn.op(object) !== Op.Var) return "";
  const slot = fn.ancestor(fn.a(object))?.info.slots[fn.b(object)];
  return slot?.kind === SlotKind.Class ? slot.name : "";
}
