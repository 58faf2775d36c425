/** Values that are written only where a condition holds: what is checked where it holds is checked of them. */
import type { WrittenColumn } from "../../frameworks/data/data-call.js";
import { NONE, Op } from "../../model/lowered.js";
import { atomsOf } from "../../program/facts/conditions.js";
import { graphOf } from "../../program/facts/control-flow.js";
import { type Fact, uniqueFacts } from "../../program/facts/facts.js";
import { isContradictory, settledFacts } from "../../program/facts/settled-facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin, Site } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import { Ledger } from "./ledger.js";
import { valueKey } from "./ledger-values.js";
import type { ReachContext } from "./reach-context.js";
import { shownOnEveryWay } from "./ways-bound.js";

const MAX_DEAD = 24;

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
      return (
        isShown(known) ||
        shownOnEveryWay(at, known, analysis, isShown) ||
        (at.fn === site.fn && isShown(uniqueFacts([...known, ...factsWhere(chosen, at, analysis)])))
      );
    })
  );
}

/** What holds at a place for those who know how a condition came out: of the branches before it those that deny it were not taken. */
function factsWhere(chosen: readonly Fact[], at: Site, { guarantees }: Analysis): readonly Fact[] {
  const { fn, frame } = at;
  const dead = new Map<number, 0 | 1>();
  for (const { terminator: row } of graphOf(fn).blocks) {
    if (row === NONE || row > at.v || fn.op(row) !== Op.Branch || dead.size > MAX_DEAD) continue;
    for (const side of [1, 0] as const) {
      const on = guarantees.reader.read(atomsOf(fn, fn.a(row), side === 1), fn, frame);
      if (on.length > 0 && isContradictory([...on, ...chosen])) dead.set(row, side);
    }
  }
  return dead.size === 0 ? [] : guarantees.assumingAll(fn, dead, () => guarantees.factsAt(at));
}
