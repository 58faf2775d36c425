/** AG501: whoever has signed in may do it, and nobody decides whether they should. */
import type { Access, Confidence, EntryPoint, ExternalUse, Facts } from "../src/model/facts.js";
import { defineRule, type FindingDraft, type RuleInput, type Severity } from "../src/model/rule.js";
import { effectiveVerb, hasCaller } from "./support/entry-points.js";
import { type Risk, riskOf } from "./support/high-risk.js";
import { forAllOfTenant } from "./support/membership-only.js";
import { onePerPlace } from "./support/one-per-place.js";
import { bypassedEntries } from "./support/open-entries.js";
import { answersInvitation, asksOnlyAsCaller, foundsTenant, isOwnWrite } from "./support/own-effects.js";
import { knowsRoles } from "./support/privileges.js";
import { accessName, type ReachedAccess, type TenantData, tenantData } from "./support/tenant-data.js";
import { listed, sentences } from "./support/wording.js";

type Message = "highRisk" | "shared" | "external" | "members";

interface Suspect {
  readonly entry: EntryPoint;
  readonly reached: readonly ReachedAccess[];
}

export const authenticationOnly = defineRule<Message>({
  meta: {
    code: "AG501",
    name: "authentication-only",
    title: "Signed in is all that is asked",
    why: "Who somebody is says nothing about what they may do. Where an operation on shared data asks only for a session, the least trusted member can do what was meant for a few.",
    severity: "warning",
    securitySeverity: "6.5",
    precision: "medium",
    cwe: [862, 285],
    taxa: ["API5:2023", "API1:2023", "A01:2025", "PR.AA-05", "ASVS-8.2.1"],
    since: "0.1.0",
    messages: {
      highRisk: "'{entry}' {risk}, and asks only whether somebody has signed in.{detail}",
      shared: "'{entry}' changes data that others share, and asks only whether somebody has signed in.{detail}",
      members: "'{entry}' {risk}, and asks only whether the caller is one of the tenant's.{detail}",
      external:
        "'{entry}' hands '{id}' of the request to '{service}', and asks only whether somebody has signed in.{detail}",
    },
  },
  check(input) {
    return onePerPlace([...drafts(input), ...forMembers(input)]);
  },
});

function* drafts(input: RuleInput): Generator<FindingDraft<Message>> {
  const tenants = tenantData(input);
  const roles = knowsRoles(input.facts);
  for (const suspect of suspects(input, tenants)) {
    const { entry, reached } = suspect;
    const external = entry.external?.[0];
    const writes = effectiveVerb(entry, input.facts) === "write";
    const risk = riskOf(entry, reached, writes, tenants);
    const founds = foundsTenant(reached, tenants);
    const shared = reached.filter(
      (one) =>
        isSharedWrite(one.access.operation) &&
        !isOwnWrite(one, reached, input, tenants) &&
        !(founds && one.access.operation === "create"),
    );
    if (external !== undefined && !reached.some(({ reach }) => reach.binding.verdict === "bound"))
      yield forExternal(suspect, external);
    else if (risk !== null && (shared.length > 0 || !risk.byData))
      yield forRisk(suspect, risk, shared, { roles, tenants });
    else if (writes && shared.length > 0 && input.profile === "audit") yield forShared(suspect, shared, tenants);
  }
}

/** Where people differ by their roles, what concerns all of a tenant is not for each of its members. */
function* forMembers(input: RuleInput): Generator<FindingDraft<Message>> {
  if (!knowsRoles(input.facts)) return;
  const tenants = tenantData(input);
  const { faulty, bypassed } = spokenFor(input);
  for (const [index, entry] of input.facts.entries.entries()) {
    if (faulty.has(entry.key) || bypassed.has(entry.key) || input.policy.entries[index]?.public === true) continue;
    const may = forAllOfTenant(entry, index, input, tenants);
    if (may === null) continue;
    const { access } = may.written;
    const detail = sentences([`It reaches '${accessName(access)}'`, `What asks is ${listed(askedBy(entry))}`]);
    const made = draft(
      { entry, reached: [may.written] },
      "members",
      { risk: may.what, detail },
      "warning",
      may.certainty,
    );
    const last = { place: access.place, label: `'${accessName(access)}' is done for any member` };
    yield { ...made, flow: [...made.flow, last] };
  }
}

function askedBy({ steps }: EntryPoint): string[] {
  return steps.filter(({ grants }) => grants === "authentication" || grants === "decision").map(({ name }) => name);
}

/** Other rules speak of them. */
function spokenFor(input: RuleInput): { readonly faulty: ReadonlySet<string>; readonly bypassed: ReadonlySet<string> } {
  const { guardFaults, decisionFaults } = input.facts;
  const faulty = new Set([...guardFaults, ...decisionFaults].flatMap((fault) => fault.entries));
  return { faulty, bypassed: bypassedEntries(input) };
}

/** Entries that a signed-in caller reaches and for which nothing decides. */
function* suspects(input: RuleInput, tenants: TenantData): Generator<Suspect> {
  const { facts, policy } = input;
  const { faulty, bypassed } = spokenFor(input);
  for (const [index, entry] of facts.entries.entries()) {
    const { authentication, decision } = entry.protection;
    if (authentication !== "rejects" || decision || entry.machine === true || !hasCaller(entry)) continue;
    if (entry.selfService || entry.method === "FIELD" || entry.transport === "page" || OWN.test(entry.path)) continue;
    if (asksOnlyAsCaller(entry, facts, tenants)) continue;
    // a path that only looks open says nothing where callers must sign in
    if ((entry.intent !== null && MEANT.has(entry.intent.by)) || policy.entries[index]?.public === true) continue;
    if (faulty.has(entry.key) || bypassed.has(entry.key)) continue;
    // metadata that no guard reads is a fault of its own (AG103)
    if (entry.declaresRights === true) continue;
    if (entry.decidesSometimes === true || entry.steps.some((step) => step.decidesSometimes === true)) continue;
    const reached = tenants.reached(entry, index);
    if (
      (SIGNS_IN.test(entry.path) || SIGNS_UP.test(entry.path)) &&
      reached.some(({ access }) => makesUser(access, facts))
    )
      continue;
    // a row that nothing ties to the caller is a finding of its own (AG301)
    if (reached.some(({ reach }) => reach.decided || OPEN.has(reach.binding.verdict))) continue;
    // whoever was handed the secret of the row may do what it is for
    if (answersInvitation(reached) || reached.some(({ reach }) => reach.demandsSecret === true)) continue;
    yield { entry, reached };
  }
}

const MEANT: ReadonlySet<string> = new Set(["marker", "signature", "auth-library", "capability"]);
const OPEN: ReadonlySet<string> = new Set(["unbound", "tenant-from-input", "optional", "ineffective"]);
/** the caller's own: nobody has to decide about that */
const OWN =
  /(?:^|\/|\.)(?:me|self|profile|my-?\w+|account|preferences|settings\/user|sign-?out|logout|session|onboarding)(?:\/|\.|$)/i;

/** Whoever shows an identity for the first time is given an account: there is nothing to decide yet. */
const SIGNS_IN = /(?:^|\/)(?:auth|log-?in|sign-?in|sign-?up|register|oauth2?|sso|callback)(?:\/|$)/i;
const SIGNS_UP = /(?:create|open|new)[-_]?account|sign[-_]?up|(?:^|[/.#_-])(?:self)?register(?![a-z])/i;

function makesUser(access: Access, { tenancy }: Facts): boolean {
  return access.operation === "create" && tenancy.user !== "" && access.model === tenancy.user;
}

function isKeyedByCaller({ access, reach }: ReachedAccess): boolean {
  const keyed = access.conjuncts.some(
    ({ position, values }) =>
      position === "and" && values.length > 0 && values.every(({ source }) => source === "identity"),
  );
  return keyed || reach.createsWithin === true;
}

function isSharedWrite(operation: string): boolean {
  return operation === "create" || operation === "update" || operation === "delete";
}

function draft(
  { entry }: Suspect,
  message: Message,
  data: Readonly<Record<string, string>>,
  severity: Severity,
  confidence: Confidence,
): FindingDraft<Message> {
  return {
    message,
    data: { entry: entry.key, ...data },
    subject: entry.key,
    aspect: message,
    place: entry.place,
    related: [],
    flow: [
      { place: entry.place, label: `'${entry.key}' begins here` },
      ...entry.steps.slice(0, 8).map((step) => ({ place: step.place, label: `'${step.name}' asks who calls` })),
    ],
    confidence,
    severity,
    remedy: "Decide by the caller's role or relation to the row, before anything is changed or handed out.",
  };
}

function runs({ entry }: Suspect): string {
  const names = entry.steps.filter((step) => step.grants === "authentication").map((step) => step.name);
  return names.length === 0 ? "" : `What runs before it is ${listed(names)}`;
}

function forRisk(
  suspect: Suspect,
  risk: Risk,
  shared: readonly ReachedAccess[],
  { roles, tenants }: { readonly roles: boolean; readonly tenants: TenantData },
): FindingDraft<Message> {
  const [first] = shared;
  const why = first === undefined ? "" : `It reaches '${accessName(first.access)}'`;
  const detail = sentences([
    why,
    runs(suspect),
    roles ? "" : "No roles were found in this project, so everybody may be meant",
  ]);
  // where nothing is known of whose a row is, the caller's key in it may be that of its only owner
  const known = first === undefined || tenants.holds(first.access.model) || !isKeyedByCaller(first);
  const proven = known && risk.byData && roles && suspect.entry.protection.confidence === "proven";
  const draftOf = draft(
    suspect,
    "highRisk",
    { risk: risk.what, detail },
    risk.byData && roles ? "warning" : "note",
    proven ? "proven" : "inferred",
  );
  return first === undefined
    ? draftOf
    : {
        ...draftOf,
        flow: [
          ...draftOf.flow,
          { place: first.access.place, label: `'${accessName(first.access)}' is done for any of them` },
        ],
      };
}

function forShared(suspect: Suspect, shared: readonly ReachedAccess[], tenants: TenantData): FindingDraft<Message> {
  const why = shared.map(({ access }) => tenants.why(access.model)).find((text) => text !== "") ?? "";
  return draft(suspect, "shared", { detail: sentences([why, runs(suspect)]) }, "note", "inferred");
}

function forExternal(suspect: Suspect, external: ExternalUse): FindingDraft<Message> {
  const data = {
    id: external.path,
    service: external.name,
    detail: sentences(["Nothing shows that what it addresses is the caller's", runs(suspect)]),
  };
  const made = draft(suspect, "external", data, "warning", "inferred");
  return {
    ...made,
    place: external.place,
    flow: [...made.flow, { place: external.place, label: `'${external.name}' is asked with it` }],
  };
}
