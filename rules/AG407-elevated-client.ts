/** AG407: a request is served with a client, a key or an option to which the data layer's access rules do not apply. */
import type { EntryPoint } from "../src/model/facts.js";
import { defineRule, type FindingDraft, type RuleInput } from "../src/model/rule.js";
import {
  accessPlace,
  type FailedAccess,
  type FailedReach,
  failedDetails,
  failedFlow,
  reachedAccesses,
} from "./support/bound-accesses.js";
import { bypassDraft, openBypasses } from "./support/bypass-drafts.js";
import { entriesByKey, entryPlaces, hasCaller } from "./support/entry-points.js";
import { onePerPlace } from "./support/one-per-place.js";
import { reachesWith } from "./support/reaches.js";
import { accessName } from "./support/tenant-data.js";
import { sentences } from "./support/wording.js";

type Message = "option" | "client" | "tenant";

export const elevatedClient = defineRule<Message>({
  meta: {
    code: "AG407",
    name: "elevated-client",
    title: "Request served with a client that no access rule limits",
    why: "The rules of the data layer were written so that no query can forget them. A client that stands above them serves the request with the rights of the service, and every filter that is forgotten shows the rows of all.",
    severity: "error",
    securitySeverity: "7.5",
    precision: "medium",
    cwe: [250, 269, 863],
    taxa: ["API1:2023", "API5:2023", "A01:2025", "NHI5:2025", "PR.AA-05", "ASVS-8.4.1"],
    since: "0.1.0",
    messages: {
      option: "'{predicate}' lifts the access rules of the data layer while a request is served.{detail}",
      tenant:
        "'{access}' finds by '{path}' a row of the tenant that the configuration names, and no check ties it to the caller.{detail}",
      client: "'{access}' uses {client}, and nothing ties the rows to the caller.{detail}",
    },
  },
  check(input) {
    return onePerPlace([...options(input), ...clients(input), ...configuredTenants(input)]);
  },
});

/** An option in a request path; where a decision was made before, it may be what that decision allowed. */
function options(input: RuleInput): FindingDraft<Message>[] {
  return openBypasses(input, ["elevated-client"]).flatMap((open) => {
    const entries = entriesByKey(open.bypass.entries, input.facts).filter(servesUsers);
    if (entries.length === 0) return [];
    const undecided = entries.some((entry) => !entry.protection.decision);
    const draft = bypassDraft<Message>(open, "option", undecided ? "error" : "note", input);
    return [undecided ? draft : { ...draft, confidence: "named" }];
  });
}

function servesUsers(entry: EntryPoint): boolean {
  return (
    hasCaller(entry) && entry.machine !== true && !/(?:^|\/)(?:admin|cron|internal|webhooks?)(?:\/|$)/i.test(entry.path)
  );
}

function clients(input: RuleInput): FindingDraft<Message>[] {
  const open = new Set(["unbound", "tenant-from-input", "optional", "ineffective"]);
  return reachedAccesses(
    input,
    (reach) => open.has(reach.binding.verdict),
    ({ elevated, reaches }) => (elevated === undefined ? [] : reaches),
  ).map(clientDraft);
}

/** The service's own tenant, and which of its rows the caller says: in a service of many tenants that is somebody else's. */
function configuredTenants(input: RuleInput): FindingDraft<Message>[] {
  const failed = reachedAccesses(
    input,
    (reach) => reach.binding.verdict !== "unbound",
    (access) => reachesWith(access, "configured"),
  ).filter((one) => isTenantOfCallersElsewhere(one, input));
  return failed.flatMap(perUse).map(tenantDraft);
}

/** A helper finds the row, and each of its callers says by which id. */
function perUse(failed: FailedAccess): FailedAccess[] {
  const uses = new Map<string, FailedReach[]>();
  for (const one of failed.reaches) {
    const { file = "", start = 0 } = one.reach.configured?.use ?? {};
    uses.set(`${file}:${start}`, [...(uses.get(`${file}:${start}`) ?? []), one]);
  }
  return [...uses.values()].flatMap((reaches) => {
    const [lead] = reaches;
    return lead === undefined ? [] : [{ ...failed, lead, reaches }];
  });
}

/**
 * Elsewhere the same column holds the caller's own, or nearly always what was found before for whoever calls: so there
 * are other tenants than the configured one.
 */
function isTenantOfCallersElsewhere({ lead }: FailedAccess, input: RuleInput): boolean {
  const column = lead.reach.configured?.column;
  let found = 0;
  let fixed = 0;
  for (const { binding, configured } of input.facts.accesses.flatMap(({ reaches }) => reaches)) {
    if (configured?.column === column) fixed += 1;
    const { conjunct } = binding;
    if (configured !== undefined || binding.verdict !== "bound" || conjunct === null) continue;
    if (conjunct.column.split(".").at(-1) !== column) continue;
    if (conjunct.values.some(({ source }) => source === "identity")) return true;
    if (conjunct.values.some(({ source }) => source === "row")) found += 1;
  }
  return found >= SEVERAL && fixed * SEVERAL <= found;
}

const SEVERAL = 5;

function tenantDraft(failed: FailedAccess): FindingDraft<Message> {
  const { access, lead, reaches } = failed;
  const { column = "", path = "", use = access.place } = lead.reach.configured ?? {};
  return {
    message: "tenant",
    data: {
      access: accessName(access),
      path,
      detail: sentences([
        `'${column}' comes from the configuration, and elsewhere from the caller`,
        `It is reached from '${lead.entry.key}'`,
      ]),
    },
    subject: lead.entry.key,
    aspect: `${accessName(access)} ${path}`,
    place: use,
    related: [
      { place: access.place, label: "the row is picked here" },
      ...entryPlaces(reaches.map(({ entry }) => entry)),
    ],
    flow: [
      { place: lead.entry.place, label: `'${lead.entry.key}' begins here` },
      { place: use, label: `'${path}' says which row of the configured tenant` },
      { place: access.place, label: `'${accessName(access)}' finds it` },
    ],
    confidence: "proven",
    severity: "warning",
    remedy: `derive '${path}' from the caller, or compare it with what the caller may name`,
  };
}

function clientDraft(failed: FailedAccess): FindingDraft<Message> {
  const { access, lead, reaches } = failed;
  return {
    message: "client",
    data: { access: accessName(access), client: access.elevated ?? "", detail: failedDetails(failed) },
    subject: lead.entry.key,
    aspect: accessName(access),
    place: accessPlace(access),
    related: entryPlaces(reaches.map((reach) => reach.entry)),
    flow: failedFlow(failed),
    confidence: lead.confidence,
    severity: lead.confidence === "named" ? "note" : "warning",
    remedy: "Use a client that carries the caller's own token, or bind the query to the caller.",
  };
}
