/**
 * `mayEdit(user, card.boardId) || note.authorId === user.id`: whose row it is was asked on one way alone, and the other
 * asked about something else. A check that is told of both says nothing of that row.
 */
import { isPossible } from "../../frameworks/knowledge/auth-level.js";
import type { Fact } from "../../program/facts/facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin } from "../../program/values/origin.js";
import { siteKey } from "../../program/values/origin-keys.js";
import { isIdentity } from "../decisions/decisions.js";
import { valueKey } from "./ledger-values.js";

type Row = Extract<Origin, { kind: "source" }>;

const MAX_DEPTH = 4;

/** Keys of the values by which rows were held against the caller on some way, while another way knows nothing of the row. */
export function ownersOnOneWay(facts: readonly Fact[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const fact of facts) {
    if (fact.kind !== "either") continue;
    const ways = fact.paths.filter(isPossible);
    for (const [at, way] of ways.entries()) {
      const others = ways.filter((_, i) => i !== at);
      for (const owner of ownersIn(way))
        if (others.some((other) => !speaksOf(other, owner, 0))) found.add(valueKey(owner));
    }
  }
  return found;
}

/** Whether a check was told of another row, or of a key of the request, besides. */
export function isToldOfAnother(told: Origin, all: readonly Origin[]): boolean {
  const own = rowOf(told);
  return all.some((one) => {
    if (one.kind !== "source" || isIdentity(one)) return false;
    return one.source === "input" || (one.source === "row" && rowOf(one) !== own);
  });
}

function ownersIn(way: readonly Fact[]): readonly Row[] {
  return way.flatMap((fact) => {
    if (fact.kind !== "equal") return [];
    const sides = [leaves(fact.left), leaves(fact.right)];
    return sides.flatMap((side, i) => (sides[1 - i]?.every(isIdentity) === true ? side.filter(isRow) : []));
  });
}

function speaksOf(way: readonly Fact[], owner: Row, depth: number): boolean {
  const row = rowOf(owner);
  const has = (origins: readonly Origin[]): boolean => leaves(origins).some((one) => isRow(one) && rowOf(one) === row);
  return way.some((fact) => {
    switch (fact.kind) {
      case "present":
      case "absent":
        return has(fact.of);
      case "equal":
      case "unequal":
        return has(fact.left) || has(fact.right);
      case "passed":
        return fact.args.some(has);
      case "either":
        return depth >= MAX_DEPTH || fact.paths.every((path) => speaksOf(path, owner, depth + 1));
      default:
        return false;
    }
  });
}

function isRow(origin: Origin): origin is Row {
  return origin.kind === "source" && origin.source === "row" && origin.site !== null;
}

function rowOf(origin: Origin): string {
  return isRow(origin) && origin.site !== null ? siteKey(origin.site) : "";
}
