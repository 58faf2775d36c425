/** AG104: an entry point that lacks a kind of step which nearly all its peers have. */
import type { Place } from "../src/model/place.js";
import { defineRule, type FindingDraft, type RelatedPlace, type RuleInput, type Severity } from "../src/model/rule.js";
import { byKey, effectiveVerb, entryPlaces } from "./support/entry-points.js";
import { faultyEntries } from "./support/faulty-entries.js";
import { onePerPlace } from "./support/one-per-place.js";
import { bypassedEntries, stepLabel } from "./support/open-entries.js";
import { Grouped, groupsOf, type Member, PeerGroups, type PeerVote } from "./support/peer-groups.js";
import { repairPlaces } from "./support/repair-place.js";
import { type StepKind, type StepKindName, stepKinds } from "./support/step-kinds.js";
import { accessName, tenantData } from "./support/tenant-data.js";
import { listed, sentences } from "./support/wording.js";

type Message = "noAuthentication" | "noDecision" | "noPermission" | "noBinding" | "noSignature";

interface Wording {
  readonly message: Message;
  readonly have: string;
  readonly remedy: string;
}

const WORDINGS: Readonly<Record<StepKindName, Wording>> = {
  authentication: {
    message: "noAuthentication",
    have: "reject anonymous callers",
    remedy: "Guard it as its peers are, or declare it public in the policy with a reason.",
  },
  decision: {
    message: "noDecision",
    have: "decide whether the caller is allowed",
    remedy: "Make the decision that its peers make before anything is read or changed.",
  },
  permission: {
    message: "noPermission",
    have: "ask for a role or permission besides",
    remedy: "Ask for the permission that its peers ask for before anything is read or changed.",
  },
  binding: {
    message: "noBinding",
    have: "tie what they touch to the caller's tenant or owner",
    remedy: "Look the object up within the caller's tenant first, and end the request when it is not there.",
  },
  signature: {
    message: "noSignature",
    have: "verify a signature",
    remedy: "Verify the sender's signature over the raw body before acting on it.",
  },
};

export const weakerThanSiblings = defineRule<Message>({
  meta: {
    code: "AG104",
    name: "weaker-than-siblings",
    title: "Entry point less protected than its peers",
    why: "Where nearly all entry points of a kind carry a check and one does not, the one was usually forgotten. Such a gap is invisible in the handler itself.",
    severity: "error",
    securitySeverity: "7.1",
    precision: "high",
    cwe: [862, 863],
    taxa: ["API5:2023", "API1:2023", "A01:2025", "PR.AA-05", "ASVS-8.2.1", "ASVS-8.1.1"],
    since: "0.1.0",
    messages: {
      noAuthentication: "'{entry}' lets anonymous callers in, unlike its peers.{detail}",
      noDecision: "'{entry}' makes no decision about its caller, unlike its peers.{detail}",
      noPermission: "'{entry}' asks for no permission of its own, unlike its peers.{detail}",
      noBinding: "'{entry}' ties nothing to the caller's tenant, unlike its peers.{detail}",
      noSignature: "'{entry}' verifies no signature, unlike its peers.{detail}",
    },
  },
  check(input) {
    return onePerPlace(outvoted(input));
  },
});

function* outvoted(input: RuleInput): Generator<FindingDraft<Message>> {
  const tenants = tenantData(input);
  const members = input.facts.entries
    .map((entry, index) => ({ entry, index }))
    .filter(({ entry }) => entry.method !== "FIELD" && entry.machine !== true);
  const faulty = new Set([...faultyEntries(input), ...bypassedEntries(input)]);
  const repair = repairPlaces(input.facts.entries);
  const reported = new Set<number>();
  const grouped = new Grouped(members, (member) => groupsOf(member, input, tenants));
  for (const kind of stepKinds(input, tenants)) {
    const comparable = members.filter((member) => kind.comparable(member));
    const peers = new PeerGroups(comparable, grouped, input);
    for (const member of comparable) {
      if (reported.has(member.index) || faulty.has(member.entry.key) || !kind.lacks(member)) continue;
      const vote = peers.outvoted(
        member,
        (peer) => kind.has(peer, member),
        (group) => kind.admits(member, group),
        (peer) => kind.counts?.(peer) ?? true,
        kind.leastPeers?.(member),
      );
      if (vote === null) continue;
      reported.add(member.index);
      yield draft(member, kind, vote, repair(member.entry), input);
    }
  }
}

function draft(member: Member, kind: StepKind, vote: PeerVote, place: Place, input: RuleInput): FindingDraft<Message> {
  const { entry } = member;
  const wording = WORDINGS[kind.name];
  const peers = [...vote.having].sort(byKey);
  const count = `Of ${vote.total} other ${vote.group.label}, ${vote.having.length} ${wording.have}`;
  const examples = `Among them are ${listed(peers.slice(0, 3).map((peer) => peer.key))}`;
  return {
    message: wording.message,
    data: { entry: entry.key, detail: sentences([count, examples, whatRuns(member)]) },
    subject: entry.key,
    aspect: kind.name,
    place,
    related: [
      ...(place === entry.place ? [] : [{ place: entry.place, label: `the handler of '${entry.key}'` }]),
      ...entryPlaces(peers, 3),
    ],
    flow: flowOf(member, input),
    confidence: vote.ofOneHand && kind.name !== "binding" && kind.atStake(member, vote) ? "inferred" : "named",
    severity: severityOf(member, kind, vote, input),
    remedy: wording.remedy,
  };
}

function whatRuns({ entry }: Member): string {
  if (entry.steps.length === 0) return "Nothing runs before this one";
  return `Before this one ${entry.steps.length === 1 ? "runs" : "run"} ${listed(entry.steps.map((step) => step.name))}`;
}

function flowOf({ entry }: Member, input: RuleInput): RelatedPlace[] {
  const first = entry.accesses.map((at) => input.facts.accesses[at]).find((access) => access !== undefined);
  return [
    { place: entry.registration, label: `'${entry.key}' is registered` },
    ...entry.steps.slice(0, 8).map((step) => ({ place: step.place, label: stepLabel(step) })),
    { place: entry.place, label: "the handler runs without the step its peers have" },
    ...(first === undefined ? [] : [{ place: first.place, label: `and reaches '${accessName(first)}'` }]),
  ];
}

/** A write that stands out in a narrow group is hardly meant; anything wider is a question to a reader. */
function severityOf(member: Member, kind: StepKind, vote: PeerVote, input: RuleInput): Severity {
  const narrow = vote.group.basis === "router" || vote.group.basis === "data";
  const weighty = kind.name === "authentication" || kind.name === "decision";
  const intended = member.entry.intent !== null;
  return narrow && weighty && !intended && effectiveVerb(member.entry, input.facts) === "write" ? "error" : "warning";
}
