/** What an object was filled with after it was made: `copy[key] = value` of each header, `list.set("cookie", cookie)`. */
import { Op } from "../../model/lowered.js";
import { storesUnderKeys } from "../../program/values/keyed-stores.js";
import type { Origin, OriginQueries, Site } from "../../program/values/origin.js";
import { slotOfMade } from "../../program/values/writes.js";

const FILLS = new Set(["set", "append"]);
const ROUNDS = new Set(["forEach", "map"]);
const MOST = 8;

/**
 * Values put into the object that was made there. Of what a closure puts in, round by round, it is what the rounds go
 * over: `headers.forEach((value, key) => { copy[key] = value; })` puts in `headers`.
 */
export function filledWith(made: Site, queries: OriginQueries): readonly Origin[] {
  const { fn, frame } = made;
  const slot = slotOfMade(fn, made.v);
  if (slot === null) return [];
  const stores = storesUnderKeys(fn, slot).slice(0, MOST);
  const own = stores.filter((store) => store.fn === fn).map((store) => store.value);
  const inner = new Set(stores.filter((store) => store.fn.parent === fn).map((store) => store.fn.index));
  const calls = Array.from(fn.calls).filter((call) => fn.op(call) === Op.Call && fn.op(fn.callee(call)) === Op.Member);
  const set = calls
    .filter((call) => FILLS.has(fn.memberName(fn.callee(call))) && isVariable(made, fn.a(fn.callee(call)), slot))
    .flatMap((call) => Array.from(fn.args(call).slice(1, 2)));
  const rounds = calls
    .filter((call) => ROUNDS.has(fn.memberName(fn.callee(call))) && goesInto(made, fn.args(call)[0], inner))
    .map((call) => fn.a(fn.callee(call)));
  return [...own, ...set, ...rounds].slice(0, MOST).flatMap((v) => [...queries.evaluate({ fn, v, frame })]);
}

function isVariable({ fn }: Site, receiver: number, slot: number): boolean {
  return fn.op(receiver) === Op.Var && fn.a(receiver) === 0 && fn.b(receiver) === slot;
}

function goesInto({ fn }: Site, callback: number | undefined, inner: ReadonlySet<number>): boolean {
  return callback !== undefined && fn.op(callback) === Op.Closure && inner.has(fn.file.fn(fn.a(callback)).index);
}
