/** Which facts amount to a decision: something about the caller was held against what is being asked for. */
import type { FilterTerm } from "../../frameworks/data/data-call.js";
import type { DataRecogniser } from "../../frameworks/data/recogniser.js";
import { isEnvironment, isPossible, levelOfOrigins } from "../../frameworks/knowledge/auth-level.js";
import type { Privilege } from "../../model/facts.js";
import type { Fact } from "../../program/facts/facts.js";
import { resolvents } from "../../program/facts/settled-facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import { Memo } from "../../program/values/framed-memo.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";
import { partsOfText } from "../../program/values/text-parts.js";
import { isIncludedByCaller, isLoadedInRole } from "../accesses/included-rows.js";
import { possibleAlternatives } from "../accesses/possible-choices.js";
import { isNamedByConfiguration, isNamedInCode, isOnConfiguredList } from "./configured-people.js";
import { isOperatorsChoice } from "./kept-settings.js";
import { ABLE, demandsOfCaller, holdsPermissions, isAskedOfRights } from "./permissions-held.js";
import { isAnsweredAbout, isScopedAnswer } from "./scoped-answers.js";
import { isMemberOfService } from "./service-members.js";
import { administratorRole } from "./user-roles.js";

const PAID_FOR = /plan|tier|entitlement/i;
const PRIVILEGE = /role|permission|admin|scope|abilit|privilege|grant|owner|staff|super_?user|plan|tier|entitlement/i;

function namesPrivilege(path: string): boolean {
  return PRIVILEGE.test(path) || ABLE.test(path);
}
/** a flag on the user itself, valid everywhere: not a role in some tenant */
const INSTANCE_FLAG =
  /(?:^|\.)(?:is_?(?:super_?)?(?:admin|user|staff|root)|super_?admin|instance_?admin|site_?admin)$|^admin$|(?:^|\.)user\.admin$/i;

/** Names of checks that hold somebody against something. */
const DECIDING = /access|permission|permitted|role|allow|authori[sz]|owner|member|polic|abilit/i;
/** `canEdit`, and no `cancelOrder` */
const CAN = /(?:^|_|\b)[cC]an(?:[A-Z_]|$)/;

function isDeciding(name: string): boolean {
  return DECIDING.test(name) || CAN.test(name);
}

export interface Decision {
  readonly fact: Fact;
  readonly named: boolean;
  /** it demands a privilege on the user itself */
  readonly instanceWide: boolean;
  /** it demands a role or permission of the caller, whatever row is asked for; not what somebody pays for */
  readonly privilege: boolean;
  /** column of a role on the user itself that was held against one of administrators, '' otherwise */
  readonly role: string;
  /** of several ways, each asks for more than whose row it is */
  readonly more?: boolean;
}

/** It asks for more than whether the row is the caller's: a privilege, or what a function that is named for it decides. */
export function asksForMore({ fact, privilege, named, more }: Decision): boolean {
  if (privilege || more === true) return true;
  // what is known of the caller by its name alone is no less the caller's
  if (fact.kind === "equal" || fact.kind === "unequal") return false;
  if (named) return true;
  if (fact.kind !== "passed" || fact.name.startsWith("comparison")) return false;
  // what a look-up of the project ensures stands beside it as a fact of its own
  return fact.check === undefined || isDeciding(fact.name);
}

/** Whether one of them demands a role or permission of the caller, as what is told of an entry point and of its steps. */
export function privilegeOf(decisions: readonly Decision[]): { readonly privilege?: Privilege } {
  const asking = decisions.filter(({ privilege }) => privilege);
  if (asking.length === 0) return {};
  return { privilege: asking.every(({ named }) => named) ? "named" : "asked" };
}

/** The decisions among facts. */
export function decisionsIn(facts: readonly Fact[], data: DataRecogniser, queries: LinkQueries): readonly Decision[] {
  let known = decisions.get(data);
  if (known === undefined) {
    known = new Memo();
    decisions.set(data, known);
  }
  const found: Decision[] = [];
  const resolved = resolvents(facts);
  for (const fact of resolved.length === 0 ? facts : [...facts, ...resolved]) {
    const decision = known.get(fact, () => decisionOf(fact, data, queries));
    if (decision !== null) found.push(decision);
  }
  return found;
}

/** What single facts decide, by the data layers that were asked. */
const decisions = new WeakMap<DataRecogniser, Memo<Fact, Decision | null>>();

function decisionOf(fact: Fact, data: DataRecogniser, queries: LinkQueries): Decision | null {
  switch (fact.kind) {
    case "passed":
      return passedDecision(fact, data, queries);
    case "equal":
    case "unequal":
      return comparedDecision(fact, data, queries);
    case "present":
      return fact.changed === true ? null : presentDecision(fact, data, queries);
    case "either":
      return eitherDecision(fact, data, queries);
    default:
      return null;
  }
}

function eitherDecision(
  fact: Extract<Fact, { kind: "either" }>,
  data: DataRecogniser,
  queries: LinkQueries,
): Decision | null {
  const { asking, switched } = waysAsked(fact, data, queries);
  const ways = asking.map((path) => decisionsIn(path, data, queries));
  const each = ways.map(([first]) => first);
  if (each.length === 0 || !each.every((one) => one !== undefined)) return null;
  if (switched && !each.every((one) => one?.instanceWide)) return null;
  return {
    fact,
    named: each.some((one) => one?.named),
    instanceWide: each.every((one) => one?.instanceWide),
    privilege: each.every((one) => one?.privilege),
    role: each.every((one) => one?.role !== "") ? (each[0]?.role ?? "") : "",
    more: ways.every((way) => way.some(asksForMore)),
  };
}

/**
 * Of several ways those that no setting of the service opens: `if (HOSTED && email !== ADMIN) throw` leaves it to whoever
 * runs a service for themselves alone to open it to all who sign in.
 */
export function waysAsked(
  { paths }: Extract<Fact, { kind: "either" }>,
  data: DataRecogniser,
  queries: LinkQueries,
): { readonly asking: readonly (readonly Fact[])[]; readonly switched: boolean } {
  const possible = paths.filter(isPossible);
  const asking = possible.filter((path) => !isOperatorsChoice(path, data, queries));
  return { asking, switched: asking.length < possible.length };
}

function passedDecision(
  fact: Extract<Fact, { kind: "passed" }>,
  data: DataRecogniser,
  queries: LinkQueries,
): Decision | null {
  const all = fact.args.flatMap((arg) => leavesDeep(arg));
  if (leavesDeep(fact.asked ?? []).some((o) => isAnsweredAbout(o, queries)))
    return { fact, named: true, instanceWide: OVER_ALL.test(fact.name), privilege: true, role: "" };
  const held = leavesDeep(fact.held ?? []).some(isIdentity);
  const own = all.filter((o) => isOwnRow(o, data, queries));
  const identity =
    held || all.some(isIdentity) || own.length > 0 || (isDeciding(fact.name) && brings(fact, data, queries));
  const instanceWide = all.some((o) => o.kind === "source" && INSTANCE_FLAG.test(o.path));
  const privilege =
    all.some((o) => isIdentity(o) && demandsPrivilege(o)) ||
    demandsOfCaller(fact, (o) => isIdentity(o) || own.includes(o), queries);
  if (fact.level === "decision") return { fact, named: fact.named, instanceWide, privilege: true, role: "" };
  // `token.expiresAt > Date.now()` asks whether it still holds, and nothing of what it may be used for
  if (fact.level !== "check" || (fact.name.startsWith("comparison") && all.some(isClock))) return null;
  // `hasAccess(user.role, "invoices", "delete")`, with the user's row found by who calls
  const named = namedArguments(fact.args, queries);
  if ([...all, ...named].some((o) => isOwnPrivilege(o, data, queries)))
    return { fact, named: false, instanceWide, privilege: true, role: "" };
  // an object may carry anything: only a check that by its name decides is believed to have looked at the caller in it
  if (isDeciding(fact.name) && named.some(isIdentity) && named.some((o) => !isIdentity(o) && speaksOfTarget(o)))
    return { fact, named: false, instanceWide, privilege: named.some(isPrivilege), role: "" };
  if (holdsPermissions(fact) || isAskedOfRights(fact))
    return { fact, named: true, instanceWide, privilege: true, role: "" };
  if (!identity) return null;
  const other = all.some((o) => !isIdentity(o) && speaksOfTarget(o) && !own.includes(o));
  // `canCreateTeam(caller)`: only the caller is handed over
  if (!other && ABLE.test(fact.name)) return { fact, named: true, instanceWide, privilege: true, role: "" };
  return other || all.some((o) => isIdentity(o) && o.kind === "source" && namesPrivilege(o.path))
    ? { fact, named: false, instanceWide, privilege, role: "" }
    : null;
}

/** checks that are told what to look for */
const TOLD_WHAT = /(?:^|\.)(?:has|have|check|require|verify|can)\w*(?:permission|role|scope|privilege|abilit)/i;

function isPrivilege(origin: Origin): boolean {
  return isIdentity(origin) && origin.kind === "source" && namesPrivilege(origin.path);
}

/** `check({ role: member.role, wanted: ["owner"] })`: what an object hands over by name. */
function namedArguments(args: Extract<Fact, { kind: "passed" }>["args"], queries: LinkQueries): readonly Origin[] {
  return args.flat().flatMap((arg) => {
    if (arg.kind !== "literal" || arg.form !== "object") return [];
    const { fn, v, frame } = arg.site;
    return [...fn.props(v)].flatMap((prop) =>
      prop.name === "" ? [] : [...leavesDeep(queries.evaluate({ fn, v: prop.value, frame }))],
    );
  });
}

/** `canUpdate({ user, session }, id)`: the caller among what is handed over as one object. */
function brings(fact: Extract<Fact, { kind: "passed" }>, data: DataRecogniser, queries: LinkQueries): boolean {
  return fact.args.flat().some((o) => bringsCaller(o, data, queries, 0));
}

function bringsCaller(origin: Origin, data: DataRecogniser, queries: LinkQueries, depth: number): boolean {
  if (origin.kind !== "literal" || origin.form !== "object" || depth > 1) return false;
  const { fn, v, frame } = origin.site;
  return Array.from(fn.props(v)).some((prop) =>
    leavesDeep(queries.evaluate({ fn, v: prop.value, frame })).some(
      (o) => isIdentity(o) || isOwnRow(o, data, queries) || bringsCaller(o, data, queries, depth + 1),
    ),
  );
}

function comparedDecision(
  fact: Extract<Fact, { kind: "equal" | "unequal" }>,
  data: DataRecogniser,
  queries: LinkQueries,
): Decision | null {
  // `typeof userId === "string"` asks whether there is one
  if ([...fact.left, ...fact.right].some((o) => o.kind === "derived" && o.how === "typeof")) return null;
  const left = leavesDeep(fact.left);
  const right = leavesDeep(fact.right);
  if (
    fact.kind === "equal" &&
    (isTextOfCaller(fact.left, fact.right, queries) || isTextOfCaller(fact.right, fact.left, queries))
  )
    return { fact, ...plain };
  for (const [a, b] of [
    [left, right],
    [right, left],
  ] as const) {
    if (
      fact.kind === "equal" &&
      a.some((o) => isOwnPrivilege(o, data, queries)) &&
      b.some((o) => o.kind === "constant" || isMember(o))
    ) {
      const role = a.map((o) => (isOwnRow(o, data, queries) ? administratorRole(o, b) : "")).find((one) => one !== "");
      const instanceWide = a.some((o) => isMemberOfService(o, data, queries));
      return { fact, named: false, instanceWide, privilege: true, role: role ?? "" };
    }
    const identity = a.find((o) => isIdentity(o) || isOwnRow(o, data, queries));
    if (identity === undefined || identity.kind !== "source") continue;
    if (fact.kind === "equal" && (isNamedByConfiguration(identity.path, b) || isNamedInCode(identity.path, b)))
      return { fact, named: identity.named, instanceWide: true, privilege: true, role: "" };
    const target = b.some((o) => speaksOfTarget(o) && !isIdentity(o));
    // `role !== "x"` rules one role out and lets all others in: only roles that are demanded decide
    if (fact.kind === "unequal" && !namesPrivilege(identity.path)) continue;
    if (!target) continue;
    const { named, path } = identity;
    const role = fact.kind === "equal" ? administratorRole(identity, b) : "";
    return { fact, named, instanceWide: INSTANCE_FLAG.test(path), privilege: demandsPrivilege(identity), role };
  }
  return null;
}

/** `params.id === `default-${user.orgId}``: the only key that fits is one that is made of who calls. */
function isTextOfCaller(named: readonly Origin[], text: readonly Origin[], queries: LinkQueries): boolean {
  const [only, ...others] = text;
  if (only?.kind !== "literal" || only.form !== "template" || others.length > 0) return false;
  const parts = partsOfText(only.site, queries).filter((o) => o.kind !== "constant");
  return (
    parts.some(isIdentity) &&
    parts.every((o) => o.kind === "source" && (o.source === "identity" || o.source === "row")) &&
    leavesDeep(named).some((o) => o.kind === "source" && o.source === "input")
  );
}

/** `ability.canSuper()`, `access.isSuperAdmin()`: asked of somebody, whatever row it is about */
const OVER_ALL = /super|root|(?:instance|site|global|platform|system)_?admin/i;

/** `MemberRole.OWNER` of an enumeration that a package generated. */
function isMember(origin: Origin): boolean {
  return origin.kind === "package" && origin.site === null && /^\w+\.\w+$/.test(origin.path);
}

/** `member.role` of a row that was found by the caller. */
function isOwnPrivilege(origin: Origin, data: DataRecogniser, queries: LinkQueries): boolean {
  return (
    origin.kind === "source" &&
    origin.source === "row" &&
    namesPrivilege(origin.path) &&
    (data.keyedByCaller(origin, queries) || isIncludedByCaller(origin, queries))
  );
}

const plain = { named: false, instanceWide: false, privilege: false, role: "" } as const;

function demandsPrivilege(origin: Origin): boolean {
  return origin.kind === "source" && namesPrivilege(origin.path) && !PAID_FOR.test(origin.path);
}

function presentDecision(
  fact: Extract<Fact, { kind: "present" }>,
  data: DataRecogniser,
  queries: LinkQueries,
): Decision | null {
  const found = fact.of.flatMap((o) => leavesDeep([o]));
  if (found.some((o) => isScopedAnswer(o, queries))) return { fact, ...plain, named: true };
  // `demanded ? user.scopes.includes(demanded) : true`: it may have been let through without being looked at
  if (fact.of.some((o) => o.kind === "constant" && o.value === true)) return null;
  const privilege = found.find(
    (o) => o.kind === "source" && namesPrivilege(o.path) && (isIdentity(o) || isOwnRow(o, data, queries)),
  );
  // `user.hasPermission(wanted ?? 0)` where nothing is wanted: what is missing is not among the origins
  if (privilege?.kind === "source" && found.length === 1 && TOLD_WHAT.test(privilege.path)) return null;
  // `user.isAdminOf(account)`: what the caller's own object was asked about is what it answered about
  const askedAbout = fact.of.some((o) => o.kind === "derived" && o.how === "call");
  if (privilege?.kind === "source" && askedAbout && found.some((o) => o.kind !== "constant" && speaksOfTarget(o)))
    return { fact, ...plain, named: privilege.named };
  if (privilege?.kind === "source") {
    const instanceWide = INSTANCE_FLAG.test(privilege.path) || isMemberOfService(privilege, data, queries);
    const role = administratorRole(privilege, found);
    return { fact, named: privilege.named, instanceWide, privilege: demandsPrivilege(privilege), role };
  }
  const computed = fact.of.some((o) => o.kind === "derived" && o.how !== "call");
  if (computed && found.some(isIdentity) && found.some((o) => !isIdentity(o) && speaksOfTarget(o))) {
    return { fact, ...plain };
  }
  const isCaller = (o: Origin): boolean => isIdentity(o) || isOwnRow(o, data, queries);
  if (fact.of.some((o) => isOnConfiguredList(o, isCaller, queries)))
    return { fact, ...plain, instanceWide: true, privilege: true };
  if (fact.of.some((o) => isAskedFor(o, data, queries))) return { fact, ...plain, privilege: true };
  const member = fact.of.find((o) => isMembership(o, data, queries));
  return member === undefined
    ? null
    : {
        fact,
        ...plain,
        privilege: isFoundInRole(member, data, queries),
        instanceWide: isMemberOfService(member, data, queries),
      };
}

/** a longer list mostly names all the roles there are */
const FEW_ROLES = 2;

/** `member.findFirst({ where: { userId, teamId, role: "OWNER" } })`: whoever is found has the role. */
function isFoundInRole(origin: Origin, data: DataRecogniser, queries: LinkQueries): boolean {
  if (origin.kind !== "source" || origin.site === null) return false;
  if (isLoadedInRole(origin, PRIVILEGE, queries)) return true;
  const call = data.loading(origin.site, queries);
  const demands = ({ column, position, operator, values }: FilterTerm): boolean =>
    position === "and" &&
    (operator === "=" || operator === "in") &&
    PRIVILEGE.test(column) &&
    values.length > 0 &&
    values.length <= FEW_ROLES &&
    leavesDeep(values).every((o) => o.kind === "constant" || o.kind === "literal" || isMember(o));
  const alternatives = call === null ? [] : possibleAlternatives(call.filter.alternatives, data);
  return alternatives.length > 0 && alternatives.every((terms) => terms.some(demands));
}

/** The row of the caller itself, found by nothing but who calls or by their token: what stands in it holds everywhere. */
export function isOwnRow(origin: Origin, data: DataRecogniser, queries: LinkQueries, depth = 0): boolean {
  if (origin.kind !== "source" || origin.source !== "row" || origin.site === null || depth > 2) return false;
  const call = data.loading(origin.site, queries);
  return (
    call !== null &&
    call.filter.alternatives.length > 0 &&
    call.filter.alternatives.every((terms) => {
      const values = terms.filter((t) => t.position === "and").flatMap((t) => leavesDeep(t.values));
      // a pepper says nothing of anybody
      const speaking = values.filter((o) => o.kind !== "constant" && !isEnvironment(o));
      // the user of a token's row is found by that row
      const own = (o: Origin): boolean => isIdentity(o) || isCredential(o) || isOwnRow(o, data, queries, depth + 1);
      // beside one that is read here, what an extension answered about another kind of token
      const answered = (o: Origin): boolean => o.kind === "package" && o.path.includes("()");
      return speaking.some(own) && speaking.every((o) => own(o) || answered(o));
    })
  );
}

/** `permissions.includes("boards:delete")` on what a store or service answered about the caller. */
function isAskedFor(origin: Origin, data: DataRecogniser, queries: LinkQueries): boolean {
  if (origin.kind !== "package" || origin.site === null || !/\.(?:includes|has)\(\)$/.test(origin.path)) return false;
  const { fn, v, frame } = origin.site;
  const asked = Array.from(fn.args(v)).flatMap((arg) => [...queries.evaluate({ fn, v: arg, frame })]);
  return asked.some(speaksOfTarget) && levelOfOrigins([origin], data, queries)?.level === "identity";
}

/** A row selected by the caller and by something else: a membership, a grant, a resource of the caller's. */
function isMembership(origin: Origin, data: DataRecogniser, queries: LinkQueries): boolean {
  if (origin.kind !== "source" || origin.source !== "row" || origin.site === null) return false;
  const call = data.loading(origin.site, queries);
  // nothing selects the row that a create gives back
  if (call === null || call.filter.alternatives.length === 0) return false;
  const loaded = isLoadedInRole(origin, PRIVILEGE, queries);
  return call.filter.alternatives.every((terms) => {
    const values = terms.filter((t) => t.position === "and").map((t) => leavesDeep(t.values));
    return (
      (loaded || values.some((list) => list.some(isIdentity))) &&
      values.some((list) => list.some((o) => !isIdentity(o) && speaksOfTarget(o)))
    );
  });
}

const TIME_PACKAGES = /^(?:dayjs|moment(?:-timezone)?|luxon|date-fns(?:\/.*)?)$/;

function isClock(origin: Origin): boolean {
  if (origin.kind === "source") return origin.source === "neutral" && /^Date(?:$|\.)/.test(origin.path);
  return origin.kind === "package" && (TIME_PACKAGES.test(origin.module) || /^Date(?:$|\.|\()/.test(origin.path));
}

function leavesDeep(origins: readonly Origin[]): readonly Origin[] {
  return leaves(origins);
}

export function isIdentity(origin: Origin): boolean {
  return origin.kind === "source" && origin.source === "identity";
}

function isCredential(origin: Origin): boolean {
  return origin.kind === "source" && origin.source === "credential";
}

function speaksOfTarget(origin: Origin): boolean {
  if (origin.kind === "constant") return typeof origin.value === "string" || typeof origin.value === "number";
  if (origin.kind === "source") return origin.source === "input" || origin.source === "row";
  return origin.kind === "literal" || origin.kind === "package";
}
