/** The kinds of step that AG104 compares: who can have it, who has it, who lacks it. */
import type { Access, EntryPoint, Reach } from "../../src/model/facts.js";
import type { RuleInput } from "../../src/model/rule.js";
import { effectiveVerb, hasCaller, isAuthenticated, isKeptList, verbClass } from "./entry-points.js";
import { foundsTenant } from "./founded-tenants.js";
import { openEntries } from "./open-entries.js";
import { asksAmongOwn, asksOnlyAsCaller, changesOwnAsAsked, isOwnWrite } from "./own-effects.js";
import type { Member, PeerGroup, PeerVote } from "./peer-groups.js";
import { reachesBy } from "./reaches.js";
import { countsAll, type TenantData } from "./tenant-data.js";

export type StepKindName = "authentication" | "decision" | "permission" | "binding" | "signature";

export interface StepKind {
  readonly name: StepKindName;
  /** can be compared under this kind at all, as peer or as subject */
  comparable(member: Member): boolean;
  /** @param of the entry that is judged */
  has(member: Member, of: Member): boolean;
  /** lacks it, and no other rule says so already */
  lacks(member: Member): boolean;
  /** whether it says something of its peers; all do, unless they are only judged */
  counts?(member: Member): boolean;
  /** it was seen to touch what the step would protect; what shows nothing is a question for a review */
  atStake(member: Member, vote: PeerVote): boolean;
  /** groups by which this member may be judged */
  admits(member: Member, group: PeerGroup): boolean;
  /** how many peers show that it is a habit; three where this is absent */
  leastPeers?(member: Member): number;
}

/** The kinds in order of weight: an entry is reported for the first one it lacks. */
export function stepKinds(input: RuleInput, tenants: TenantData): StepKind[] {
  const open = new Set(openEntries(input).map((found) => found.entry));
  return [
    authentication(input, tenants, open),
    decision(input, tenants),
    permission(input, tenants),
    binding(input, tenants),
    signature(input, open),
  ];
}

/** Entries whose protection can be held against that of others. */
function ordinary(member: Member, input: RuleInput): boolean {
  return !member.entry.selfService && isComparable(member, input);
}

function isComparable(member: Member, input: RuleInput): boolean {
  const { entry, index } = member;
  if (!hasCaller(entry) || entry.protection.signature) return false;
  return entry.protection.authentication !== "unknown" && input.policy.entries[index]?.public !== true;
}

function authentication(input: RuleInput, tenants: TenantData, open: ReadonlySet<EntryPoint>): StepKind {
  return {
    name: "authentication",
    // a public marker is a statement of intent, yet the same data may be closed everywhere else
    comparable: (member) =>
      ordinary(member, input) && ["marker", "builder"].includes(member.entry.intent?.by ?? "marker"),
    has: ({ entry }) => isAuthenticated(entry),
    lacks: ({ entry }) => !isAuthenticated(entry) && !open.has(entry),
    admits: ({ entry }, group) =>
      (entry.intent === null || group.basis === "data") &&
      (verbClass(entry, input.facts) === "write" || hasStakes(entry) || isOfOneHand(group)),
    // what others publish, asked for on everybody's behalf, is no secret
    atStake: (member) => hasStakes(member.entry) && (changesSomething(member.entry) || holdsRows(member, tenants)),
  };
}

/** All it does is done by what a step left on the request, and that may ask for itself. */
function isHandedOn({ handsOn, accesses }: EntryPoint): boolean {
  return handsOn === true && accesses.length === 0;
}

/** More than to ask other services was seen. */
function changesSomething({ effects }: EntryPoint): boolean {
  return effects.some((effect) => effect !== "calls other services");
}

function holdsRows({ entry, index }: Member, tenants: TenantData): boolean {
  return tenants.reached(entry, index).some(({ access }) => access.model === "" || tenants.holds(access.model));
}

/** It was seen to touch something. */
function hasStakes({ accesses, effects, external }: EntryPoint): boolean {
  return accesses.length > 0 || effects.length > 0 || (external ?? []).length > 0;
}

/** the caller's own, as paths name it: `/me`, `/user/tokens`, not `/user/:id`; `/keys/current`, not `/boards/:id/current` */
const OWN =
  /(?:^|\/|\.)(?:me|self|profile|my-?\w+|account|preferences|(?:current-?)?user)(?:\/(?![:*{])|\.|$)|^(?:(?!\/[:*{]).)*\/current$/i;

/** What it touches could not be seen, and by its path that belongs to the caller. */
function isOwnByName({ accesses, path }: EntryPoint): boolean {
  return accesses.length === 0 && OWN.test(path);
}

/** Put together by whoever wrote it: a read that touches nothing in sight is then still one of the others. */
function isOfOneHand({ basis }: PeerGroup): boolean {
  return basis === "router" || basis === "parameter";
}

/**
 * The caller's own row is put into whichever tenant the request names: that nobody asks about that one is AG306's. To
 * become a member of it is more.
 */
function namesUncheckedTenant({ entry, index }: Member, input: RuleInput, tenants: TenantData): boolean {
  const writes = tenants.reached(entry, index).filter(({ access }) => access.operation !== "read");
  return (
    writes.length > 0 &&
    writes.every(
      ({ access, reach }) =>
        access.operation === "create" &&
        reach.createsWithin === true &&
        !input.facts.tenancy.memberships.includes(access.model) &&
        reach.unverifiedKeys?.some(({ role }) => role === "tenant") === true,
    )
  );
}

function decision(input: RuleInput, tenants: TenantData): StepKind {
  // what lists the rows of the caller's own tenant has answered whose they are; a write may still ask for a role
  const isWrite = perMember(({ entry }) => effectiveVerb(entry, input.facts) === "write");
  const tied = perMember(({ entry, index }) => {
    const verdicts = tenants.reached(entry, index).map(({ reach }) => reach.binding.verdict);
    return verdicts.includes("bound") && verdicts.every((verdict) => verdict === "bound" || verdict === "not-scoped");
  });
  // a read that beside the caller's own rows touches only what could not be judged shows no gap
  const settled = perMember(({ entry, index }) => {
    const own = tenants.reached(entry, index).some(({ reach }) => reach.binding.verdict === "bound");
    return own && tenants.exposed(entry, index).every(({ reach }) => reach.binding.verdict === "unknown");
  });
  // what belongs to a row that the request names is as private as that row, which siblings ask about
  const narrowed = perMember(({ entry, index }) =>
    tenants.reached(entry, index).some(({ reach }) => reach.narrowedByInput === true),
  );
  const within = (member: Member): boolean => tied(member) && !narrowed(member);
  const doors = doorsForAll(input);
  const decides = perMember(
    ({ entry, index }) =>
      entry.protection.decision ||
      entry.decidesSometimes === true ||
      // who is let by without it (AG401) is let by on all routes alike; that the step is missing here is another matter
      entry.steps.some(
        (step) => step.grants === "decision" || (step.decidesSometimes === true && !doors.has(stepKey(step))),
      ) ||
      // a decision about something further on is none about the row that the request names
      entry.accesses.some((at) =>
        reachesAt(input, at, index).some((reach) => reach.decided && !narrowed({ entry, index })),
      ),
  );
  const more = perMember(
    (member) =>
      member.entry.steps.some(
        (step) =>
          step.kind !== "inline" &&
          step.kind !== "wrapper" &&
          step.ownershipOnly !== true &&
          (step.grants === "decision" || step.decidesSometimes === true),
      ) || asksInside(member, input),
  );
  const creates = perMember((member) => createsWithin(member, input, tenants));
  // a row that notes who made it and stands in a tenant is the tenant's
  const ownAlone = perMember(
    (member) =>
      foundsTenant(member, input, tenants) || (member.entry.selfService && !makesTenantRow(member, input, tenants)),
  );
  const picks = perMember((member) => picksRows(member, tenants));
  return {
    name: "decision",
    // who decides about the caller's own rows as well is a peer, though nobody is asked to
    comparable: (member) =>
      isComparable(member, input) &&
      member.entry.intent === null &&
      isAuthenticated(member.entry) &&
      (decides(member) || (!ownAlone(member) && (isWrite(member) || !settled(member) || narrowed(member)))),
    // peers that only look the row up within the tenant do what a write with the tenant in its filter does as well
    has: (peer, of) => decides(peer) && (more(peer) || !(within(of) || creates(of))),
    lacks: (member) =>
      !decides(member) &&
      !isHandedOn(member.entry) &&
      member.entry.alikeForAll !== true &&
      !(isKeptList(member.entry) && within(member)) &&
      !isOwnByName(member.entry) &&
      !asksOnlyAsCaller(member.entry, input.facts, tenants) &&
      !namesUncheckedTenant(member, input, tenants) &&
      !showsSecret(member, tenants) &&
      !changesOwnAsAsked(tenants.reached(member.entry, member.index), input),
    counts: (member) => decides(member) || isWrite(member) || !settled(member),
    admits: (member, group) =>
      isWrite(member) || (settled(member) ? group.basis === "router" : hasStakes(member.entry) || isOfOneHand(group)),
    atStake: (member, vote) =>
      isWrite(member)
        ? writesForOthers(member, input, tenants) ||
          (behindDoor(vote) && writesOfTenant(member, input, tenants)) ||
          (areNearlyAll(vote) && !OWN.test(member.entry.path) && writesTenantRows(member, input, tenants))
        : hasStakes(member.entry)
          ? picks(member) || isLoneException(vote)
          : areMany(vote),
  };
}

/**
 * Steps that sign callers in and decide on one way alone (whoever asks for another tenant must be an administrator),
 * and behind which most writes decide for themselves: nobody takes those for the decision.
 */
function doorsForAll({ facts }: RuleInput): ReadonlySet<string> {
  const tallies = new Map<string, { all: number; deciding: number }>();
  const writes = facts.entries.filter((entry) => effectiveVerb(entry, facts) === "write");
  for (const { steps, protection } of writes) {
    for (const key of new Set(steps.filter(isDoor).map(stepKey))) {
      const tally = tallies.get(key) ?? { all: 0, deciding: 0 };
      tallies.set(key, { all: tally.all + 1, deciding: tally.deciding + (protection.decision ? 1 : 0) });
    }
  }
  const most = [...tallies].filter(([, { all, deciding }]) => deciding >= MANY_PEERS && deciding * 2 >= all);
  return new Set(most.map(([key]) => key));
}

function isDoor({ kind, grants, decidesSometimes }: Step): boolean {
  return kind === "middleware" && grants === "authentication" && decidesSometimes === true;
}

function stepKey({ name, place, definedAt }: Step): string {
  const { file, start } = definedAt ?? place;
  return `${name}|${file}:${start}`;
}

type Step = EntryPoint["steps"][number];

const MANY_PEERS = 6;

/** A router with many entries of the kind speaks for itself, whatever it is that they reach. */
function areMany({ group, total }: PeerVote): boolean {
  return group.basis === "router" && total >= MANY_PEERS;
}

/** Nine of ten in a large router: then it need not be told whose the rows are that it writes, only that they are somebody's. */
function areNearlyAll({ group, having, total }: PeerVote): boolean {
  return group.basis === "router" && total >= MANY_OF_ROUTER && having.length / total >= NEARLY_ALL;
}

const MANY_OF_ROUTER = 20;
const NEARLY_ALL = 0.9;

/** All others of a large router ask, reads of every kind among them. */
function isLoneException({ group, having, total }: PeerVote): boolean {
  return group.basis === "router" && total >= LONE_AMONG && having.length === total;
}

const LONE_AMONG = 8;

const PICKING: ReadonlySet<string> = new Set(["=", "in", "any"]);

/** Whoever was handed the secret of the row (a code to join with) may do what it is for. */
function showsSecret({ entry, index }: Member, tenants: TenantData): boolean {
  return tenants.reached(entry, index).some(({ reach }) => reach.demandsSecret === true);
}

/** The request says which row is read, or rows of everybody are: what is the caller's alone, or the same for all, needs no decision. */
function picksRows({ entry, index }: Member, tenants: TenantData): boolean {
  if ((entry.external ?? []).length > 0) return true;
  const reached = tenants.reached(entry, index);
  const within = reached.some(({ reach }) => reach.binding.verdict === "bound");
  return reached.some(({ access, reach: { binding, narrowedByInput } }) => {
    if (!tenants.holds(access.model) || countsAll(access)) return false;
    if (narrowedByInput === true) return binding.verdict !== "not-scoped";
    if (binding.verdict === "unbound" || binding.verdict === "tenant-from-input") return true;
    // beside rows of the caller's own, what could not be judged shows no gap
    return binding.verdict === "unknown" && !within && (namesRow(entry) || isPicked(access));
  });
}

function namesRow({ path }: EntryPoint): boolean {
  return /[/.][:*{]/.test(path);
}

function isPicked({ conjuncts }: Access): boolean {
  return conjuncts.some(
    ({ operator, values }) => PICKING.has(operator) && values.some(({ source }) => source === "input"),
  );
}

/** What is written was read as far as whose it is, and that is not the caller alone. */
function writesForOthers({ entry, index }: Member, input: RuleInput, tenants: TenantData): boolean {
  const reached = tenants.reached(entry, index);
  const writes = reached.filter(({ access }) => access.operation !== "read");
  if (writes.length > 0 && writes.every((one) => isOwnWrite(one, reached, input, tenants))) return false;
  const judged = writes.length > 0 ? writes : reached;
  // a question to a paid service, to which nothing goes that names a row, is about nobody's rows
  const asksOnly = entry.effects.length > 0 && entry.effects.every((effect) => effect === "spends on a paid service");
  if (judged.length === 0 && asksOnly) return (entry.external ?? []).length > 0;
  if (judged.length === 0) return namesRow(entry) || changesSomething(entry) || (entry.external ?? []).length > 0;
  return judged.every(({ reach }) => reach.binding.verdict !== "unknown");
}

/** Nearly all that one builder lets in ask: then it is enough that one write is known to be of the tenant's rows. */
function behindDoor({ group }: PeerVote): boolean {
  return group.basis === "door";
}

function writesOfTenant({ entry, index }: Member, input: RuleInput, tenants: TenantData): boolean {
  const reached = tenants.reached(entry, index);
  return reached.some(
    (one) =>
      one.access.operation !== "read" &&
      one.reach.binding.verdict === "bound" &&
      tenants.holds(one.access.model) &&
      !isOwnWrite(one, reached, input, tenants),
  );
}

/** Asked again for each of its peers, and for each group that it is in. */
function perMember(tells: (member: Member) => boolean): (member: Member) => boolean {
  const known = new Map<number, boolean>();
  return (member) => {
    const answer = known.get(member.index) ?? tells(member);
    known.set(member.index, answer);
    return answer;
  };
}

/** All it writes are new rows that carry the caller's own tenant or owner, and records of that which name nobody. */
function createsWithin({ entry, index }: Member, input: RuleInput, tenants: TenantData): boolean {
  if (effectiveVerb(entry, input.facts) !== "write") return false;
  const writes = tenants.reached(entry, index).filter(
    // locks and counters are written as they come
    ({ access }) => access.operation !== "read" && access.operation !== "raw",
  );
  return (
    writes.some(({ reach }) => reach.createsWithin === true) &&
    writes.every(
      ({ access, reach }) => reach.createsWithin === true || (access.operation === "create" && !pointsAt(reach)),
    )
  );
}

/** What is written was seen to lead to somebody's row. */
function pointsAt({ createsInTenant, unverifiedKeys }: Reach): boolean {
  return createsInTenant === true || unverifiedKeys !== undefined;
}

/** All it writes are new rows, and some of them stand in a tenant that others share. */
function makesTenantRow({ entry, index }: Member, input: RuleInput, tenants: TenantData): boolean {
  if (effectiveVerb(entry, input.facts) !== "write") return false;
  const writes = tenants.reached(entry, index).filter(({ access }) => access.operation !== "read");
  const creates = writes.every(({ access }) => access.operation === "create" || access.operation === "raw");
  return creates && writes.some(({ reach }) => reach.createsInTenant === true);
}

/** On the way to some of its data more is asked for than whose row it is. */
function asksInside({ entry, index }: Member, input: RuleInput): boolean {
  return entry.accesses.some((at) => reachesAt(input, at, index).some((reach) => reach.asksForMore === true));
}

function reachesAt(input: RuleInput, at: number, entry: number): readonly Reach[] {
  const access = input.facts.accesses[at];
  return access === undefined ? [] : reachesBy(access, entry);
}

/** Where every member of a tenant gets in, what is asked of the caller besides: a role, a permission. */
function permission(input: RuleInput, tenants: TenantData): StepKind {
  const inside = (member: Member): boolean => asksInside(member, input);
  const isWrite = perMember(({ entry }) => effectiveVerb(entry, input.facts) === "write");
  const asks = perMember(({ entry }) => demandsPrivilege(entry));
  // a guard that was told something may have asked only some callers: that shows no habit, and lacks nothing
  const asksSomehow = perMember(
    ({ entry, index }) =>
      demandsPrivilege(entry) ||
      [entry.protection, ...entry.steps].some(({ privilege }) => privilege !== undefined) ||
      tenants.reached(entry, index).some(({ reach }) => reach.asksPrivilege === true),
  );
  return {
    name: "permission",
    comparable: (member) =>
      isComparable(member, input) &&
      (!member.entry.selfService || paysForAll(member.entry)) &&
      member.entry.intent === null &&
      hasStakes(member.entry) &&
      (letsMembersIn(member.entry)
        ? member.entry.accesses.length > 0
        : member.entry.protection.decision &&
          isWrite(member) &&
          (paysForAll(member.entry) || writesTenantRows(member, input, tenants))),
    // behind one builder for all, the builder's own demand sets nobody apart
    has: (peer, of) => (letsMembersIn(of.entry) ? inside(peer) : asks(peer)),
    lacks: (member) => (letsMembersIn(member.entry) ? !inside(member) : !asksSomehow(member)),
    admits: ({ entry, index }, group) =>
      group.basis === "door"
        ? !asksAmongOwn(tenants.reached(entry, index), input)
        : group.basis === "router" || (!letsMembersIn(entry) && group.basis !== "data"),
    leastPeers: ({ entry }) => (letsMembersIn(entry) ? 0 : MANY_PEERS),
    atStake: (member) =>
      letsMembersIn(member.entry) || paysForAll(member.entry) || writesForOthers(member, input, tenants),
  };
}

/** Rows of which it is known that they belong to somebody, and that is not the caller alone. */
function writesTenantRows({ entry, index }: Member, input: RuleInput, tenants: TenantData): boolean {
  const reached = tenants.reached(entry, index);
  return reached.some(
    (one) =>
      one.access.operation !== "read" && tenants.holds(one.access.model) && !isOwnWrite(one, reached, input, tenants),
  );
}

/** A tenant's cards and invoices are no member's own, though nothing but the membership is looked up. */
function paysForAll({ effects }: EntryPoint): boolean {
  return effects.includes("uses the payment account");
}

/** A builder lets every member in; one that demands a permission lets in those who have it, and has asked enough. */
function letsMembersIn({ steps }: EntryPoint): boolean {
  const deciding = steps.filter(({ kind, grants }) => kind === "builder" && grants === "decision");
  return deciding.length > 0 && deciding.every(({ privilege }) => privilege === undefined);
}

/** What packages decide they decide by what they were told to demand. */
function demandsPrivilege({ protection, steps }: EntryPoint): boolean {
  return (
    protection.privilege === "asked" ||
    steps.some(({ grants, kind, definedAt }) => grants === "decision" && kind !== "inline" && definedAt === null)
  );
}

function binding(input: RuleInput, tenants: TenantData): StepKind {
  const verdicts = ({ entry, index }: Member): Set<string> =>
    new Set(
      tenants
        .reached(entry, index)
        .filter(({ access }) => access.model === "" || tenants.holds(access.model))
        .map(({ reach }) => reach.binding.verdict),
    );
  const bound = (member: Member): boolean => verdicts(member).has("bound");
  // unbound, optional and the like have rules of their own; here only what could not be judged alone
  const undecided = (member: Member): boolean => {
    const found = verdicts(member);
    found.delete("not-scoped");
    if (found.size === 0) return member.entry.accesses.length === 0 && member.entry.effects.length > 0;
    return found.size === 1 && found.has("unknown");
  };
  return {
    name: "binding",
    comparable: (member) =>
      ordinary(member, input) &&
      member.entry.intent === null &&
      isAuthenticated(member.entry) &&
      (bound(member) || undecided(member)),
    has: bound,
    lacks: undecided,
    // over a whole application this says too little: what one router binds another need not
    admits: (_member, group) => group.basis !== "application",
    atStake: ({ entry }) => hasStakes(entry),
  };
}

function signature(input: RuleInput, open: ReadonlySet<EntryPoint>): StepKind {
  return {
    name: "signature",
    comparable: ({ entry, index }) =>
      hasCaller(entry) && !isAuthenticated(entry) && input.policy.entries[index]?.public !== true,
    has: ({ entry }) => entry.protection.signature,
    lacks: ({ entry }) =>
      !entry.protection.signature &&
      entry.protection.authentication === "none" &&
      (entry.intent === null || entry.intent.by === "convention") &&
      !open.has(entry),
    admits: (_member, group) => group.basis === "router" || group.basis === "folder" || group.basis === "path",
    atStake: () => true,
  };
}
