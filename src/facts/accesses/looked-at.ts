/** Rows that are looked at for a yes or no and go no further, in whichever function that is asked. */
import type { DataCall } from "../../frameworks/data/data-call.js";
import { chainEnd } from "../../frameworks/data/query-chain.js";
import type { TenancyModel } from "../../model/data-model.js";
import { NONE, Op } from "../../model/lowered.js";
import { isOnlyTested } from "../../program/facts/only-tested.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Site } from "../../program/values/origin.js";

const MAX_HANDED_ON = 4;

/** Only tested, there or where helpers that do nothing else hand it on to; whether somebody is a member lets them in. */
export function isLookedAt({ site, model, layer }: DataCall, { memberships }: TenancyModel): boolean {
  if (memberships.includes(model)) return false;
  return isTestedAt(BUILDERS.has(layer) ? { ...site, v: chainEnd(site.fn, site.v) } : site, 0);
}

/** layers whose calls begin with the call that names the table */
const BUILDERS: ReadonlySet<string> = new Set(["kysely", "knex"]);

function isTestedAt({ fn, v, frame }: Site, depth: number): boolean {
  if (isOnlyTested(fn, v)) return true;
  const caller = frame?.site ?? null;
  return caller !== null && depth < MAX_HANDED_ON && isHandedOn(fn, v) && isTestedAt(caller, depth + 1);
}

/** `return db.link.findUnique(…)` */
function isHandedOn(fn: FunctionView, v: number): boolean {
  return fn.returns.length === 1 && fn.returns.every((row) => fn.a(row) !== NONE && awaited(fn, fn.a(row)) === v);
}

function awaited(fn: FunctionView, value: number): number {
  let v = value;
  while (fn.op(v) === Op.Await || fn.op(v) === Op.Cast) v = fn.a(v);
  return v;
}
