/** Changes outside of the database (at an identity provider, a payment or a hosting service) of what an id of the request names. */

import { isEnvironment } from "../../frameworks/knowledge/auth-level.js";
import { changesAt, deletesAt } from "../../frameworks/knowledge/outside.js";
import type { ExternalChange } from "../../model/facts.js";
import { Op } from "../../model/lowered.js";
import { displayName } from "../../program/facts/fact-reader.js";
import { uniqueFacts } from "../../program/facts/facts.js";
import { settledFacts } from "../../program/facts/settled-facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { LinkQueries, Origin, PackageOrigin, Site, SourceOrigin } from "../../program/values/origin.js";
import type { Visit } from "../../program/walks/walk.js";
import { Ledger } from "../accesses/ledger.js";
import { valuesWithin } from "../accesses/ledger-values.js";
import { useBeside } from "../accesses/reach-details.js";
import type { Analysis } from "../analysis.js";
import { factsIfPresent } from "../guards/conditional-checks.js";
import { tellsCaller, valuesGiven } from "./external-uses.js";

const ID = /(?:^|[._])(?:id|key|slug|handle|uuid)$|(?:Id|ID|Key|Uuid|Slug)$/;

/** The call on the way from an entry that changes something outside that an unverified value of the request names; null else. */
export function externalChange(visit: Visit, analysis: Analysis): ExternalChange | null {
  const { site, callees } = visit;
  if (site.fn.op(site.v) !== Op.Call || callees.length !== 1) return null;
  const [callee] = callees;
  if (callee.kind !== "package" || isOfChosenAccount(callee, analysis.queries)) return null;
  const named = namedBy(callee, site, analysis.queries);
  if (named.length !== 1) return null;
  const [id] = named;
  const facts = settledFacts(visit.facts());
  const { data, queries } = analysis;
  const ledger = new Ledger(facts, data, queries);
  if (ledger.verified(id) !== null) return null;
  const given = factsIfPresent(id, site, analysis);
  if (given.length > 0 && new Ledger(uniqueFacts([...given, ...facts]), data, queries).verified(id) !== null)
    return null;
  const other = ledger
    .checkedIds()
    .find(({ origin, verification }) => verification.via !== null && isOther(origin, id));
  const via = other?.verification.via ?? null;
  const checked =
    other === undefined || via === null ? null : { path: other.origin.path, name: via.name, place: via.place };
  const place = via === null ? site.fn.place(site.v) : useBeside(site, [via], queries);
  return { name: displayName(site.fn, site.v), path: id.path, place, checked };
}

/** `new OpenAI({ apiKey: decrypted.key })`: it acts for the account whose key was loaded, and reaches nothing of others. */
function isOfChosenAccount(callee: PackageOrigin, queries: LinkQueries): boolean {
  for (let step: PackageOrigin | null = callee; step !== null; step = step.previous) {
    if (step.site === null || step.site.fn.op(step.site.v) !== Op.New) continue;
    const { fn, v, frame } = step.site;
    const given = Array.from(fn.args(v)).flatMap((arg) => [
      ...valuesWithin(queries.evaluate({ fn, v: arg, frame }), queries),
    ]);
    return given.some((o) => ACCOUNTS.has(o.kind) && !isEnvironment(o));
  }
  return false;
}

/** values that differ from request to request */
const ACCOUNTS: ReadonlySet<Origin["kind"]> = new Set(["source", "package", "derived"]);

function isOther(checked: SourceOrigin, used: SourceOrigin): boolean {
  return (
    checked.path !== used.path && !checked.path.startsWith(`${used.path}.`) && !used.path.startsWith(`${checked.path}.`)
  );
}

/** The values of the request that say what is changed. */
function namedBy(callee: PackageOrigin, site: Site, queries: LinkQueries): readonly SourceOrigin[] {
  if (deletesAt(callee, site, queries)) return inAddress(site, queries);
  if (!changesAt(callee)) return [];
  const given = valuesGiven(site, queries);
  // an identity that goes with it is what is asked by
  if (given.some(tellsCaller)) return [];
  return given.filter((o) => isInput(o)).filter((o) => ID.test(o.path));
}

function isInput(origin: Origin): origin is SourceOrigin {
  return origin.kind === "source" && origin.source === "input";
}

/** What of the request stands in the path of an address that is fixed otherwise. */
function inAddress({ fn, v, frame }: Site, queries: LinkQueries): readonly SourceOrigin[] {
  const [address] = fn.args(v);
  if (address === undefined) return [];
  const [only, ...others] = queries.evaluate({ fn, v: address, frame });
  if (only?.kind !== "literal" || only.form !== "template" || others.length > 0) return [];
  const { site } = only;
  const values = site.fn.templateValues(site.v);
  const found = values.flatMap((value) => leaves(queries.evaluate({ ...site, v: value })));
  if (found.some(tellsCaller)) return [];
  return found.filter((o) => isInput(o));
}
