/** Branches that let some requests skip what others must pass: shared by the rules of AG4xx. */
import type { Bypass, EntryPoint, Facts } from "../../src/model/facts.js";
import { listsBypass, type PolicyBypass } from "../../src/model/policy.js";
import type { FindingDraft, RuleInput, Severity } from "../../src/model/rule.js";
import { claimed, lowered } from "./certainty.js";
import { entriesByKey, entryPlaces } from "./entry-points.js";
import { listed, sentences } from "./wording.js";

const SKIPPED: Readonly<Record<Bypass["skips"][number], string>> = {
  authentication: "authentication",
  decision: "the decision",
  "tenant-filter": "the tenant filter",
  signature: "the signature check",
};

const REMEDIES: Readonly<Record<Bypass["kind"], string>> = {
  "early-allow": "Let the policy layer decide for privileged identities too, and record it",
  "or-privilege": "Let the policy layer decide for privileged identities too, and record it",
  "filter-drop": "Keep the tenant filter and give privileged identities an entry point of their own, with a record",
  environment: "Remove the switch and use test accounts instead",
  header: "Remove it, or compare a secret that must be configured in constant time",
  "literal-identity": "Replace it with a privilege that is granted and withdrawn like any other",
  "fail-open": "Refuse when the check cannot be made",
  "elevated-client": "Use a client that acts as the caller, or bind the query to the caller",
  impersonation: "Load the real user, demand the privilege on every request, record each use, and refuse writes",
};

/** A bypass that the manifest does not cover; `expired` when it did once. */
export interface OpenBypass {
  readonly bypass: Bypass;
  readonly expired: PolicyBypass | null;
}

/** Privileges are the policy layer's business; a switch or a header is a way round it wherever it stands. */
const DECIDED_BY_POLICY: ReadonlySet<Bypass["kind"]> = new Set(["early-allow", "or-privilege", "filter-drop"]);

/** Bypasses of these kinds, without privileges inside the policy layer and those the manifest lists and still allows. */
export function openBypasses(input: RuleInput, kinds: readonly Bypass["kind"][]): OpenBypass[] {
  const { policy, policyLayer } = input.policy;
  return input.facts.bypasses.flatMap((bypass) => {
    if (!kinds.includes(bypass.kind)) return [];
    if (DECIDED_BY_POLICY.has(bypass.kind) && policyLayer(bypass.place.file)) return [];
    const listing = policy.bypasses.filter((entry) => listsBypass(entry, bypass));
    if (listing.some((entry) => entry.expires === "" || entry.expires >= input.today)) return [];
    return isDemandedBefore(bypass, input.facts) ? [] : [{ bypass, expired: listing[0] ?? null }];
  });
}

/** Nobody without the privilege gets to any of its entries (`/admin/links/:id`): there it opens nothing that was not open. */
function isDemandedBefore({ kind, scope, entries }: Bypass, facts: Facts): boolean {
  if (!DECIDED_BY_POLICY.has(kind) || scope !== "instance" || entries.length === 0) return false;
  return entriesByKey(entries, facts).every(
    ({ protection, steps }) =>
      protection.instanceWide === true &&
      // within the handler it may be one of several ways in
      steps.some(
        ({ kind, grants, privilege }) => kind !== "inline" && grants === "decision" && privilege !== undefined,
      ),
  );
}

/** `authentication and the decision`; of entries that ask who calls whatever happens here, it is the decision that is skipped. */
function skipped(bypass: Bypass, entries: readonly EntryPoint[]): string {
  const asked = entries.length > 0 && entries.every(({ protection }) => protection.authentication === "rejects");
  const skips = bypass.skips.map((skip) => (asked && skip === "authentication" ? "decision" : skip));
  const parts = [...new Set(skips)].map((skip) => SKIPPED[skip]);
  const last = parts.pop();
  if (last === undefined) return "the check";
  return parts.length === 0 ? last : `${parts.join(", ")} and ${last}`;
}

/** `src/admin.ts#impersonate`, as the manifest would name it. */
export function bypassSubject(bypass: Bypass): string {
  return bypass.symbol === "" ? bypass.place.file : `${bypass.place.file}#${bypass.symbol}`;
}

/** What these rules say alike. An audited bypass weighs one step less; a name alone is a suspicion. */
export function bypassDraft<Message extends string>(
  open: OpenBypass,
  message: Message,
  severity: Severity,
  input: RuleInput,
): FindingDraft<Message> {
  const { bypass, expired } = open;
  const entries = entriesByKey(bypass.entries, input.facts);
  const skips = skipped(bypass, entries);
  const sure = bypass.confidence === "proven" || bypass.confidence === "inferred";
  const eased = bypass.audited || !sure ? lowered(severity) : severity;
  return {
    message,
    data: { predicate: bypass.predicate, skips, detail: sentences(details(open)) },
    subject: bypassSubject(bypass),
    aspect: `${bypass.kind} ${bypass.predicate}`,
    place: bypass.place,
    related: entryPlaces(entries),
    flow: [
      ...entryPlaces(entries, 1),
      ...bypass.evidence.map((line) => ({ place: line.place, label: line.note })),
      { place: bypass.place, label: `'${bypass.predicate}' skips ${skips}` },
    ],
    confidence: claimed(bypass.confidence),
    // what was allowed once and ran out is nobody's decision any more
    severity: expired === null ? eased : "error",
    remedy: remedy(bypass),
  };
}

/** Nobody uses these by a privilege of his own, so there is no use of them to record. */
const WITHOUT_PERSON: ReadonlySet<Bypass["kind"]> = new Set(["environment", "header", "fail-open", "elevated-client"]);

function details({ bypass, expired }: OpenBypass): string[] {
  const entries = bypass.entries.length === 0 ? "" : `It opens ${listed([...bypass.entries].sort())}`;
  const byPerson = !WITHOUT_PERSON.has(bypass.kind);
  const audit = bypass.audited ? "Its use is recorded" : byPerson ? "Its use leaves no record" : "";
  const listing = expired === null ? "" : `The policy allowed it until '${expired.expires}' (owner '${expired.owner}')`;
  return [entries, audit, listing];
}

function remedy(bypass: Bypass): string {
  const listing = `bypasses: - { at: "${bypassSubject(bypass)}", reason: "…", owner: "…", expires: … }`;
  return `${REMEDIES[bypass.kind]}, or list it in the policy: ${listing}.`;
}
