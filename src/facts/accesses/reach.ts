/** One data call as one entry reaches it: how it is bound, and what else the ledger says of it. */

import { pathParameters } from "../../base/route-path.js";
import type { DataCall, WrittenColumn } from "../../frameworks/data/data-call.js";
import { isOfMachines } from "../../frameworks/knowledge/auth-level.js";
import { type Binding, type Reach, WITHOUT_CALLER } from "../../model/facts.js";
import { type Fact, uniqueFacts } from "../../program/facts/facts.js";
import { isOnlyTested } from "../../program/facts/only-tested.js";
import { settledFacts } from "../../program/facts/settled-facts.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import { asksForMore, decisionsIn, isIdentity } from "../decisions/decisions.js";
import { isForAll, isForAllUnlessOpened } from "../decisions/for-all.js";
import type { JudgedEntry, ReachedCall } from "../entries/entries.js";
import { factsAround } from "../guards/conditional-checks.js";
import { factsOfContinuations } from "../guards/continued-checks.js";
import { isAnsweredWhereShown } from "./answered-values.js";
import { assignedKeys } from "./assigned-keys.js";
import { judgeBinding } from "./binding.js";
import { boundByEach, boundIfPresent } from "./bound-if-given.js";
import { broughtKeys } from "./brought-keys.js";
import { isShownWhereChosen } from "./chosen-values.js";
import { ConfiguredTenants } from "./configured-tenant.js";
import { createdFor } from "./created-for.js";
import { isFilteredForCaller } from "./filtered-rows.js";
import { handedFilter } from "./handed-filters.js";
import { isComparedWithCaller, isHeldAgainst } from "./held-values.js";
import { isKeptForAll } from "./kept-rows.js";
import { Ledger } from "./ledger.js";
import { valueKey } from "./ledger-values.js";
import { isLookedAt } from "./looked-at.js";
import { isMadeAlong } from "./made-along.js";
import { mismatchedOwners } from "./mismatched-owners.js";
import { narrowedByInput } from "./narrowing.js";
import { findsOauthClient } from "./oauth-clients.js";
import { functionsAround, isWorkOfTheService, withoutOwn } from "./own-work.js";
import { onlyPicksOwn } from "./picking-keys.js";
import { PresenceLedger } from "./presence-ledger.js";
import { privilegeFacts } from "./privilege-facts.js";
import { isAfterPublished } from "./published-rows.js";
import type { ReachContext } from "./reach-context.js";
import { calledFrom, otherCheck, unusedPrincipal } from "./reach-details.js";
import { isShownUnlessReplaced } from "./replaced-values.js";
import { demandsSecret, isOpenToAll } from "./secret-rows.js";
import { holdsServiceToken } from "./service-tokens.js";
import { isSubSelect } from "./sub-selects.js";
import { isToldToChecks } from "./told-to-checks.js";
import { boundOnEveryWay, boundOnEveryWayOn, shownOnEveryWay, type WayJudgement } from "./ways-bound.js";
import { unverifiedKeys } from "./written-keys.js";

const MAX_LEVELS = 12;

/** Also where a helper looks the row up on one of several ways, and ends the request there when it is missing. */
function asksForTheSecret({ call, facts }: ReachedCall, found: Binding, one: JudgedEntry, analysis: Analysis): boolean {
  if (found.bySecret !== true) return false;
  const around = factsAround(call.site, call.operation === "read", analysis);
  return demandsSecret(call, found, uniqueFacts([...facts, ...one.after, ...around]));
}

/** and no error, role or list that the caller may well be without */
const CALLER =
  /^(?:(?:current_?)?(?:user|session|viewer|principal|account|auth|member|claims|me)(?:\.(?:user|id|sub|user_?id))?)$/i;

/** The other side of `if (request.user)`, where a step before has turned everybody else away. */
function isForNobodyElse(facts: readonly Fact[], { before }: JudgedEntry, { guarantees, queries }: Analysis): boolean {
  const isCaller = (o: Origin): boolean => isIdentity(o) && o.kind === "source" && CALLER.test(o.path);
  const stranger = facts.some((fact) => fact.kind === "absent" && fact.of.length > 0 && fact.of.every(isCaller));
  return stranger && guarantees.checks.level(before, queries)?.level === "identity";
}

/** Judges a data call on the path from one entry. */
export function judgeReach(reached: ReachedCall, one: JudgedEntry, entry: number, context: ReachContext): Reach {
  const { call } = reached;
  const { analysis, tenancy, rowSecurity, enforcedBy } = context;
  // what is shown only after a read still stops the row from leaving; a write cannot be taken back
  const reads = call.operation === "read" || call.operation === "raw";
  const held = reads ? uniqueFacts([...reached.facts, ...withoutOwn(one.after, call.site, one)]) : reached.facts;
  const facts = settledFacts(held);
  const ledger = new Ledger(facts, analysis.data, analysis.queries, tenancy);
  const level = analysis.guarantees.checks.level(reached.facts, analysis.queries);
  const decisions = decisionsIn(reached.facts, analysis.data, analysis.queries);
  const base = {
    entry,
    authenticated: one.entry.protection.authentication === "rejects" || (level !== null && level.level !== "presence"),
    decided: decisions.length > 0,
    instanceWide:
      decisions.some((d) => isForAll(d, tenancy)) || context.administration.opens(one.entry.path, decisions),
    ...(isForAllUnlessOpened(reached.facts, tenancy, analysis.data, analysis.queries) ? { unlessOpened: true } : {}),
    ...(!reads && level === null && one.entry.protection.signature ? { unsigned: true } : {}),
    ...(decisions.some((d) => asksForMore(d) && !one.before.includes(d.fact)) ? { asksForMore: true } : {}),
    ...(decisions.some((d) => d.privilege) ? { asksPrivilege: true } : {}),
    ...createdFor(call, tenancy, analysis),
    ...(isOpenToAll(one.entry) && isAfterPublished(reached.facts, analysis) ? { afterPublished: true } : {}),
    ...(analysis.guarantees.checks.outsideProduction(reached.facts) ? { outsideProduction: true } : {}),
    ...(narrowedByInput(call, ledger, context.models, tenancy) ? { narrowedByInput: true } : {}),
  };
  const rowLimit = rowSecurity.limitOf(call, context.models.modelOf(call.model)?.table ?? "");
  const given = givenByPath(one.entry);
  const judgeAs = (by: Ledger, as: DataCall): Binding =>
    judgeBinding({ call: as, ledger: by, tenancy, rowLimit, given, trusted: enforcedBy });
  const judge = (by: Ledger): Binding => judgeAs(by, call);
  const job = WITHOUT_CALLER.has(one.entry.transport);
  if (job) return { ...base, binding: ofTheService(), jobBinding: judge(ledger) };
  if (isWorkOfTheService(call.site, context.jobs)) return { ...base, binding: ofTheOwnWork() };
  if (isOfMachines(level, analysis.data, analysis.queries)) return { ...base, binding: ofTheService() };
  if (isForNobodyElse(reached.facts, one, analysis)) return { ...base, binding: ofStrangers() };
  if (findsOauthClient(call, context.models)) return { ...base, binding: ofAnyProgram() };
  const first = judge(ledger);
  if (isOpen(first) && holdsServiceToken(facts, tenancy, context.models, analysis))
    return { ...base, binding: ofTheService() };
  const isVerified = (value: Origin): boolean =>
    ledger.verified(value) !== null ||
    facts.some((fact) => isHeldAgainst(fact, valueKey(value))) ||
    isComparedWithCaller(value, call.site, analysis.queries);
  const assigned = assignedKeys(call, one.raw, tenancy, context.models, analysis.queries, {
    isVerified,
    ifGiven: (value) => new PresenceLedger(call, facts, analysis, one.passes).verified(value),
  });
  const privileges = privilegeFacts(reached, one.raw, decisions, ledger, context);
  const configured = new ConfiguredTenants(tenancy, analysis.data, analysis.queries).of(
    call,
    isVerified,
    handlerOf(one),
  );
  const whole = {
    ...(configured === null ? {} : { configured }),
    ...(asksForTheSecret(reached, first, one, analysis) ? { demandsSecret: true } : {}),
    ...(changesOwnLink(call) ? { ownLink: true } : {}),
    ...(assigned.length === 0 ? {} : { assignedKeys: assigned }),
    ...privileges,
  };
  if (!isOpen(first) && call.written.length === 0 && call.madeAlong === undefined)
    return { ...base, ...whole, binding: first };
  const continued = reads ? factsOfContinuations(call.site, analysis) : [];
  const around = withoutOwn([...factsAround(call.site, reads, analysis), ...continued], call.site, one);
  const known = around.length === 0 ? facts : uniqueFacts([...facts, ...around]);
  const full = around.length === 0 ? ledger : new Ledger(known, analysis.data, analysis.queries, tenancy);
  const presence = new PresenceLedger(call, known, analysis, one.passes);
  const again = isOpen(first) ? judge(full) : first;
  const alone = boundIfPresent(again, call, presence) ?? boundByEach(again, call, presence, (as) => judgeAs(full, as));
  const judgeWay = (way: readonly Fact[]): Binding =>
    judge(new Ledger(way, analysis.data, analysis.queries, tenancy, { ofWay: true }));
  const onWays = isOpen(alone) ? boundOnWays(call, known, { tenancy, analysis, judge: judgeWay }) : alone;
  const judged = onWays ?? boundUnlessReplaced(call, known, context, judge) ?? alone;
  const shown = detailsOf(reached, judged, full, presence, context, one);
  // where another id was checked, that this one is only looked at is what was forgotten
  const looked = shown.otherCheck === undefined && judged.verdict === "unbound" && isLookedAt(call, tenancy);
  const ends = reads && isOpen(judged) && (looked || goesNoFurther(call, judged, known, one.reached, context));
  const binding = ends ? decidesOnly() : judged;
  const details = ends ? detailsOf(reached, binding, full, presence, context, one) : shown;
  const choosesTenant = details.unverifiedKeys?.some(({ role }) => role === "tenant") === true;
  return {
    ...base,
    ...whole,
    binding,
    ...details,
    ...callerOf(call, binding, choosesTenant, one),
    ...filterOf(call, binding),
    ...(binding.verdict === "unbound" && isChosen(call) ? { chosen: true } : {}),
  };
}

function boundOnWays({ site, operation }: DataCall, known: readonly Fact[], by: WayJudgement): Binding | null {
  return boundOnEveryWay(site, known, by) ?? (operation === "read" ? boundOnEveryWayOn(site, known, by) : null);
}

/** Of what the request brought, all that was not shown is replaced on the ways on which nothing shows it. */
function boundUnlessReplaced(
  { site, filter }: DataCall,
  known: readonly Fact[],
  { analysis, tenancy }: ReachContext,
  judge: (by: Ledger) => Binding,
): Binding | null {
  const { data, queries } = analysis;
  const ledgerOf = (facts: readonly Fact[]): Ledger => new Ledger(facts, data, queries, tenancy);
  const now = ledgerOf(known);
  const open = filter.alternatives
    .flat()
    .flatMap(({ values }) => leaves(values))
    .filter((o) => o.kind === "source" && o.source === "input" && now.verified(o) === null);
  if (open.length === 0 || open.length > 3) return null;
  const isReplaced = (value: Origin): boolean => {
    const isShown = (way: readonly Fact[]): boolean => ledgerOf(way).verified(value) !== null;
    return (
      isShownUnlessReplaced(value, site, known, analysis, isShown) ||
      isAnsweredWhereShown(value, site, analysis, (facts) => isShown(uniqueFacts([...facts, ...known])))
    );
  };
  if (!open.every(isReplaced)) return null;
  const shown: Fact = { kind: "passed", name: "each way", args: [open], level: "decision", named: false, via: [] };
  const binding = judge(ledgerOf([...known, shown]));
  return binding.verdict === "bound" ? binding : null;
}

/** A helper that finds a row is told a key off another row by one caller, and what the request asks for by the next. */
function isChosen({ filter }: DataCall): boolean {
  const [terms = []] = filter.alternatives;
  return terms.some(({ values }) => leaves(values).some((o) => o.kind === "source" && o.source === "input"));
}

/** Where parameters of the path are read from, as paths of the input. */
function givenByPath({ path, framework }: JudgedEntry["entry"]): ReadonlySet<string> {
  const names = [...pathParameters(path)];
  const merged = framework === "next" ? names.map((name) => `query.${name}`) : [];
  return new Set([...names.map((name) => `params.${name}`), ...merged]);
}

function filterOf(call: DataCall, binding: Binding): Pick<Reach, "handedFilter"> {
  const handed = isOpen(binding) ? handedFilter(call) : null;
  return handed === null ? {} : { handedFilter: handed };
}

/** The function that does the work of an entry. */
function handlerOf({ raw }: JudgedEntry): FunctionView | null {
  return raw.wrapped ?? (raw.handler.kind === "function" ? raw.handler.fn : null);
}

function callerOf(
  { site, operation }: DataCall,
  { verdict }: Binding,
  choosesTenant: boolean,
  one: JudgedEntry,
): Pick<Reach, "calledAt"> {
  const picks = verdict === "unbound" && operation !== "create";
  if (!picks && verdict !== "tenant-from-input" && !choosesTenant) return {};
  const handler = handlerOf(one);
  const place = handler === null ? null : calledFrom(site, handler);
  return place === null ? {} : { calledAt: place };
}

function detailsOf(
  { call, facts }: ReachedCall,
  binding: Binding,
  ledger: Ledger,
  presence: PresenceLedger,
  context: ReachContext,
  one: JudgedEntry,
): Pick<Reach, "otherCheck" | "unusedPrincipal" | "unverifiedKeys"> {
  const { analysis, tenancy, models } = context;
  // one check where an id is given, and another where it is not
  const onWays = (value: Origin): boolean =>
    shownOnEveryWay(
      call.site,
      presence.facts,
      analysis,
      (way) => new Ledger(way, analysis.data, analysis.queries, tenancy).verified(value) !== null,
    );
  const isShown = (value: Origin, written: WrittenColumn): boolean =>
    presence.verified(value) || onWays(value) || isShownWhereChosen(value, written, call.site, presence.facts, context);
  const named = unverifiedKeys(call, ledger, tenancy, models, isShown);
  const brought = broughtKeys(call, one, { ledger, tenancy, models, queries: analysis.queries, ifPresent: isShown });
  const keys = [
    ...named
      .concat(brought.filter(({ column }) => !named.some((key) => key.column === column)))
      .filter((key) => !isMadeAlong(key, call, one, models)),
    ...mismatchedOwners(call, facts, tenancy, models, analysis),
  ];
  const open = binding.verdict === "unbound" && call.operation !== "create";
  const before = (): Ledger => new Ledger(settledFacts(one.before), analysis.data, analysis.queries, tenancy);
  const other = open
    ? otherCheck(call, ledger, before, analysis.queries, { path: one.entry.path, handler: handlerOf(one) })
    : null;
  const unused = open && other === null ? unusedPrincipal(call, analysis.queries) : null;
  return {
    ...(other === null ? {} : { otherCheck: other }),
    ...(unused === null ? {} : { unusedPrincipal: unused }),
    ...(keys.length === 0 ? {} : { unverifiedKeys: keys }),
  };
}

function isOpen({ verdict }: Binding): boolean {
  return verdict === "unbound" || verdict === "tenant-from-input" || verdict === "optional";
}

/** `update({ data: { followers: { connect: { id: me } } } })`: the caller joins or leaves a list of the row. */
function changesOwnLink({ operation, written, writtenWhole }: DataCall): boolean {
  if (operation !== "update" || written.length === 0 || writtenWhole.length > 0) return false;
  return written.every(({ linked, values }) => linked === true && leaves(values).every(isIdentity));
}

function decidesOnly(): Binding {
  const reason = "the row is looked at for a yes or no and goes no further";
  return { verdict: "not-scoped", confidence: "inferred", reason, evidence: [], conjunct: null, remedy: "" };
}

function goesNoFurther(
  call: DataCall,
  { verdict }: Binding,
  facts: readonly Fact[],
  reached: readonly ReachedCall[],
  { analysis, tenancy }: ReachContext,
): boolean {
  if (isSubSelect(call.site.fn, call.site.v) || isKeptForAll(call)) return true;
  if (isToldToChecks(call.site, analysis) || onlyPicksOwn(call, reached, tenancy, analysis)) return true;
  if (onlyDecides(call, analysis.queries) || isPartOfCheck(call, facts, analysis)) return true;
  if (isFilteredForCaller(call, facts, tenancy, analysis)) return true;
  // whether somebody is a member is asked to let them in
  return verdict === "unbound" && !tenancy.memberships.includes(call.model) && isOnlyTested(call.site.fn, call.site.v);
}

/** What a check loads to compare it with the caller is loaded for the verdict that was tested. */
function isPartOfCheck(call: DataCall, facts: readonly Fact[], { data, queries }: Analysis): boolean {
  const checks = facts.filter((fact) => fact.kind === "passed" && fact.verdictIn !== undefined);
  if (checks.length === 0) return false;
  const around = functionsAround(call.site);
  return checks.some(
    (fact) =>
      fact.kind === "passed" &&
      fact.check !== undefined &&
      around.has(fact.check.fn) &&
      decisionsIn([fact], data, queries).length > 0,
  );
}

/** A function on the way, below the handler, answers with true or false alone. */
function onlyDecides(call: DataCall, queries: LinkQueries): boolean {
  let { fn, frame } = call.site;
  for (let level = 0; frame !== null && frame.site !== null && level < MAX_LEVELS; level += 1) {
    const returned = queries.returnsOf(fn);
    if (returned.every(isAnswer) && returned.some((o) => o.kind !== "constant" || typeof o.value === "boolean"))
      return true;
    ({ fn, frame } = frame.site);
  }
  return false;
}

function isAnswer(origin: Origin): boolean {
  if (origin.kind === "constant") return typeof origin.value === "boolean";
  // `ids.every(…)` on a list that only the caller knows
  if (origin.kind === "apply")
    return origin.callee.kind === "parameter" && /^(?:includes|some|every|has)$/.test(origin.callee.path.at(-1) ?? "");
  return origin.kind === "derived" && /^(?:[!=<>]=?=?|!==?|includes|some|every|has|Boolean)$/.test(origin.how);
}

/** Whoever holds the secret of the configuration is a machine of the service, and of no tenant. */
function ofTheService(): Binding {
  return nobodys("only callers that hold the service's own secret get here");
}

function ofTheOwnWork(): Binding {
  return nobodys("the service does the same by itself, and the request tells it nothing");
}

function ofAnyProgram(): Binding {
  return nobodys("a program is shown by its public id to whoever it asks to be let in by");
}

function ofStrangers(): Binding {
  return nobodys("it is for those who have not signed in, whom a step before has turned away");
}

function nobodys(reason: string): Binding {
  return { verdict: "not-scoped", confidence: "inferred", reason, evidence: [], conjunct: null, remedy: "" };
}
