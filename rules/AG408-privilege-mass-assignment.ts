/** AG408: the request says which privilege is written, and no check saw caller and privilege together. */
import type { Access, EntryPoint, Reach, WrittenPrivilege } from "../src/model/facts.js";
import { defineRule, type FindingDraft, type RuleInput, type Severity } from "../src/model/rule.js";
import { byKey, entryPlaces, hasCaller } from "./support/entry-points.js";
import { onePerPlace } from "./support/one-per-place.js";
import { accessName } from "./support/tenant-data.js";
import { listed, sentences } from "./support/wording.js";

type Message = "chosen" | "broughtAlong" | "privilegedDefault" | "notCompared";

export const privilegeMassAssignment = defineRule<Message>({
  meta: {
    code: "AG408",
    name: "privilege-mass-assignment",
    title: "Request chooses the privilege that is written",
    why: "Whoever may write the row may write the role in it. A member makes an administrator of himself, or of an account that he just created.",
    severity: "error",
    securitySeverity: "8.8",
    precision: "high",
    cwe: [269, 915, 863],
    taxa: ["API3:2023", "API5:2023", "A01:2025", "PR.AA-05", "ASVS-8.2.3", "ASVS-8.3.1"],
    since: "0.1.0",
    messages: {
      chosen: "'{access}' writes '{column}' as '{path}' asks for.{detail}",
      broughtAlong: "'{access}' writes '{path}' as it is, and so lets the request set '{column}'.{detail}",
      privilegedDefault: "'{access}' writes '{column}' as '{fallback}' when the request asks for nothing.{detail}",
      notCompared:
        "'{access}' writes '{column}' as '{path}' asks for, and the decision before it does not see which.{detail}",
    },
  },
  check(input) {
    return onePerPlace(input.facts.accesses.flatMap((access) => draftsOf(access, input)));
  },
});

interface Written {
  readonly entry: EntryPoint;
  readonly reach: Reach;
  readonly privilege: WrittenPrivilege;
}

function draftsOf(access: Access, input: RuleInput): FindingDraft<Message>[] {
  const written = access.reaches.flatMap((reach): Written[] => {
    const entry = input.facts.entries[reach.entry];
    const [privilege] = reach.writtenPrivileges ?? [];
    if (entry === undefined || privilege === undefined || !hasCaller(entry) || entry.machine === true) return [];
    // who may do everything everywhere may give everything
    return reach.decided && reach.instanceWide === true ? [] : [{ entry, reach, privilege }];
  });
  const [lead] = written.sort((a, b) => Number(decides(a)) - Number(decides(b)) || byKey(a.entry, b.entry));
  return lead === undefined ? [] : [draft(access, lead, written)];
}

function decides({ entry, reach }: Written): boolean {
  return reach.decided || entry.protection.decision;
}

function draft(access: Access, lead: Written, written: readonly Written[]): FindingDraft<Message> {
  const { entry, privilege } = lead;
  const { column, path, fallback } = privilege;
  const open = written.filter((one) => decides(one) === decides(lead)).map((one) => one.entry);
  return {
    message: messageOf(lead),
    data: {
      access: accessName(access),
      column,
      path,
      fallback,
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
    confidence: decides(lead) ? "named" : privilege.listed ? "inferred" : "proven",
    severity: severityOf(lead),
    remedy: `Compare '${path}' with what the caller may grant, or leave '${column}' out of what the request may set.`,
  };
}

function messageOf(lead: Written): Message {
  if (lead.privilege.fallback !== "") return "privilegedDefault";
  if (decides(lead)) return "notCompared";
  return lead.privilege.whole ? "broughtAlong" : "chosen";
}

/** Without any decision anybody becomes what he asks for; a schema may at least have left the highest role out. */
function severityOf(lead: Written): Severity {
  if (decides(lead)) return "note";
  return lead.privilege.listed ? "warning" : "error";
}
