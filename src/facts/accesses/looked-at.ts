/** Rows that are looked at for a yes or no and go no further, in whichever function that is asked. */
import type { DataCall } from "../../frameworks/data/data-call.js";
import { chainEnd } from "../../frameworks/data/query-chain.js";
import type { TenancyModel } from "../../model/data-model.js";
import { isOnlyTested, isTestedOrGivenBack } from "../../program/facts/only-tested.js";
import type { Site } from "../../program/values/origin.js";

const MAX_HANDED_ON = 4;

/** Only tested, there or where helpers that do nothing else hand it on to; whether somebody is a member lets them in. */
export function isLookedAt({ site, model, layer, method }: DataCall, { memberships }: TenancyModel): boolean {
  if (memberships.includes(model)) return false;
  const at = BUILDERS.has(layer) ? { ...site, v: chainEnd(site.fn, site.v) } : site;
  // how many there are is an answer of its own, whoever tests it
  return COUNTS.test(method) ? isOnlyTested(at.fn, at.v) : isTestedAt(at, 0);
}

const COUNTS = /^(?:get)?(?:estimated)?(?:document)?count/i;

/** layers whose calls begin with the call that names the table */
const BUILDERS: ReadonlySet<string> = new Set(["kysely", "knex"]);

function isTestedAt({ fn, v, frame }: Site, depth: number): boolean {
  if (isOnlyTested(fn, v)) return true;
  const caller = frame?.site ?? null;
  return caller !== null && depth < MAX_HANDED_ON && isTestedOrGivenBack(fn, v) && isTestedAt(caller, depth + 1);
}
