/** Values that are written only where a condition holds: what is checked where it holds is checked of them. */
import type { WrittenColumn } from "../../frameworks/data/data-call.js";
import { atomsOf } from "../../program/facts/conditions.js";
import { type Fact, uniqueFacts } from "../../program/facts/facts.js";
import { settledFacts } from "../../program/facts/settled-facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin, Site } from "../../program/values/origin.js";
import { Ledger } from "./ledger.js";
import { valueKey } from "./ledger-values.js";
import type { ReachContext } from "./reach-context.js";
import { shownOnEveryWay } from "./ways-bound.js";

/** `teamId: kind === "team" ? body.teamId : null` behind `if (kind === "team") await check(body.teamId)` */
export function isShownWhereChosen(
  value: Origin,
  { sides = [] }: WrittenColumn,
  at: Site,
  facts: readonly Fact[],
  { analysis, tenancy }: ReachContext,
): boolean {
  const { guarantees, data, queries } = analysis;
  const key = valueKey(value);
  const isShown = (known: readonly Fact[]): boolean =>
    new Ledger(settledFacts(known), data, queries, tenancy).verified(value) !== null;
  const taking = sides.filter(({ values }) => leaves(values).some((o) => valueKey(o) === key));
  return (
    taking.length > 0 &&
    taking.every(({ choice: { site, holds } }) => {
      const chosen = guarantees.reader.read(atomsOf(site.fn, site.v, holds !== false), site.fn, site.frame);
      const known = uniqueFacts([...chosen, ...facts]);
      return isShown(known) || shownOnEveryWay(at, known, analysis, isShown);
    })
  );
}
