/** Signs that an entry is open on purpose. They are listed apart, never taken for protection. */
import type { RawEntry } from "../../frameworks/routing.js";
import type { PublicIntent, Step } from "../../model/facts.js";

const BY_CONVENTION: readonly { readonly pattern: RegExp; readonly reason: string }[] = [
  {
    pattern: /(?:^|[/._-])(?:log-?in|sign-?in|log-?out|sign-?out|sign-?up|register|registration)(?:$|[/._-])/i,
    reason: "signs people in or out",
  },
  {
    pattern:
      /(?:forgot|reset|recover|change|new|set)[-_/]?password|password[-_/]?(?:reset|forgot|recovery)|(?:^|\/)(?:forgot|recover)(?:$|\/)/i,
    reason: "password recovery",
  },
  {
    pattern:
      /verif(?:y|ication)[-_/]?(?:email|account|code|otp)?(?:[-_]?token)?(?:$|\/)|re-?send[-_/]?(?:\w+[-_])*(?:email|code|otp|verification|confirmation|activation|token)|(?:confirm|activate|unlock)[-_/]?(?:email|account)|magic[-_/]?link|(?:^|\/)otp(?:$|\/)/i,
    reason: "proves an address or a code",
  },
  {
    pattern: /(?:^|[/.])(?:callback|authorize|jwks(?:\.json)?)(?:$|[/.])|\/auth\/(?:\w+\/)?callback/i,
    reason: "sign-in protocol",
  },
  {
    pattern:
      /(?:^|\/)auth(?:\/(?:session|csrf|providers|refresh(?:-token)?|token|me|status|local|plex|google|github|\*\w*|:\w+))?$/i,
    reason: "authentication itself",
  },
  { pattern: /(?:^|\/)(?:(?:refresh|exchange)(?:[-_]token)?|token)(?:$|\/)/i, reason: "exchanges a token" },
  {
    pattern:
      /(?:^|\/)(?:health|healthz|healthcheck|health-check|heartbeat|ready|readiness|live|liveness|ping|alive|status|up|version)(?:$|\/)/i,
    reason: "probe",
  },
  {
    pattern:
      /(?:^|\/)(?:robots\.txt|sitemap[\w.-]*|manifest[\w.-]*|favicon[\w.-]*|\.well-known)(?:$|\/)|opengraph|og-?image|\/og(?:$|\/)/i,
    reason: "file for crawlers and browsers",
  },
  { pattern: /(?:^|\/)(?:openapi|swagger|api-docs|docs|spec)(?:-v?\d+)?(?:$|[/.])/i, reason: "documentation" },
  { pattern: /(?:^|[/_-])(?:webhooks?|hooks?)(?:$|[/_-])/i, reason: "webhook" },
  { pattern: /(?:^|\/)public(?:$|\/)/i, reason: "under a path named public" },
  {
    pattern: /(?:^|\/)(?:unsubscribe|csrf(?:-token)?|i18n|locales?|translations)(?:$|\/)/i,
    reason: "needed before anyone signs in",
  },
];

const PROTOCOL = /^(?:oauth2?|oidc|saml2?|sso)$/i;
/** what ends the paths that a browser or an identity provider calls before anyone is known */
const PROTOCOL_STEP =
  /^(?:acs|assert|consume|init|start|begin|redirect|continue|complete|finish|success|error|fail|login|logout|sls|slo|sp|idp|metadata|token|userinfo|introspect|revoke|device|par|keys|certs|discover|provider|github|google|gitlab|microsoft|azure|okta|apple|discord|slack|facebook|twitter|linkedin)/i;

/** Below `/sso` and `/saml` lie settings too (`/sso/config`, `/saml/:orgId/upload`): the last fixed segment decides. */
function isProtocolPath(path: string): boolean {
  const segments = path.split(/[/.]/).filter((segment) => segment !== "" && !/^[:*{[]/.test(segment));
  const last = segments.at(-1) ?? "";
  return segments.some((segment) => PROTOCOL.test(segment)) && (PROTOCOL.test(last) || PROTOCOL_STEP.test(last));
}

const CAPABILITY =
  /[/.](?:invite|invitation|share|shared|reset|join|accept|token|magic)[\w-]*\/[:*]\w+|[:*](?:\w*[tT]oken|secret|hash|inviteCode|inviteId|shareId|shareKey|shareToken|code)\b/;

const OPEN_BUILDER = /public|anonymous|unauth|unprotected|guest|^open(?=[A-Z_]|$)/i;

/** `publicProcedure.query(…)` with nothing before it that asks who calls. */
export function builderIntent(entry: RawEntry, steps: readonly Step[]): PublicIntent | null {
  const { builder } = entry;
  if (builder === undefined || !OPEN_BUILDER.test(builder)) return null;
  const asks = steps.some(({ grants }) => grants !== "neutral" && grants !== "attach" && grants !== "unknown");
  return asks ? null : { by: "builder", reason: `made with '${builder}'`, place: entry.registration };
}

/** @returns null when nothing says that it is meant to be open */
export function intentOf(entry: RawEntry): PublicIntent | null {
  if (entry.publicMarker !== null)
    return { by: "marker", reason: entry.publicMarker.reason, place: entry.publicMarker.place };
  const text =
    entry.transport === "http" || entry.transport === "page"
      ? entry.path
      : entry.path.replaceAll(".", "/").replaceAll("#", "/");
  for (const { pattern, reason } of BY_CONVENTION) {
    if (pattern.test(text)) return { by: "convention", reason, place: null };
  }
  if (isProtocolPath(text)) return { by: "convention", reason: "sign-in protocol", place: null };
  if (CAPABILITY.test(entry.path)) return { by: "capability", reason: "addressed by a secret of its own", place: null };
  return null;
}
