/** What an object of a function holds under names that were only known when it was filled: `params[key] = value`. */
import { NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../linking/function-view.js";
import { type KeyedStore, storesUnderKeys } from "./keyed-stores.js";
import { ANY_KEY } from "./open-keys.js";
import type { LinkQueries, Origin, Site } from "./origin.js";
import { slotOfMade } from "./writes.js";

const MOST_STORES = 4;

/**
 * Values that an object literal may hold under the name, when it was filled under computed keys. What goes through all
 * members of another object and keeps them under their names holds that object's member of the same name.
 */
export function filledUnderKey(made: Site, name: string, queries: LinkQueries): readonly Origin[] {
  const { fn } = made;
  // objects of a module are registries, which are looked up by their own rules
  const slot = fn.parent === null ? null : slotOfMade(fn, made.v);
  const stores = slot === null ? [] : storesUnderKeys(fn, slot);
  if (stores.length === 0 || stores.length > MOST_STORES) return [];
  return stores.flatMap((store) => [
    ...(store.fn === fn ? ownValues(store, made, name, queries) : valuesOfRound(store, made, name, queries)),
  ]);
}

function ownValues({ fn, key, value }: KeyedStore, made: Site, name: string, queries: LinkQueries): readonly Origin[] {
  const keys = queries.evaluate({ fn, v: key, frame: made.frame });
  // of names that are all written down only those are filled in
  if (keys.length > 0 && keys.every((o) => o.kind === "constant") && !isFromPartlyKnown(fn, key, made, queries))
    return keys.some((o) => o.kind === "constant" && String(o.value) === name)
      ? queries.evaluate({ fn, v: value, frame: made.frame })
      : [];
  const copied = copiedFrom(fn, key, value);
  const sources = copied === NONE ? readUnderKey(fn, key, value) : [copied];
  if (sources.length === 0) return queries.evaluate({ fn, v: value, frame: made.frame }).filter(isLookedUp);
  return sources
    .flatMap((v) => [...queries.evaluate({ fn, v, frame: made.frame })])
    .flatMap((o) => [...queries.project(o, [name])]);
}

/** `for (const key of ["mode"].concat(Object.keys(schema)))`: what is written down is not all that is gone through. */
function isFromPartlyKnown(fn: FunctionView, key: number, { frame }: Site, queries: LinkQueries): boolean {
  const stores = ownStores(fn, key);
  return stores.some(
    (stored) =>
      fn.op(stored) === Op.Iterated &&
      queries.evaluate({ fn, v: fn.a(stored), frame }).some((o) => o.kind === "literal" && o.partly === true),
  );
}

/** What is stored in a variable of the function itself. */
function ownStores(fn: FunctionView, v: number): readonly number[] {
  return fn.op(v) === Op.Var && fn.a(v) === 0 ? fn.storesTo(fn.b(v)) : [];
}

/** `values[key] = process.env[constantCase(key)]`: each is the variable that belongs to its name, whichever that is. */
function isLookedUp(origin: Origin): boolean {
  return origin.kind === "package" && origin.path.endsWith(`.${ANY_KEY}`);
}

/** `for (const [key, value] of container)`: what is gone through, when key and value are of one round; NONE else. */
function copiedFrom(fn: FunctionView, key: number, value: number): number {
  const of = roundPart(fn, key, 0);
  const same = roundPart(fn, value, 1);
  return of !== NONE && of === same ? containerOf(fn, of) : NONE;
}

/** The round of which a variable holds the part. */
function roundPart(fn: FunctionView, v: number, part: number): number {
  const stores = ownStores(fn, v);
  const [stored] = stores;
  if (stores.length !== 1 || stored === undefined || fn.op(stored) !== Op.Element || fn.b(stored) !== part) return NONE;
  return fn.a(stored);
}

function containerOf(fn: FunctionView, round: number): number {
  const each = fn.op(round) === Op.Iterated ? fn.a(round) : NONE;
  if (each === NONE || fn.op(each) !== Op.Call) return each;
  const callee = fn.callee(each);
  if (fn.memberName(callee) === "entries") {
    const [given] = fn.args(each);
    // `Object.entries(container)`, `container.entries()`
    return given ?? fn.a(callee);
  }
  return each;
}

/**
 * Objects of which the value is what stands there under the same key: `query[key] = params.getAll(key)[0] ?? ""` of
 * `for (const key of params.keys())`.
 */
function readUnderKey(fn: FunctionView, key: number, value: number, depth = 0): readonly number[] {
  if (fn.op(key) !== Op.Var || fn.a(key) !== 0 || value === NONE || depth > MAX_READ) return [];
  const isKey = (v: number | undefined): boolean =>
    v !== undefined && fn.op(v) === Op.Var && fn.a(v) === 0 && fn.b(v) === fn.b(key);
  const within = (...parts: readonly number[]): readonly number[] =>
    parts.flatMap((v) => [...readUnderKey(fn, key, v, depth + 1)]);
  switch (fn.op(value)) {
    case Op.Var: {
      const stores = ownStores(fn, value);
      return stores.length === 1 ? within(...stores) : [];
    }
    case Op.Await:
    case Op.Cast:
    case Op.Default:
    case Op.Element:
      return within(fn.a(value));
    case Op.Logic:
    case Op.Cond:
      return within(fn.b(value), fn.c(value));
    case Op.Index:
      return isKey(fn.b(value)) ? [fn.a(value)] : within(fn.a(value));
    case Op.Call: {
      const callee = fn.callee(value);
      return READS.test(fn.memberName(callee)) && isKey(fn.args(value)[0]) ? [fn.a(callee)] : [];
    }
    default:
      return [];
  }
}

const READS = /^get(?:All)?$/;
const MAX_READ = 8;

/** `container.forEach((value, key) => { object[key] = value; })` */
function valuesOfRound(
  { fn, key, value }: KeyedStore,
  { fn: owner, frame }: Site,
  name: string,
  queries: LinkQueries,
): readonly Origin[] {
  if (parameterAt(fn, value) !== 0 || parameterAt(fn, key) !== 1) return [];
  for (const call of owner.calls) {
    const callee = owner.op(call) === Op.Call ? owner.callee(call) : NONE;
    if (callee === NONE || owner.memberName(callee) !== "forEach") continue;
    const [callback] = owner.args(call);
    if (callback === undefined || owner.op(callback) !== Op.Closure || owner.file.fn(owner.a(callback)) !== fn)
      continue;
    return queries
      .evaluate({ fn: owner, v: owner.a(callee), frame })
      .flatMap((container) => [...queries.project(container, [name])]);
  }
  return [];
}

/** Which parameter of its function a variable is, -1 for none. */
function parameterAt(fn: FunctionView, v: number): number {
  const stores = ownStores(fn, v);
  const [stored] = stores;
  return stores.length === 1 && stored !== undefined && fn.op(stored) === Op.Param ? fn.a(stored) : -1;
}
