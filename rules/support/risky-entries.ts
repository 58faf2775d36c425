/** Entry points of high risk that people reach, for the rules on what has to go along with them. */
import type { EntryPoint } from "../../src/model/facts.js";
import type { RuleInput } from "../../src/model/rule.js";
import { hasCaller, isAuthenticated, verbClass } from "./entry-points.js";
import { MEMBERS, type Risk, riskOf } from "./high-risk.js";
import { oncePerRun } from "./once-per-run.js";
import { isOwnWrite } from "./own-effects.js";
import { type ReachedAccess, type TenantData, tenantData } from "./tenant-data.js";

export interface RiskyEntry {
  readonly entry: EntryPoint;
  readonly risk: Risk;
}

/** Authenticated operations of people, those that hold secrets of the service left out; in the order of the facts. */
export const riskyEntries = oncePerRun(readRiskyEntries);

function readRiskyEntries(input: RuleInput): readonly RiskyEntry[] {
  const { facts, policy } = input;
  const tenants = tenantData(input);
  return [...facts.entries.entries()].flatMap(([index, entry]): RiskyEntry[] => {
    if (!hasCaller(entry) || !isAuthenticated(entry) || entry.machine === true || entry.method === "FIELD") return [];
    if (entry.transport === "page" || entry.transport === "mcp" || policy.entries[index]?.public === true) return [];
    const reached = tenants.reached(entry, index);
    // what is read in bulk is told from a list by its path alone: too little to demand a record or a fresh sign-in
    if (verbClass(entry, facts) !== "write" || onlyAsks(entry, reached)) return [];
    const risk = ownRisk(entry) ?? riskOf(entry, reached, true, tenants);
    if (risk === null || (risk.what === MEMBERS && concernsNobodyElse(entry, risk, reached, input, tenants))) return [];
    return [{ entry, risk }];
  });
}

/** A procedure that says by its name that it looks something up, and does no more. */
function onlyAsks({ path, effects, external }: EntryPoint, reached: readonly ReachedAccess[]): boolean {
  const [last = ""] = path.split(/[/.#]/).slice(-1);
  const reads = reached.length > 0 && reached.every(({ access }) => access.operation === "read");
  return reads && ASKS.test(last) && effects.length === 0 && (external ?? []).length === 0;
}

const ASKS = /^(?:validate|verify|check|get|find|fetch|list|lookup|search|is|has)(?:[A-Z_-]|$)/;

/** The caller joins or leaves by themselves, answers an invitation, or only the name speaks of members. */
function concernsNobodyElse(
  { path }: EntryPoint,
  { writes }: Risk,
  reached: readonly ReachedAccess[],
  input: RuleInput,
  tenants: TenantData,
): boolean {
  if (writes.length > 0)
    return writes.every(
      (one) =>
        (one.reach.writtenPrivileges ?? []).length === 0 &&
        (one.reach.createsForCaller === true ||
          (one.access.operation !== "create" && isOwnWrite(one, reached, input, tenants) && ofOneMember(one))),
    );
  const written = reached.filter(({ access }) => access.operation !== "read");
  const touches = written.some(({ access }) => PEOPLE.test(access.model) || access.operation === "raw");
  return ANSWERS.test(path) || (written.length > 0 && !touches);
}

/** Not all members of what is the caller's: one that was found, or those that are the caller. */
function ofOneMember({ access: { conjuncts } }: ReachedAccess): boolean {
  return conjuncts.some(
    ({ column, position, values }) =>
      position === "and" &&
      (/(?:^|\.)_?u?u?id$/i.test(column) || (values.length > 0 && values.every(({ source }) => source === "identity"))),
  );
}

const PEOPLE = /user|member|person|people|account|profile|invit|role|permission|collaborat|group|acl|share/i;
/** Nobody is taken in who was not asked before, and what was sent is sent once more. */
const ANSWERS =
  /(?:accept|decline|reject|reply|respond|answer|resend|remind)\w*invit|invit\w*(?:[/._-](?:[:{]\w+\}?[/._-])?)?(?:accept|decline|reject|reply|respond|answer|resend|remind)/i;

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
  return found === undefined ? null : { what: found.what, byData: false, writes: [] };
}
