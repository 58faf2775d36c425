/** Signs that an entry is open on purpose. They are listed apart, never taken for protection. */
import type { RawEntry } from "../../frameworks/routing.js";
import type { PublicIntent, Step } from "../../model/facts.js";

interface Convention {
  readonly pattern: RegExp;
  readonly reason: string;
  /** methods of which it says nothing */
  readonly except?: RegExp;
  /** holds of a row as well: `/runs/:id/public` */
  readonly ofRows?: true;
}

const CHANGES = /^(?:POST|PUT|PATCH|DELETE|MUTATION)$/;
const REPLACES = /^(?:PUT|PATCH|DELETE)$/;

const BY_CONVENTION: readonly Convention[] = [
  {
    pattern:
      /(?:^|[/._-])(?:log[-_]?in|sign[-_]?in|log[-_]?out|sign[-_]?out|sign[-_]?up|register|registration)(?:$|[/._-])|(?:^|\/)auth\/join(?:$|\/)/i,
    reason: "signs people in or out",
  },
  {
    pattern:
      /(?:forgot|reset|recover|change|new|set)[-_/]?password|password[-_/]?(?:reset|forgot|recovery)|(?:^|\/)(?:forgot|recover)(?:$|\/)/i,
    reason: "password recovery",
  },
  {
    pattern:
      /verif(?:y|ication)[-_/]?(?:email|account|code|otp)?(?:[-_]?token)?(?:$|\/)|re-?send[-_/]?(?:\w+[-_])*(?:email|code|otp|verification|confirmation|activation|token)|(?:confirm|activate|unlock)[-_/]?(?:email|account)|magic[-_/]?link|(?:^|\/)otp(?:$|\/)|(?:^|\/)verify\w*token(?:$|\/)/i,
    reason: "proves an address or a code",
  },
  {
    pattern:
      /(?:^|[/.])(?:(?:oauth2?|oidc|saml|sso|auth)[-_]callback|callback|authorize|jwks(?:\.json)?)(?:$|[/.])|\/auth\/(?:\w+\/)?callback/i,
    reason: "sign-in protocol",
  },
  {
    pattern:
      /(?:^|\/)auth(?:\/(?:session|csrf|providers|refresh(?:-token)?|token|me|status|local|ldap|plex|jellyfin|emby|google|github|gitlab|apple|microsoft|azure|facebook|discord|twitter|linkedin|slack|twitch|steam|spotify|\*\w*|:\w+))?$/i,
    reason: "authentication itself",
  },
  {
    pattern:
      /(?:^|\/)auth[/.](?:anonymous|config|methods?|check-?sso|discover|(?:webauthn|passkeys?)\/[^/]*(?:authenticat|sign-?in|log-?in)[^/]*)$/i,
    reason: "sign-in protocol",
    except: REPLACES,
  },
  { pattern: /(?:^|\/)session$/i, reason: "signs people in or out", except: /^(?:PUT|PATCH)$/ },
  {
    pattern: /(?:^|\/)(?:(?:refresh|exchange)(?:[-_]token)?|token)(?:$|\/)/i,
    reason: "exchanges a token",
    except: REPLACES,
  },
  {
    pattern:
      /(?:^|\/)(?:health|healthz|healthcheck|health-check|heartbeat|ready|readiness|live|liveness|ping|alive|status|up|version)(?:$|\/)/i,
    reason: "probe",
    except: CHANGES,
  },
  {
    pattern:
      /(?:^|\/)(?:robots\.txt|sitemap[\w.-]*|manifest[\w.-]*|favicon[\w.-]*|\.well-known)(?:$|\/)|opengraph|og-?image|\/og(?:$|\/)/i,
    reason: "file for crawlers and browsers",
    except: CHANGES,
  },
  {
    pattern: /(?:^|\/)(?:openapi|swagger|api-docs|docs|spec)(?:-v?\d+)?(?:$|[/.])/i,
    reason: "documentation",
    except: CHANGES,
  },
  // what others call, and not the list of those whom the service calls
  { pattern: /(?:^|[/_-])(?:webhooks?|hooks?)(?:$|[/_-])/i, reason: "webhook", except: REPLACES },
  { pattern: /(?:^|\/)public(?:$|\/)/i, reason: "under a path named public", ofRows: true },
  {
    pattern: /(?:^|\/)(?:unsubscribe|csrf(?:-token)?|i18n|locales?|translations)(?:$|\/)/i,
    reason: "needed before anyone signs in",
  },
];

const PROTOCOL = /^(?:oauth2?|oidc|saml2?|sso)$/i;
/** what ends the paths that a browser or an identity provider calls before anyone is known */
const PROTOCOL_STEP =
  /^(?:acs|assert|consume|init|start|begin|redirect|continue|complete|finish|success|error|fail|login|logout|exists|sls|slo|sp|idp|metadata|token|userinfo|introspect|revoke|device|par|keys|certs|discover|provider|github|google|gitlab|microsoft|azure|okta|apple|discord|slack|facebook|twitter|linkedin)/i;

/** Below `/sso` and `/saml` lie settings too (`/sso/config`, `/saml/:orgId/upload`): the last fixed segment decides. */
function isProtocolPath(path: string): boolean {
  const segments = path.split(/[/.]/).filter((segment) => segment !== "" && !/^[:*{[]/.test(segment));
  const last = segments.at(-1) ?? "";
  return segments.some((segment) => PROTOCOL.test(segment)) && (PROTOCOL.test(last) || PROTOCOL_STEP.test(last));
}

/** a parameter that is the secret itself */
const SECRET = /[:*](?:\w*[tT]oken|secret|hash|inviteCode|inviteId|shareId|shareKey|shareToken|code)\b/;
/** `/invite/:id`, `/share/:slug`: one of them, by whatever it was handed out as */
const HANDED_OUT = /[/.](?:invite|invitation|share|shared|reset|join|accept|token|magic)(?:[-_]\w+)*\/[:*]\w+/;
/** a list of them (`/tokens/:id`) is managed; single ones are looked at by whom they were sent to */
const SENT = /[/.](?:invites|invitations|shares)\/[:*]\w+/;

function isCapability({ path, method }: RawEntry): boolean {
  if (SECRET.test(path)) return true;
  return HANDED_OUT.test(path) ? !REPLACES.test(method) : SENT.test(path) && !CHANGES.test(method);
}

/** parameters that say where one is, and pick no row */
const PLACE =
  /^[:*{[]\W*(?:(?!user|member|person|author|customer)\w+slug\b|tenant|org|team|workspace|account|company|site|shop|store|realm|locale|lang|version|v|provider|app|project|space|domain|slug|\w*prefix\b|base|root|mount)/i;

/** `/orders/:id/status`, `/users/:id/reset-password`: what follows the key of a row is about that row. */
function isAboutRow(before: string): boolean {
  // a link is what was handed out
  return before.split("/").some((one) => /^[:*{[]/.test(one) && !PLACE.test(one) && !/link|token|code/i.test(one));
}

const OPEN_BUILDER = /public|anonymous|unauth|unprotected|guest|^open(?=[A-Z_]|$)/i;

/** `publicProcedure.query(…)` with nothing before it that asks who calls. */
export function builderIntent(entry: RawEntry, steps: readonly Step[]): PublicIntent | null {
  const { builder } = entry;
  if (builder === undefined || !OPEN_BUILDER.test(builder)) return null;
  const asks = steps.some(({ grants }) => grants !== "neutral" && grants !== "attach" && grants !== "unknown");
  return asks ? null : { by: "builder", reason: `made with '${builder}'`, place: entry.registration };
}

/** `signupWithBusinessEmail`, `loginByCode`: operations are named for what they do and with what */
const SIGN_IN_OPERATION =
  /(?:^|\/)(?:[sS]ign_?(?:[uU]p|[iI]n)|[lL]og_?[iI]n|[rR]egister)(?:With|By|Via|Using|Through)[A-Z]\w*$/;

/** @returns null when nothing says that it is meant to be open */
export function intentOf(entry: RawEntry): PublicIntent | null {
  if (entry.publicMarker !== null)
    return { by: "marker", reason: entry.publicMarker.reason, place: entry.publicMarker.place };
  const text =
    entry.transport === "http" || entry.transport === "page"
      ? entry.path
      : entry.path.replaceAll(".", "/").replaceAll("#", "/");
  for (const { pattern, reason, except, ofRows } of BY_CONVENTION) {
    const match = pattern.exec(text);
    if (match === null || except?.test(entry.method) === true) continue;
    if (ofRows !== true && isAboutRow(text.slice(0, match.index))) continue;
    return { by: "convention", reason, place: null };
  }
  if (entry.transport !== "http" && SIGN_IN_OPERATION.test(text))
    return { by: "convention", reason: "signs people in or out", place: null };
  if (isProtocolPath(text)) return { by: "convention", reason: "sign-in protocol", place: null };
  if (isCapability(entry)) return { by: "capability", reason: "addressed by a secret of its own", place: null };
  return null;
}
