/** Writes of privileges that the request chooses: who gets there, and whether it may be more than they have themselves. */
import { ADMINISTRATORS, lowestRank, rankOf, rolesAbove } from "../../src/base/role-ranks.js";
import type { Access, Confidence, EntryPoint, Reach, WrittenPrivilege } from "../../src/model/facts.js";
import type { FindingDraft, RuleInput, Severity } from "../../src/model/rule.js";
import { bySeverity } from "./certainty.js";
import { byKey, entryPlaces, hasCaller } from "./entry-points.js";
import { asksForTenantAlone } from "./membership-only.js";
import { rolesOfColumn } from "./privileges.js";
import { reachesWith } from "./reaches.js";
import { isRoleOfNoPerson } from "./role-holders.js";
import { accessName } from "./tenant-data.js";
import { listed, sentences } from "./wording.js";

export type GrantMessage =
  | "chosen"
  | "broughtAlong"
  | "privilegedDefault"
  | "notCompared"
  | "aboveOwn"
  | "aboveMembers"
  | "notHeld";

interface Written {
  readonly entry: EntryPoint;
  readonly reach: Reach;
  readonly privilege: WrittenPrivilege;
}

interface Judged {
  readonly written: Written;
  readonly message: GrantMessage;
  readonly severity: Severity;
  readonly confidence: Confidence;
  /** roles above those that are enough to get there */
  readonly above?: readonly string[];
}

/** One draft for each place at which a privilege enters. */
export function grantsOf(
  access: Access,
  input: RuleInput,
  vocabulary: readonly string[],
): FindingDraft<GrantMessage>[] {
  const writing = reachesWith(access, "writtenPrivileges");
  if (writing.length === 0 || isRoleOfNoPerson(access.model, input.facts)) return [];
  const places = new Map<string, Judged[]>();
  for (const reach of writing) {
    const entry = input.facts.entries[reach.entry];
    const [privilege] = reach.writtenPrivileges ?? [];
    if (entry === undefined || privilege === undefined || !hasCaller(entry) || entry.machine === true) continue;
    // who may do everything everywhere may give everything
    if (reach.demands?.everything === true) continue;
    const judged = judge({ entry, reach, privilege }, access, input, vocabulary);
    if (judged === null) continue;
    const key = `${privilege.place.file}:${privilege.place.start}`;
    places.set(key, [...(places.get(key) ?? []), judged]);
  }
  return [...places.values()].flatMap((all) => {
    const [lead] = all.sort((a, b) => bySeverity(a.severity, b.severity) || byKey(a.written.entry, b.written.entry));
    return lead === undefined ? [] : [draft(access, lead, all)];
  });
}

/** How bad it is; null where who gets there may give all that there is to give. */
function judge(written: Written, access: Access, input: RuleInput, vocabulary: readonly string[]): Judged | null {
  const { entry, privilege, reach } = written;
  const decides = reach.decided || reach.demands?.decidedByKey === true || entry.protection.decision;
  const decided = privilege.form === "standing" ? isAskedForMore(written) : decides;
  // whoever made a key decided then what it may do
  if (!decided && reach.demands?.byKey !== true) {
    // a key is cut out of what its maker may do, as far as a schema says which parts there are
    if (privilege.listed && !privilege.whole && IS_API_KEY.test(access.model)) return null;
    const message = privilege.whole ? "broughtAlong" : "chosen";
    // a schema may at least have left the highest role out
    const [severity, confidence] = privilege.listed
      ? (["warning", "inferred"] as const)
      : (["error", "proven"] as const);
    return { written, message: privilege.fallback === "" ? message : "privilegedDefault", severity, confidence };
  }
  if (privilege.form === "standing") return null;
  const unseen: Judged = {
    written,
    message: privilege.fallback === "" ? "notCompared" : "privilegedDefault",
    severity: "note",
    confidence: "named",
  };
  const { roles = [], privilege: demanded = false } = reach.demands ?? {};
  const lowest = lowestRank(roles);
  if (privilege.form === "name") {
    const known = privilege.choices ?? rolesOfColumn(access.model, privilege.column, input.facts) ?? vocabulary;
    if (lowest === null) {
      // of `view`, `modify` and `full` only the service knows which is the highest
      const scale = privilege.choices !== undefined && known.every((word) => rankOf(word) === null);
      if (reach.instanceWide === true || (scale && demanded)) return null;
      return byAnyMember(written, access, known, input) ?? unseen;
    }
    const above = rolesAbove(lowest, known);
    // of a schema that a step before looked at nothing is known, and it may have left the highest out
    const confidence = privilege.unreadSchema === true ? "named" : "inferred";
    return above.length === 0 ? null : { written, message: "aboveOwn", severity: "error", confidence, above };
  }
  if (lowest !== null && lowest >= ADMINISTRATORS) return null;
  if (!demanded || IS_KEY.test(access.model)) return unseen;
  return { written, message: "notHeld", severity: "warning", confidence: "inferred" };
}

/** More than that the account is the caller's own: who administers accounts may say how they stand. */
function isAskedForMore({ entry, reach }: Written): boolean {
  const { roles = [], privilege = false } = reach.demands ?? {};
  return privilege || roles.length > 0 || reach.instanceWide === true || entry.protection.privilege !== undefined;
}

/** Whoever is a member may make administrators, also of people who only write to them. */
function byAnyMember(
  { entry, reach, privilege }: Written,
  access: Access,
  known: readonly string[],
  { facts }: RuleInput,
): Judged | null {
  const seats = facts.tenancy.memberships.includes(access.model) || /invit/i.test(access.model);
  const { privilege: demanded = false, byKey: ofKey = false } = reach.demands ?? {};
  if (!seats || demanded || ofKey || reach.asksForMore === true) return null;
  if (entry.protection.privilege !== undefined || !asksForTenantAlone(entry) || makesTenant(entry, facts)) return null;
  const above = rolesAbove(ADMINISTRATORS - 1, known);
  if (above.length === 0 || above.length === known.length) return null;
  const written = { entry, reach, privilege };
  return { written, message: "aboveMembers", severity: "warning", confidence: "inferred", above };
}

/** The tenant itself is made there: it has nobody yet whom this could be taken from. */
function makesTenant({ accesses }: EntryPoint, { accesses: all, tenancy }: RuleInput["facts"]): boolean {
  const levels = new Set(tenancy.levels ?? [tenancy.root]);
  return accesses.some((at) => all[at]?.operation === "create" && levels.has(all[at]?.model ?? ""));
}

const IS_API_KEY = /api_?keys?(?:_?table)?$/i;
/** What a key may do is often cut down again to what its owner may, where it is used. */
const IS_KEY = /key|token|client|secret/i;

function draft(access: Access, lead: Judged, all: readonly Judged[]): FindingDraft<GrantMessage> {
  const { entry, privilege, reach } = lead.written;
  const { column, path, fallback } = privilege;
  const open = all.filter((one) => one.message === lead.message).map((one) => one.written.entry);
  return {
    message: lead.message,
    data: {
      access: accessName(access),
      column,
      path,
      fallback,
      above: lead.above?.[0] ?? "",
      enough: reach.demands?.roles.join("' or '") ?? "",
      detail: sentences([`It is reached from ${listed([...new Set(open.map((one) => one.key))])}`]),
    },
    subject: entry.key,
    aspect: `${accessName(access)} ${column}`,
    place: privilege.place,
    related: entryPlaces(open),
    flow: [
      { place: entry.place, label: `'${entry.key}' begins here` },
      { place: privilege.place, label: `'${column}' is written` },
    ],
    confidence: lead.confidence,
    severity: lead.severity,
    remedy: `Compare '${path}' with what the caller may grant, or leave '${column}' out of what the request may set.`,
  };
}
