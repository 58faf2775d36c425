/** Guards that keep the owner of a machine's key where they keep the person who signed in, and nothing to tell them apart. */
import type { MixedPrincipal } from "../../model/conduct.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin, Site, SourceOrigin } from "../../program/values/origin.js";
import { siteKey } from "../../program/values/origin-keys.js";
import type { Analysis } from "../analysis.js";
import { symbolOf } from "../claims/token-values.js";
import type { JudgedEntry } from "../entries/entries.js";
import { stepsOf } from "../entries/entry-steps.js";

const KEY_MODEL =
  /(?:^|_)(?:api_?keys?|access_?keys?|service_?(?:accounts?|tokens?)|machine_?\w*|integration_?tokens?|personal_?access_?tokens?)$/i;
const KEY_HEADER = /api-?_?key|service-?_?token|access-?_?key/i;
/** What says of a principal which kind it is. */
const KIND =
  /api_?key|machine|service|scopes?|permission|token|credential|principal|actor|auth_?(?:type|method|kind|mode|via|source)|(?:^|\.)(?:kind|type|via|method|source|strategy)$|is_?bot/i;
const HOLDS = /^(?:\w+\.)?(?:user|account|viewer|me|currentUser|auth|session|principal|identity)$/;
const UNDERSCORES = /([a-z0-9])([A-Z])/g;

interface Found extends Omit<MixedPrincipal, "entries" | "place" | "symbol"> {
  readonly site: Site;
  readonly entries: Set<string>;
}

/** One record per look-up of a key whose owner becomes the caller. */
export function collectMixedPrincipals(judged: readonly JudgedEntry[], analysis: Analysis): readonly MixedPrincipal[] {
  const found = new Map<string, Found>();
  const seen = new Map<object, readonly Found[]>();
  for (const { raw, entry } of judged) {
    const { attached } = stepsOf(raw, analysis).context;
    let here = seen.get(attached);
    if (here === undefined) {
      here = mixedIn(attached, analysis);
      seen.set(attached, here);
    }
    for (const one of here) {
      const key = `${siteKey({ ...one.site, frame: null })}:${one.member}`;
      const known = found.get(key) ?? one;
      known.entries.add(entry.key);
      found.set(key, known);
    }
  }
  return [...found.values()].map(({ site, entries, member, key, how }) => ({
    member,
    key,
    ...(how === undefined ? {} : { how }),
    place: site.fn.place(site.v),
    symbol: symbolOf(site.fn),
    entries: [...entries].sort(),
  }));
}

function mixedIn(attached: ReadonlyMap<string, readonly Origin[]>, analysis: Analysis): readonly Found[] {
  return [...attached].flatMap(([member, origins]): Found[] => {
    if (!HOLDS.test(member) || [...attached.keys()].some((path) => path !== member && KIND.test(path))) return [];
    const all = leaves(origins);
    // an object that is put together names what it carries
    if (all.some((o) => o.kind === "literal" && tellsKind(o))) return [];
    const person = all.some((o) => isPerson(o, analysis));
    const keyed = all.map((o) => ownerOfKey(o, analysis)).find((one) => one !== null);
    if (!person) return [];
    if (keyed !== undefined && keyed !== null)
      return [{ member, key: keyed.key, site: keyed.site, entries: new Set() }];
    const shared = all.map((o) => sharedAccount(o, analysis)).find((one) => one !== null);
    if (shared !== undefined && shared !== null)
      return [{ member, key: "", how: shared.how, site: shared.site, entries: new Set() }];
    const client = all.flatMap((o) => identitiesIn(o, analysis)).find(namesClient);
    if (client === undefined || client.site === null) return [];
    const how = `'${client.path.split(".").at(-1)}' of the token names a client, and no person`;
    return [{ member, key: "", how, site: client.site, entries: new Set() }];
  });
}

/** What a session or a token said, by itself or as part of an object. */
function isPerson(origin: Origin, analysis: Analysis): boolean {
  return identitiesIn(origin, analysis).some((o) => !namesClient(o) && (o !== origin || keyOf(o, analysis) === ""));
}

/** What of a value, or of the properties of an object, a verification gave. */
function identitiesIn(origin: Origin, { queries }: Analysis): readonly SourceOrigin[] {
  const isIdentity = (o: Origin): o is SourceOrigin => o.kind === "source" && o.source === "identity";
  if (origin.kind !== "literal" || origin.form !== "object") return isIdentity(origin) ? [origin] : [];
  const { fn, v, frame } = origin.site;
  return [...fn.props(v)].flatMap((prop) => leaves(queries.evaluate({ fn, v: prop.value, frame })).filter(isIdentity));
}

/** `azp`, `client_id`: claims by which a client of the provider is known, and nobody who signed in. */
function namesClient({ path }: SourceOrigin): boolean {
  return /(?:^|\.)(?:azp|client_?id|app_?id)$/i.test(path);
}

function tellsKind(origin: Extract<Origin, { kind: "literal" }>): boolean {
  if (origin.form !== "object") return true;
  return [...origin.site.fn.props(origin.site.v)].some((prop) => prop.name === "" || KIND.test(prop.name));
}

/** `apiKey.user`, or the user found by what a key's header says. */
function ownerOfKey(origin: Origin, analysis: Analysis): { readonly key: string; readonly site: Site } | null {
  const key = keyOf(origin, analysis);
  return key === "" || origin.kind !== "source" || origin.site === null ? null : { key, site: origin.site };
}

const SHARED = /^(?:system|bot|robot|service|automation|machine|api)(?:[@._+-].*)?$/i;
const NAMED_BY = /^(?:e_?mail|user_?name|login|handle|name|slug)$/i;

/** `users.findUnique({ where: { email: "system@example.com" } })`: one account, whichever machine calls. */
function sharedAccount(
  origin: Origin,
  { data, queries }: Analysis,
): { readonly how: string; readonly site: Site } | null {
  if (origin.kind !== "source" || origin.source !== "row" || origin.site === null) return null;
  const call = data.loading(origin.site, queries);
  if (call === null || !/user|account|member/i.test(call.model)) return null;
  const shared = call.filter.alternatives
    .flat()
    .some(
      (term) =>
        NAMED_BY.test(term.column) &&
        term.values.some((o) => o.kind === "constant" && typeof o.value === "string" && SHARED.test(o.value)),
    );
  const how = `one '${call.model}' stands for every machine, so that no record tells them apart`;
  return shared ? { how, site: origin.site } : null;
}

function keyOf(origin: Origin, { data, queries }: Analysis): string {
  if (origin.kind !== "source" || origin.site === null) return "";
  const call = data.loading(origin.site, queries);
  if (call === null) return "";
  if (
    KEY_MODEL.test(call.model.replace(UNDERSCORES, "$1_$2")) &&
    /(?:^|\.)(?:user|owner|account|createdBy)$/i.test(origin.path)
  )
    return call.model;
  const header = call.filter.alternatives
    .flat()
    .flatMap((term) => [...leaves(term.values)])
    .find((o) => o.kind === "source" && /^headers\./.test(o.path) && KEY_HEADER.test(o.path));
  return header !== undefined && header.kind === "source" && /user|account|member/i.test(call.model) ? header.path : "";
}
