/** Entry points that receive messages of other services and act on them, whoever sent them. */
import type { Access, EntryPoint } from "../../src/model/facts.js";
import type { RuleInput } from "../../src/model/rule.js";
import { hasCaller, verbClass } from "./entry-points.js";
import { bypassedEntries } from "./open-entries.js";
import { type TenantData, tenantData } from "./tenant-data.js";

export interface UnverifiedWebhook {
  readonly entry: EntryPoint;
  /** the change that anybody can cause; null when it only has effects outside */
  readonly change: Access | null;
  /** rows of a tenant, found by what the message says */
  readonly onTenantData: boolean;
  /** a signature is checked, and only after the change */
  readonly tooEarly: boolean;
}

/** What is noted of messages before anybody knows whose they are. */
const RECORDS = /audit|log|event|deliver|message|webhook|inbox|attempt/i;
/** A secret in the address is what such a sender proves itself with. */
const SECRET_PARAMETER = /[:*]\w*(?:token|secret|key|hash|code|signature|uuid|guid|nonce)\w*/i;

export function unverifiedWebhooks(input: RuleInput): UnverifiedWebhook[] {
  const { facts, policy } = input;
  const tenants = tenantData(input);
  const faulty = new Set([...facts.guardFaults.flatMap((fault) => fault.entries), ...bypassedEntries(input)]);
  return facts.entries.flatMap((entry, index): UnverifiedWebhook[] => {
    if (!isWebhook(entry) || policy.entries[index]?.public === true) return [];
    if (faulty.has(entry.key) || verbClass(entry, facts) !== "write" || SECRET_PARAMETER.test(entry.path)) return [];
    const reached = tenants.reached(entry, index);
    const early = reached.find(({ access, reach }) => reach.unsigned === true && !RECORDS.test(access.model));
    if (early !== undefined)
      return [{ entry, change: early.access, onTenantData: tenants.holds(early.access.model), tooEarly: true }];
    if (!isOpen(entry)) return [];
    // a row that only a secret of the message leads to is that secret's own business
    const changes = reached.filter(
      ({ access, reach }) => access.operation !== "read" && reach.binding.verdict !== "bound",
    );
    const exposed = changes.find(({ access }) => tenants.holds(access.model));
    const change = (exposed ?? changes[0])?.access ?? null;
    if (change === null && (entry.effects.length === 0 || isSettled(reached))) return [];
    return [{ entry, change, onTenantData: exposed !== undefined, tooEarly: false }];
  });
}

/** Something was found by a secret of the message, so the sender is known after all. */
function isSettled(reached: ReturnType<TenantData["reached"]>): boolean {
  return reached.some(({ reach }) => reach.binding.verdict === "bound");
}

export function isWebhook(entry: EntryPoint): boolean {
  if (!hasCaller(entry) || entry.transport === "page") return false;
  if (entry.sender !== undefined) return entry.intent === null || entry.intent.by === "convention";
  return entry.intent?.by === "convention" && entry.intent.reason === "webhook";
}

function isOpen({ protection, steps }: EntryPoint): boolean {
  const { authentication, decision, signature } = protection;
  // what a missing setting opens is another rule's
  if (steps.some((step) => step.grants === "signature" && step.condition !== "")) return false;
  return !decision && !signature && (authentication === "none" || authentication === "attach");
}
