/** Decisions on what a token said when it was signed, which may be long ago. */
import type { StaleClaim } from "../../model/conduct.js";
import { decidedBy } from "../../program/facts/decided-by.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin, Site, SourceOrigin } from "../../program/values/origin.js";
import { siteKey } from "../../program/values/origin-keys.js";
import type { Analysis } from "../analysis.js";
import { TokenContext } from "../claims/token-context.js";
import { symbolOf } from "../claims/token-values.js";
import type { JudgedEntry } from "../entries/entries.js";
import { stepsOf } from "../entries/entry-steps.js";
import { keyOf } from "../verification/token-purposes.js";
import type { Signing } from "../verification/token-signings.js";
import { verifierCall } from "../verification/token-verifiers.js";
import { cachedSession } from "./cached-sessions.js";

/** What may be taken away from somebody while their token lives on. */
const PRIVILEGE = /role|admin|permission|scope|privilege|group|staff|super|owner|plan|tier|entitlement/i;
/** An hour is what access tokens are given; a day is what dismissals and downgrades do not wait for. */
const LONG = 86_400;

interface Read {
  readonly claim: string;
  readonly site: Site;
  readonly entries: Set<string>;
}

/** One record per claim and place of verification. */
export function collectStaleClaims(
  judged: readonly JudgedEntry[],
  signings: readonly Signing[],
  analysis: Analysis,
): readonly StaleClaim[] {
  const lasting = signings.filter(lives);
  if (lasting.length === 0 && !analysis.index.imports("better-auth")) return [];
  const reads = new Map<string, Read>();
  for (const { raw, entry, after } of judged) {
    const { attached } = stepsOf(raw, analysis).context;
    for (const { site, claim } of after.flatMap(decidedBy).flatMap((o) => claimsBehind(o, attached, analysis))) {
      const key = `${siteKey({ ...site, frame: null })}:${claim}`;
      const known = reads.get(key);
      if (known === undefined) reads.set(key, { claim, site, entries: new Set([entry.key]) });
      else known.entries.add(entry.key);
    }
  }
  const context = new TokenContext(analysis);
  return [...reads.values()].flatMap((read) => staleIn(read, lasting, context) ?? []);
}

/** The claims about a right that a value is: itself, or what a guard kept of them on the request. */
function claimsBehind(
  origin: Origin,
  attached: ReadonlyMap<string, readonly Origin[]>,
  { queries }: Analysis,
): readonly Pick<Read, "site" | "claim">[] {
  if (origin.kind !== "source" || origin.source !== "identity" || !PRIVILEGE.test(lastOf(origin.path))) return [];
  for (const [member, kept] of attached) {
    if (!origin.path.startsWith(`${member}.`)) continue;
    const rest = origin.path.slice(member.length + 1).split(".");
    const values = leaves(kept.flatMap((one) => [...queries.project(one, rest)])).filter((o) => o.kind !== "constant");
    // where one way loads a row, nobody can tell which way this request took
    const claims = values.flatMap((o) => (isClaim(o) ? [{ site: o.site, claim: lastOf(o.path) }] : []));
    return claims.length === values.length ? claims : [];
  }
  return isClaim(origin) ? [{ site: origin.site, claim: lastOf(origin.path) }] : [];
}

function isClaim(origin: Origin): origin is SourceOrigin & { readonly site: Site } {
  return origin.kind === "source" && origin.source === "identity" && origin.site !== null;
}

function lastOf(path: string): string {
  return path.split(".").at(-1) ?? "";
}

function lives({ purpose, expires, lifetime }: Signing): boolean {
  if (purpose !== "") return false;
  return expires === "no" || (lifetime !== null && lifetime >= LONG);
}

function staleIn(
  { claim, site, entries }: Read,
  signings: readonly Signing[],
  context: TokenContext,
): StaleClaim | null {
  const cached = cachedSession(site, context.queries);
  if (cached !== null && cached.lifetime >= LONG) {
    const { setUpAt: signedAt, lifetime } = cached;
    const place = site.fn.place(site.v);
    return { claim, place, symbol: symbolOf(site.fn), signedAt, lifetime, entries: [...entries].sort() };
  }
  const call = verifierCall({ fn: site.fn, v: site.v, frame: null }, context.queries);
  if (call === null) return null;
  const key = keyOf(call, context);
  const signing = signings.find((one) => one.key !== "" && one.key === key && one.claims?.has(claim) === true);
  if (signing === undefined) return null;
  return {
    claim,
    place: site.fn.place(site.v),
    symbol: symbolOf(site.fn),
    signedAt: signing.at.fn.place(signing.at.v),
    lifetime: signing.expires === "no" ? -1 : (signing.lifetime ?? -1),
    entries: [...entries].sort(),
  };
}
