/** Operations whose misuse costs more than a row: credentials, privileges, money, identity providers, bulk copies. */
import type { EntryPoint } from "../../src/model/facts.js";
import type { ReachedAccess, TenantData } from "./tenant-data.js";

export interface Risk {
  /** what it does, ready for a message: `changes who is a member` */
  readonly what: string;
  /** the data says so, not only a name in the path */
  readonly byData: boolean;
  /** the writes that say so, none where a name does */
  readonly writes: readonly ReachedAccess[];
}

interface Kind {
  readonly what: string;
  readonly path: RegExp;
  readonly model: RegExp;
}

export const MEMBERS = "changes who is a member, or with which role";

const KINDS: readonly Kind[] = [
  {
    what: MEMBERS,
    path: /(?:member|role|invit|permission|collaborator|transfer-?owner)/i,
    model:
      /(?:^|_)(?:org|organi[sz]ation|team|workspace|project|account|tenant)?_?(?:members?|memberships?|roles?|invitations?|invites?|permissions?)$/i,
  },
  {
    what: "makes or replaces keys and secrets",
    path: /(?:api-?_?keys?|access-?_?tokens?|secrets?|service-?_?accounts?)(?:\/|$|\b)/i,
    model: /(?:api_?keys?|access_?tokens?|secrets?|service_?accounts?)$/i,
  },
  {
    what: "changes how people sign in",
    path: /(?:(?<![a-z])sso|saml|scim|oidc|identity-?provider|\bidp\b|mfa|two-?factor|reset-?password)/i,
    model: /(?:sso|saml|scim|oidc|identity_?provider)\w*$/i,
  },
  {
    what: "moves money or changes who pays",
    path: /(?:billing|payout|refund|bank|payment-?methods?|subscription\/(?:cancel|change))/i,
    model: /(?:payouts?|refunds?|bank_?accounts?|payment_?methods?|billing\w*)$/i,
  },
  {
    what: "sends events to another address",
    path: /webhooks?(?:\/|$)/i,
    model: /webhooks?(?:_?(?:endpoints?|subscriptions?))?$/i,
  },
  {
    what: "acts as somebody else",
    // to be oneself again risks nothing
    path: /^(?!.*(?:stop|exit|leave|(?<![a-z])end)).*(?:impersonat|sudo|login-?as|act-?as)/i,
    model: /impersonations?$/i,
  },
  {
    what: "runs code or changes the database as a whole",
    path: /(?:run-?sql|raw-?query|execute-?sql|migrations?\/|purge|truncate|feature-?flags?)/i,
    model: /feature_?flags?$/i,
  },
];

const EXPORT = /(?:^|[/._-])(?:export|bulk-?download|dump|backup)(?:$|[/._-])/i;
const UNDERSCORES = /([a-z0-9])([A-Z])/g;

/** What an entry point risks; null when nothing says that it is more than ordinary. */
export function riskOf(
  entry: EntryPoint,
  reached: readonly ReachedAccess[],
  writes: boolean,
  tenants: TenantData,
): Risk | null {
  if (writes) {
    const written = reached.filter(
      ({ access, reach }) =>
        access.operation !== "read" && access.operation !== "raw" && reach.outsideProduction !== true,
    );
    for (const { what, model } of KINDS) {
      const speaking = written.filter(
        ({ access }) =>
          model.test(access.model.replace(UNDERSCORES, "$1_$2")) &&
          !tenants.isBookkeeping(access.model) &&
          !tenants.isRoleOfNoPerson(access.model) &&
          !tenants.isMemberOfNoPerson(access.model),
      );
      if (speaking.length > 0 && !(what === MEMBERS && foundsTenant(speaking, written, tenants)))
        return { what, byData: true, writes: speaking };
    }
    const kept = written.some(({ access }) => tenants.isBookkeeping(access.model));
    const named = kept ? entry.path.replace(/bank/gi, "") : entry.path;
    const kind = KINDS.find(({ path }) => path.test(named));
    if (kind !== undefined) return { what: kind.what, byData: false, writes: [] };
    const removed = written.find(
      ({ access }) => access.operation === "delete" && ROOTS.test(access.model) && !isCustomer(access.model, tenants),
    );
    if (removed !== undefined) return { what: `deletes a '${removed.access.model}'`, byData: true, writes: [removed] };
  }
  return EXPORT.test(entry.path) ? { what: "hands out data in bulk", byData: false, writes: [] } : null;
}

/** The tenant is made along with its members: whoever makes it takes nothing from anybody. */
function foundsTenant(
  members: readonly ReachedAccess[],
  written: readonly ReachedAccess[],
  tenants: TenantData,
): boolean {
  const creates = ({ access }: ReachedAccess): boolean => access.operation === "create";
  const made = written.filter(creates).map(({ access }) => access.model);
  // what is there already is written anew, and else made
  return (
    members.every(({ access }) => made.includes(access.model)) &&
    made.some((model) => isTenant(model, tenants) || tenants.isJoined(model, members))
  );
}

function isTenant(model: string, tenants: TenantData): boolean {
  return tenants.scopingOf(model)?.kind === "root";
}

/** What a tenant calls a tenant, a company or an account is whom it deals with: a row like others. */
function isCustomer(model: string, tenants: TenantData): boolean {
  const scoping = tenants.scopingOf(model);
  return (
    CUSTOMERS.test(model) &&
    scoping?.kind === "column" &&
    scoping.columns.some((column) => column.role === "tenant" && column.references !== model)
  );
}

const CUSTOMERS = /^(?:org|organi[sz]ation|tenant|account|company)s?$/i;
const ROOTS = /^(?:org|organi[sz]ation|tenant|workspace|account|company|team|project)s?$/i;
