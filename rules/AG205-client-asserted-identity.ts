/** AG205: who calls, taken from what the client says of itself. */
import type { Access, Conjunct, EntryPoint, Facts, Reach } from "../src/model/facts.js";
import { defineRule, type FindingDraft } from "../src/model/rule.js";
import { accessPlace } from "./support/bound-accesses.js";
import { onePerPlace } from "./support/one-per-place.js";
import { flawDrafts } from "./support/token-flaws.js";

type Message = "asserted" | "membership";

export const clientAssertedIdentity = defineRule<Message>({
  meta: {
    code: "AG205",
    name: "client-asserted-identity",
    title: "Identity that the client asserts",
    why: "A user id or role in a header, a body or a query is a claim of the caller about itself. Beside a verified identity it is worse than none: the check that follows asks about somebody else.",
    severity: "error",
    securitySeverity: "8.6",
    precision: "medium",
    cwe: [290, 807, 639],
    taxa: ["API2:2023", "API1:2023", "A07:2025", "A01:2025", "PR.AA-04", "ASVS-4.1.3"],
    since: "0.1.0",
    messages: {
      asserted: "The caller's identity is taken from '{call}', which the client writes.{detail}",
      membership:
        "'{access}' asks whether the user named by '{from}' is a member, not whether the caller is. A verified identity is at hand in '{entry}'.",
    },
  },
  check({ facts }) {
    return [
      ...flawDrafts<Message>(facts.tokenFlaws, {
        "asserted-identity": {
          message: "asserted",
          severity: "error",
          remedy: "Take the identity from a verified token or session; behind a gateway, verify what it signs.",
        },
      }),
      ...onePerPlace(facts.accesses.flatMap((access) => memberships(access, facts))),
    ];
  },
});

/** Look-ups of a membership by a user id of the request, where the caller has been verified. */
function memberships(access: Access, facts: Facts): FindingDraft<Message>[] {
  if (access.operation !== "read" || !facts.tenancy.memberships.includes(access.model)) return [];
  // the filter that is kept is that of the entry which was seen first; what others hand over may be something else
  return access.reaches.slice(0, 1).flatMap((reach) => {
    const entry = facts.entries[reach.entry];
    const conjunct = statedUser(access, facts);
    if (entry === undefined || conjunct === null || !asksForCaller(reach, entry, access, facts)) return [];
    const [value] = conjunct.values;
    return value === undefined ? [] : [draft(access, entry, conjunct, value.path)];
  });
}

/** The predicate on the user, when all its values come from the body or the query. */
function statedUser(access: Access, facts: Facts): Conjunct | null {
  if (access.conjuncts.some((one) => one.values.some((value) => value.source === "identity"))) return null;
  const found = access.conjuncts.find(
    (one) =>
      one.position === "and" &&
      namesUser(one.column, facts) &&
      one.values.length > 0 &&
      one.values.every((value) => value.source === "input" && /^(?:body|query|input)\b.*user_?id$/i.test(value.path)),
  );
  return found ?? null;
}

function namesUser(column: string, facts: Facts): boolean {
  const last = (column.split(".").at(-1) ?? "").toLowerCase().replaceAll("_", "");
  return facts.tenancy.ownerKeys.includes(last) || last === "userid";
}

/** `PUT /projects/:id/memberships`: the member is what the request works on. */
const OF_MEMBERS = /member|collaborator|invit/i;

/**
 * The answer stands for the caller: somebody is signed in, nobody else was asked about the caller, and the member
 * is not what the request works on.
 */
function asksForCaller(reach: Reach, entry: EntryPoint, access: Access, facts: Facts): boolean {
  if (!reach.authenticated || reach.decided || OF_MEMBERS.test(entry.path)) return false;
  return entry.accesses.every((index) => {
    const other = facts.accesses[index];
    if (other === undefined || other === access || other.model !== access.model) return true;
    const ofCaller = other.conjuncts.some((one) => one.values.some((value) => value.source === "identity"));
    return other.operation === "read" && !ofCaller;
  });
}

function draft(access: Access, entry: EntryPoint, conjunct: Conjunct, from: string): FindingDraft<Message> {
  return {
    message: "membership",
    data: { access: `${access.model}.${access.method}`, from, entry: entry.key },
    subject: entry.key,
    aspect: `${access.model}.${access.method}`,
    place: conjunct.place.file === accessPlace(access).file ? conjunct.place : accessPlace(access),
    related: [{ place: entry.place, label: `'${entry.key}' begins here` }],
    flow: [
      { place: entry.place, label: `'${entry.key}'` },
      { place: access.place, label: "membership of the stated user" },
    ],
    confidence: "proven",
    severity: "error",
    remedy: "Use the user id of the verified session in the look-up.",
  };
}
