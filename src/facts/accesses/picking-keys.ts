/**
 * Rows of which nothing but keys go on, to pick among rows that are the caller's anyway: `const ids = (await
 * groupsOf(userId)).map((group) => group.id)`, then `where: { orgId: user.orgId, id: { in: ids } }`.
 */
import type { DataCall, FilterTerm } from "../../frameworks/data/data-call.js";
import type { TenancyModel } from "../../model/data-model.js";
import { settledFacts } from "../../program/facts/settled-facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin, Site } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import type { ReachedCall } from "../entries/entries.js";
import { levelsOf } from "../guards/conditional-checks.js";
import { Ledger } from "./ledger.js";
import { Travelled } from "./travelling-keys.js";

const MAX_ROWS = 4000;

/** @param reached what the same entry reaches */
export function onlyPicksOwn(
  { site }: DataCall,
  reached: readonly ReachedCall[],
  tenancy: TenancyModel,
  { data, queries }: Analysis,
): boolean {
  const { fn, v } = site;
  if (fn.valueCount > MAX_ROWS) return false;
  const travels = new Travelled(fn, v, true, "lists").run();
  // of a single row that was asked for, what hangs on it says something of that row
  if (travels === null || travels.returned || !travels.mapped || travels.calls.size === 0) return false;
  return [...travels.calls].every((told) => {
    const picked = reached.filter(({ call }) => isPickedIn(call, { ...site, v: told }, site));
    return (
      picked.length > 0 &&
      picked.every(({ call, facts }) => {
        const ledger = new Ledger(settledFacts(facts), data, queries, tenancy);
        const isOwn = (term: FilterTerm): boolean => isTied(term, site, ledger);
        const { alternatives } = call.filter;
        return call.operation === "read" && alternatives.length > 0 && alternatives.every((terms) => terms.some(isOwn));
      })
    );
  });
}

/** The call itself, or one that it leads to, which the keys come to. */
function isPickedIn(call: DataCall, told: Site, rows: Site): boolean {
  if (isAt(call.site, told)) return true;
  const below = levelsOf(call.site).some((level) => isAt(level, told));
  return below && call.filter.alternatives.flat().some(({ values }) => leaves(values).some((o) => isOf(o, rows)));
}

function isTied({ position, values }: FilterTerm, rows: Site, ledger: Ledger): boolean {
  const given = leaves(values);
  return position === "and" && given.length > 0 && given.every((o) => ledger.verified(o) !== null && !isOf(o, rows));
}

function isOf(origin: Origin, rows: Site): boolean {
  return origin.kind === "source" && origin.source === "row" && origin.site !== null && isAt(origin.site, rows);
}

function isAt(one: Site, other: Site): boolean {
  return one.fn === other.fn && one.v === other.v;
}
