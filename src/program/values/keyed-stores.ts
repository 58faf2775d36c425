/** What is put into an object under a computed key: `models[model.name] = model` in a loop. */
import { parentOf } from "../../base/path.js";
import { Op } from "../../model/lowered.js";
import { fileOfValue, valuesLoaded } from "../linking/folder-modules.js";
import type { FunctionView, ProgramFile } from "../linking/function-view.js";
import { seenFrom } from "./inner-stores.js";
import type { LinkQueries, Origin } from "./origin.js";
import { slotOfMade } from "./writes.js";

export interface KeyedStore {
  /** the function in which it is written, the variable's own or one inside it */
  readonly fn: FunctionView;
  readonly key: number;
  readonly value: number;
}

const MOST_STORES = 4;

const known = new WeakMap<ProgramFile, ReadonlyMap<string, readonly KeyedStore[]>>();

/** What is written to a variable's object by `object[key] = value`, in the order in which it is written down. */
export function storesUnderKeys(owner: FunctionView, slot: number): readonly KeyedStore[] {
  let index = known.get(owner.file);
  if (index === undefined) {
    index = indexOf(owner.file);
    known.set(owner.file, index);
  }
  return index.get(`${owner.index}:${slot}`) ?? [];
}

/** Values that an object literal of a module may hold under the name, when the key that they were put under fits it. */
export function storedUnderKey(
  owner: FunctionView,
  literal: number,
  name: string,
  queries: LinkQueries,
): readonly Origin[] {
  // objects that a request fills stay out: their keys are anything
  if (owner.parent !== null) return [];
  const slot = slotOfMade(owner, literal);
  if (slot === null) return [];
  const stores = storesUnderKeys(owner, slot);
  if (stores.length > MOST_STORES) return [];
  return stores.flatMap((store) => fitting(store, name, queries)).map((origin) => seenFrom(owner, origin));
}

function fitting({ fn, key, value }: KeyedStore, name: string, queries: LinkQueries): readonly Origin[] {
  const values =
    valuesLoaded({ fn, v: value, frame: null }, queries) ?? queries.evaluate({ fn, v: value, frame: null });
  const keys = queries.evaluate({ fn, v: key, frame: null });
  const [only] = keys;
  if (keys.length === 1 && only.kind === "constant") return only.value === name ? values : [];
  const ownName = keyIsNameOf(fn, key, value);
  return values.filter((origin) => {
    const written = ownName ? nameOfValue(origin, queries) : null;
    if (written !== null) return written === name;
    return values.length === 1 || isNamedLike(fileOfValue(origin), name);
  });
}

/** `models[model.name] = model` */
function keyIsNameOf(fn: FunctionView, key: number, value: number): boolean {
  if (fn.op(key) !== Op.Member || fn.memberName(key) !== "name") return false;
  const of = fn.a(key);
  return fn.op(of) === Op.Var && fn.op(value) === Op.Var && fn.a(of) === fn.a(value) && fn.b(of) === fn.b(value);
}

function nameOfValue(origin: Origin, queries: LinkQueries): string | null {
  if (origin.kind === "class") return origin.file.lowered.classes[origin.index].name;
  const names = queries.project(origin, ["name"]);
  const [only] = names;
  return names.length === 1 && only.kind === "constant" && typeof only.value === "string" ? only.value : null;
}

/** `handlers[basename(file, ".js")] = require(file)`: the file's name, or that of the folder whose index it is. */
function isNamedLike(file: ProgramFile | null, name: string): boolean {
  if (file === null) return false;
  const plain = (text: string): string =>
    text
      .slice(text.lastIndexOf("/") + 1)
      .replace(/[^A-Za-z0-9]/g, "")
      .toLowerCase();
  const stem = file.path.replace(/(?:\.d)?\.[cm]?[jt]sx?$/, "");
  const own = stem.endsWith("/index") ? parentOf(stem) : stem;
  return plain(own) === plain(name) || plain(own.replace(/\.\w+$/, "")) === plain(name);
}

function indexOf(file: ProgramFile): ReadonlyMap<string, readonly KeyedStore[]> {
  const found = new Map<string, KeyedStore[]>();
  for (const fn of file.functions()) {
    for (let v = 0; v < fn.valueCount; v += 1) {
      if (fn.op(v) !== Op.SetIndex) continue;
      const object = fn.a(v);
      const owner = fn.op(object) === Op.Var ? fn.ancestor(fn.a(object)) : null;
      if (owner === null) continue;
      const at = `${owner.index}:${fn.b(object)}`;
      const store: KeyedStore = { fn, key: fn.b(v), value: fn.c(v) };
      const stores = found.get(at);
      if (stores === undefined) found.set(at, [store]);
      else stores.push(store);
    }
  }
  return found;
}
