/** Entry points of high risk that people reach, for the rules on what has to go along with them. */
import type { EntryPoint } from "../../src/model/facts.js";
import type { RuleInput } from "../../src/model/rule.js";
import { hasCaller, isAuthenticated, verbClass } from "./entry-points.js";
import { type Risk, riskOf } from "./high-risk.js";
import { TenantData } from "./tenant-data.js";

export interface RiskyEntry {
  readonly entry: EntryPoint;
  readonly risk: Risk;
}

/** Authenticated operations of people, those that hold secrets of the service left out; in the order of the facts. */
export function riskyEntries(input: RuleInput): RiskyEntry[] {
  const { facts, policy } = input;
  const tenants = new TenantData(input);
  return [...facts.entries.entries()].flatMap(([index, entry]): RiskyEntry[] => {
    if (!hasCaller(entry) || !isAuthenticated(entry) || entry.machine === true || entry.method === "FIELD") return [];
    if (entry.transport === "page" || entry.transport === "mcp" || policy.entries[index]?.public === true) return [];
    const writes = verbClass(entry, facts) === "write";
    // what is read in bulk is told from a list by its path alone: too little to demand a record or a fresh sign-in
    const risk = writes ? (ownRisk(entry) ?? riskOf(entry, tenants.reached(entry, index), true, tenants)) : null;
    return risk === null ? [] : [{ entry, risk }];
  });
}

const OWN: readonly { readonly what: string; readonly path: RegExp }[] = [
  {
    what: "changes a password or an e-mail address",
    path: /(?:change|update|set|edit)[-_/]?(?:my[-_]?)?(?:password|e-?mail)|(?:^|[/.])(?:password|e-?mail)(?:[/.](?:change|update))?$/i,
  },
  {
    what: "changes the second factor",
    path: /(?:mfa|2fa|totp|two-?_?factor|authenticators?|passkeys?|backup-?_?codes|recovery-?_?codes)(?:[/._-]|$|[A-Z])/i,
  },
  {
    what: "deletes an account",
    path: /delete[-_]?(?:my[-_]?)?(?:account|user|organi[sz]ation|workspace)|close[-_]?account/i,
  },
];

/** What somebody can do to their own account and would not want others to. */
function ownRisk(entry: EntryPoint): Risk | null {
  const name = `${entry.path} ${entry.handler}`;
  // there is no second factor yet that could be asked for
  if (/(?:set-?_?up|enable|activate|enroll|verify|generate)(?:\W|$)/i.test(entry.path)) return null;
  const found = OWN.find(({ path }) => path.test(name));
  return found === undefined ? null : { what: found.what, byData: false };
}
