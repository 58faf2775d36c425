/** What a map gives that was made of pairs: `new Map(rows.map((row) => [row.id, row])).get(id)` is one of the rows. */
import { Op } from "../../model/lowered.js";
import type { LinkQueries, Origin, Site } from "./origin.js";
import { distinct } from "./origin-keys.js";

const KEY_AND_VALUE = 2;

/** The rows that the pairs hold, null where it was made of something else, or something is put into it later. */
export function valuesOfPairs(of: readonly Origin[], get: Site, queries: LinkQueries): readonly Origin[] | null {
  if (of.length === 0 || isSetLater(get)) return null;
  const values: Origin[] = [];
  for (const origin of of) {
    const pairs = pairsOf(origin, queries);
    if (pairs === null) return null;
    for (const pair of pairs) values.push(...queries.project(pair, ["1"]));
  }
  return values.length > 0 && values.every(isRow) ? distinct(values) : null;
}

/** Of what is written in the code it matters whether there is something under a key. */
function isRow(origin: Origin): boolean {
  return origin.kind === "source" && origin.source === "row";
}

/** A list that a callback made stands for its elements, so that a pair may be one of many or written out in a list. */
function pairsOf(origin: Origin, queries: LinkQueries): readonly Origin[] | null {
  if (origin.kind !== "literal" || origin.form !== "array") return null;
  const { fn, v } = origin.site;
  if (fn.op(v) !== Op.Array) return null;
  const items = Array.from(fn.list(fn.a(v)));
  if (items.length > 0 && items.every((item) => fn.op(item) === Op.Array)) return queries.project(origin, ["[]"]);
  return items.length === KEY_AND_VALUE && items.every((item) => fn.op(item) !== Op.Spread) ? [origin] : null;
}

/** `byId.set(key, other)` anywhere in the file, of a variable of that place. */
function isSetLater({ fn, v }: Site): boolean {
  const map = fn.a(fn.callee(v));
  if (fn.op(map) !== Op.Var) return true;
  const owner = fn.ancestor(fn.a(map));
  for (const other of fn.file.functions()) {
    for (const call of other.calls) {
      if (other.op(call) !== Op.Call || other.memberName(other.callee(call)) !== "set") continue;
      const set = other.a(other.callee(call));
      if (other.op(set) === Op.Var && other.b(set) === fn.b(map) && other.ancestor(other.a(set)) === owner) return true;
    }
  }
  return false;
}
