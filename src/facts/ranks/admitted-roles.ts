/** Which roles let a caller get to a place: what the decisions on the way demand, in words. */

import { lowestRank, rankOf } from "../../base/role-ranks.js";
import type { DataRecogniser } from "../../frameworks/data/recogniser.js";
import { isPossible } from "../../frameworks/knowledge/auth-level.js";
import type { Fact } from "../../program/facts/facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";
import { possibleAlternatives } from "../accesses/possible-choices.js";
import { decisionsIn, isIdentity } from "../decisions/decisions.js";
import { isForAll } from "../decisions/for-all.js";
import { sidesOf } from "./compared-sides.js";
import { type Asked, isOwnRole } from "./own-roles.js";
import { rolesByTable } from "./role-tables.js";
import { lastName, ROLE_NAME, wordsIn } from "./role-values.js";

const MAX_DEPTH = 4;

/** Roles of which each is enough; empty when no decision names one. Of several decisions the one that demands most counts. */
export function admittedRoles(facts: readonly Fact[], data: DataRecogniser, queries: LinkQueries): readonly string[] {
  return strictest(facts.map((fact) => admittedBy(fact, { data, queries }, 0)));
}

/** A role or permission of the caller was held against something: `member.permissions.includes("roles:create")`. */
export function asksForOwnRole(fact: Fact, asked: Asked, depth = 0): boolean {
  const own = (origins: readonly Origin[]): boolean => leaves(origins).some((origin) => isOwnRole(origin, asked));
  switch (fact.kind) {
    case "equal":
      return own(fact.left) || own(fact.right);
    case "present":
      return fact.of.length > 0 && fact.of.every((origin) => origin.kind === "derived" && own([origin]));
    case "passed":
      return fact.level !== "look-up" && fact.args.some(own);
    case "either": {
      const ways = depth > MAX_DEPTH ? [] : fact.paths.filter(isPossible);
      return ways.length > 0 && ways.every((path) => path.some((one) => asksForOwnRole(one, asked, depth + 1)));
    }
    default:
      return false;
  }
}

function strictest(all: readonly (readonly string[])[]): readonly string[] {
  let found: readonly string[] = [];
  for (const roles of all) {
    const rank = lowestRank(roles);
    if (rank === null) continue;
    const known = lowestRank(found);
    if (known === null || rank > known || (rank === known && roles.length < found.length)) found = roles;
  }
  return found;
}

function admittedBy(fact: Fact, asked: Asked, depth: number): readonly string[] {
  if (depth > MAX_DEPTH) return [];
  switch (fact.kind) {
    case "equal":
      return comparedRoles(fact.left, fact.right, asked) ?? comparedRoles(fact.right, fact.left, asked) ?? [];
    case "present":
      return fact.of.length === 1 ? presentRoles(fact.of[0], asked) : [];
    case "passed":
      return passedRoles(fact, asked);
    case "either":
      return eitherRoles(fact.paths, asked, depth);
    default:
      return [];
  }
}

/** names of checks that are told which role they are to ask for */
const ASKS_FOR_ROLE = /role|rank|level|admin|owner|manager|member/i;

function passedRoles(fact: Extract<Fact, { kind: "passed" }>, asked: Asked): readonly string[] {
  const { data, queries } = asked;
  if (fact.level !== "check" && fact.level !== "decision") return [];
  const listed = rolesByTable(fact, queries);
  if (listed.length > 0) return listed;
  const named = ASKS_FOR_ROLE.test(fact.name) || leaves(fact.args.flat()).some((origin) => isOwnRole(origin, asked));
  if (!named || decisionsIn([fact], data, queries).length === 0) return [];
  const words = wordsIn(
    fact.args.flatMap((arg) => demandedBy(arg, queries)),
    queries,
  );
  // `authorize("read", "user")` is told more than roles
  return words.every((word) => rankOf(word) !== null) ? words : [];
}

/** What a check is told to ask for: by itself, in a list, or by a name in an object that says so. */
function demandedBy(arg: readonly Origin[], queries: LinkQueries): readonly Origin[] {
  return arg.flatMap((origin) => {
    if (origin.kind !== "literal" || origin.form !== "object") return [origin];
    const { fn, v, frame } = origin.site;
    const demanded = [...fn.props(v)].filter(({ name }) => /(?:^|required|min(?:imum)?|allowed)_?roles?$/i.test(name));
    return demanded.flatMap((prop) => [...queries.evaluate({ fn, v: prop.value, frame })]);
  });
}

/** Every way has to name roles; those of administrators of everything are above all that a role could say. */
function eitherRoles(paths: readonly (readonly Fact[])[], asked: Asked, depth: number): readonly string[] {
  const { data, queries } = asked;
  const ways = paths
    .filter(isPossible)
    .filter((path) => !decisionsIn(path, data, queries).some((decision) => isForAll(decision, null)));
  const each = ways.map((path) => strictest(path.map((fact) => admittedBy(fact, asked, depth + 1))));
  return each.length > 0 && each.every((roles) => roles.length > 0) ? [...new Set(each.flat())] : [];
}

/** `member.role === "admin"` */
function comparedRoles(side: readonly Origin[], other: readonly Origin[], asked: Asked): readonly string[] | null {
  if (!leaves(side).some((origin) => isOwnRole(origin, asked))) return null;
  return knownRoles(wordsIn(other, asked.queries));
}

/** `["admin", "owner"].includes(member.role)`, or a row that was looked for by the role of who calls. */
function presentRoles(origin: Origin, asked: Asked): readonly string[] {
  if (origin.kind === "derived") {
    if (!/^(?:includes|some|has|===?)$/.test(origin.how)) return [];
    const isOwn = (side: readonly Origin[]): boolean => leaves(side).some((one) => isOwnRole(one, asked));
    const each = origin.how === "some" ? origin.of.flatMap((test) => [...rolesOfTest(test, asked)]) : [];
    if (each.length > 0) return each;
    // the caller's own role may go by the words of a table, which say nothing of those that are asked for
    const { site } = origin;
    const sides =
      site === null ? [] : sidesOf(site.fn, site.v).map((side) => asked.queries.evaluate({ ...site, v: side }));
    const others = sides.some(isOwn) ? sides.filter((side) => !isOwn(side)) : [];
    if (others.length > 0) return knownRoles(wordsIn(others.flat(), asked.queries));
    return isOwn(origin.of) ? knownRoles(wordsIn(origin.of, asked.queries)) : [];
  }
  if (origin.kind !== "source" || origin.source !== "row" || origin.site === null || origin.path !== "") return [];
  const { data, queries } = asked;
  const call = data.loading(origin.site, queries);
  const found = possibleAlternatives(call?.filter.alternatives ?? [], data).flatMap((terms) => {
    if (!terms.some((term) => leaves(term.values).some(isIdentity))) return [];
    const roles = terms.filter(({ position, column }) => position === "and" && ROLE_NAME.test(lastName(column)));
    return roles.flatMap((term) => [...wordsIn(term.values, queries)]);
  });
  return knownRoles([...new Set(found)]);
}

/** `user.roles.some((role) => allowed.includes(role))`: the list that a guard was made with. */
function rolesOfTest(test: Origin, asked: Asked): readonly string[] {
  if (test.kind !== "derived" || !/^(?:includes|has|===?)$/.test(test.how)) return [];
  const others = test.of.filter((one) => !leaves([one]).some((leaf) => isOwnRole(leaf, asked)));
  return others.length === test.of.length ? [] : knownRoles(wordsIn(others, asked.queries));
}

function knownRoles(words: readonly string[]): readonly string[] {
  return words.filter((word) => rankOf(word) !== null);
}
