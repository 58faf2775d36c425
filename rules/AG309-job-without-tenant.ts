/**
 * AG309: a job touches data of one tenant, picked by a message that does not say whose it is, or without using that; or
 * whoever sends the message takes the tenant in it from the request.
 */
import type { Access, EntryPoint, MessageKey, Reach } from "../src/model/facts.js";
import { defineRule, type FindingDraft, type RuleInput, type Severity } from "../src/model/rule.js";
import { accessPlace, isFromRequest, predicateFound } from "./support/bound-accesses.js";
import { entryPlaces, hasCaller } from "./support/entry-points.js";
import { onePerPlace } from "./support/one-per-place.js";
import { reachesWith } from "./support/reaches.js";
import { accessName, tenantData } from "./support/tenant-data.js";
import { sentences } from "./support/wording.js";

type Message = "tenantUnused" | "noTenant" | "tenantChosen";

interface JobAccess {
  readonly access: Access;
  readonly reach: Reach;
  readonly entry: EntryPoint;
}

export const jobWithoutTenant = defineRule<Message>({
  meta: {
    code: "AG309",
    name: "job-without-tenant",
    title: "Job that works on tenant data without a tenant",
    why: "A worker has no signed-in caller; the message is all it knows. When the tenant is not in the message, or is there and not in the query, whoever can place a message or confuse two ids reaches any tenant's rows.",
    severity: "warning",
    securitySeverity: "5.9",
    precision: "medium",
    cwe: [863, 639],
    taxa: ["A01:2025", "PR.AA-05", "PR.DS-10", "ASVS-8.4.1"],
    since: "0.1.0",
    messages: {
      tenantUnused: "'{access}' of job '{entry}' does not use the tenant that the message carries.{detail}",
      tenantChosen:
        "'{access}' puts '{key}' into the message as '{path}' asks for, and nothing shows that it is the caller's.{detail}",
      noTenant: "'{access}' of job '{entry}' is picked by the message alone, without a tenant.{detail}",
    },
  },
  check(input) {
    return onePerPlace([...jobAccesses(input).map((one) => draft(one, input)), ...chosenTenants(input)]);
  },
});

/** A worker believes what the message says: whoever sends it answers for the tenant in it. */
function* chosenTenants(input: RuleInput): Generator<FindingDraft<Message>> {
  const { tenantKeys, ownerKeys } = input.facts.tenancy;
  const keys = new Set([...tenantKeys, ...ownerKeys]);
  for (const [index, entry] of input.facts.entries.entries()) {
    if (entry.messageKeys === undefined || !hasCaller(entry) || entry.machine === true) continue;
    const { authentication, instanceWide } = entry.protection;
    if (authentication !== "rejects" || instanceWide === true || input.policy.entries[index]?.public === true) continue;
    for (const sent of entry.messageKeys) if (keys.has(normalized(sent.key))) yield chosenDraft(entry, sent);
  }
}

function chosenDraft(entry: EntryPoint, { call, key, path, place }: MessageKey): FindingDraft<Message> {
  return {
    message: "tenantChosen",
    data: {
      access: call,
      key,
      path,
      detail: sentences(["The worker has no caller of its own to hold it against", `It is sent by '${entry.key}'`]),
    },
    subject: entry.key,
    aspect: `${call} ${key}`,
    place,
    related: entryPlaces([entry]),
    flow: [
      { place: entry.place, label: `'${entry.key}' begins here` },
      { place, label: `'${key}' goes into the message` },
    ],
    confidence: "inferred",
    severity: "warning",
    remedy: `take '${key}' from the verified identity, or check that it is the caller's before the message is sent`,
  };
}

function normalized(key: string): string {
  return key.replaceAll("_", "").toLowerCase();
}

/** Accesses of jobs that the message picks and nothing ties to a tenant. */
function jobAccesses(input: RuleInput): JobAccess[] {
  const tenants = tenantData(input);
  const found: JobAccess[] = [];
  for (const access of input.facts.accesses) {
    // the tenant itself is what the message names
    const kind = tenants.scopingOf(access.model)?.kind ?? "root";
    if (kind === "root" || access.operation === "create") continue;
    for (const reach of reachesWith(access, "jobBinding")) {
      const entry = input.facts.entries[reach.entry];
      if (entry === undefined || reach.jobBinding?.verdict !== "unbound" || !isPicked(access)) continue;
      found.push({ access, reach, entry });
    }
  }
  return found;
}

function isPicked(access: Access): boolean {
  return access.conjuncts.some((part) => part.values.some((value) => value.source === "input"));
}

/** Another access of the same job that is filtered by the tenant of the message. */
function tenantOf(entry: EntryPoint, index: number, input: RuleInput): string {
  const keys = new Set(input.facts.tenancy.tenantKeys);
  for (const at of entry.accesses) {
    const access = input.facts.accesses[at];
    if (access === undefined || !access.reaches.some((reach) => reach.entry === index)) continue;
    for (const { column, values } of access.conjuncts) {
      const last = column.split(".").at(-1) ?? "";
      const value = values.find((one) => one.source === "input");
      if (value !== undefined && keys.has(normalized(last))) return value.path;
    }
  }
  return "";
}

function draft({ access, reach, entry }: JobAccess, input: RuleInput): FindingDraft<Message> {
  const tenant = tenantOf(entry, reach.entry, input);
  const writes = access.operation === "update" || access.operation === "delete";
  const severity: Severity = tenant !== "" || writes ? "warning" : "note";
  const name = accessName(access);
  return {
    message: tenant === "" ? "noTenant" : "tenantUnused",
    data: {
      access: name,
      entry: entry.key,
      detail: sentences([
        predicateFound(access, isFromRequest(access)),
        reach.jobBinding?.reason ?? "",
        tenant === "" ? "" : `The message has '${tenant}'`,
      ]),
    },
    subject: entry.key,
    aspect: name,
    place: accessPlace(access),
    related: [{ place: entry.place, label: `job '${entry.key}'` }],
    flow: [
      { place: entry.place, label: `'${entry.key}' begins here` },
      { place: access.place, label: `'${name}' is not tied to a tenant` },
    ],
    confidence: "inferred",
    severity,
    remedy: "put the tenant into the message where it is made, and into the filter here",
  };
}
