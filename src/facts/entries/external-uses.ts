/** Stores and services outside of the database that are addressed by an id of the request. */

import { asksService, isInside, readsStore } from "../../frameworks/knowledge/outside.js";
import type { ExternalUse } from "../../model/facts.js";
import { Op } from "../../model/lowered.js";
import { displayName } from "../../program/facts/fact-reader.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { LinkQueries, Origin, Site } from "../../program/values/origin.js";
import { partsOfText } from "../../program/values/text-parts.js";
import type { Visit } from "../../program/walks/walk.js";
import { Ledger } from "../accesses/ledger.js";
import type { Analysis } from "../analysis.js";

const COMMANDS = /^@aws-sdk\/client-(?!dynamodb|verifiedpermissions|sts|ses)/;
const COMMAND = /^(?:Get|Head|Delete|Copy|Restore|List|Describe|Invoke|Start|Stop|Cancel|Update)\w*Command\(\)$/;
const SENDS = /(?:^|\.)(?:send|getSignedUrl)$/;
const ID = /(?:^|[._])(?:id|key|slug|handle|uuid)$|(?:Id|Key|Uuid|Slug)$/;

/** The call on the way from an entry that hands an unverified id of the request to something outside; null else. */
export function externalUse(visit: Visit, analysis: Analysis): ExternalUse | null {
  const { site, callees } = visit;
  const [client, ...others] = callees;
  if (site.fn.op(site.v) !== Op.Call || others.length > 0) return null;
  if (client?.kind !== "package" || isInside(client.module)) return null;
  const asks = asksService(client);
  const sends = SENDS.test(client.path);
  if (!asks && !sends) return null;
  const command = commandIn(site, analysis.queries);
  if (command === null ? !asks : !sends) return null;
  // keys of a store are put together; addresses of services mostly name what is asked for elsewhere too
  const texts = (text: Site): readonly Origin[] => (command === null ? [] : partsOfText(text, analysis.queries));
  const ids = addressed(command ?? site, analysis.queries, texts);
  if (ids.length === 0) return null;
  const ledger = new Ledger(visit.facts(), analysis.data, analysis.queries);
  const open = ids.find((id) => ledger.verified(id) === null);
  if (open === undefined || open.kind !== "source" || ids.length > 1) return null;
  return { name: displayName(site.fn, site.v), path: open.path, place: site.fn.place(site.v) };
}

/**
 * Asked by what only the caller is: `usage({ workspaceId: ctx.workspace.id })`, `redis.zrange(`jobs:${session.user.id}`)`.
 * The request names nothing of what comes back.
 */
export function asksAsCaller({ site, callees }: Visit, { queries }: Analysis): boolean {
  if (site.fn.op(site.v) !== Op.Call) return false;
  const asked = callees.filter((o) => o.kind !== "constant");
  if (asked.length === 0 || !asked.every((o) => o.kind === "package" && (asksService(o) || readsStore(o))))
    return false;
  const given = valuesGiven(site, queries).flatMap((o) =>
    o.kind === "literal" && o.form === "template" ? partsOfText(o.site, queries) : [o],
  );
  const named = given.some((o) => o.kind === "source" && o.source === "input" && ID.test(o.path));
  return !named && given.some((o) => o.kind === "source" && o.source === "identity");
}

/** `new GetObjectCommand({ Key })` that is sent, or of which an address is signed; databases have layers of their own. */
function commandIn(site: Site, queries: LinkQueries): Site | null {
  const { fn, v, frame } = site;
  for (const arg of fn.args(v).slice(0, 2)) {
    const made = queries
      .evaluate({ fn, v: arg, frame })
      .find((o) => o.kind === "package" && COMMANDS.test(o.module) && COMMAND.test(o.path));
    if (made?.kind === "package" && made.site !== null) return made.site;
  }
  return null;
}

/** Ids among the arguments; none when an identity goes with them, which then is what is asked by. */
function addressed(site: Site, queries: LinkQueries, texts: (text: Site) => readonly Origin[]): readonly Origin[] {
  const all = valuesGiven(site, queries).flatMap((o) =>
    o.kind === "literal" && o.form === "template" ? texts(o.site) : [o],
  );
  if (all.some(tellsCaller)) return [];
  return all.filter((o) => o.kind === "source" && o.source === "input" && ID.test(o.path));
}

/** The first few arguments of a call, and what stands in objects among them. */
export function valuesGiven({ fn, v, frame }: Site, queries: LinkQueries): readonly Origin[] {
  const args = Array.from(fn.args(v).slice(0, 3)).flatMap((arg) => [...queries.evaluate({ fn, v: arg, frame })]);
  const parts = leaves(args).flatMap((o) =>
    o.kind === "literal" && o.form === "object" ? [...queries.project(o, ["[]"])] : [o],
  );
  return leaves(parts);
}

/** Who calls, or what was found by that: a service that is told of it is asked by it. */
export function tellsCaller(origin: Origin): boolean {
  return origin.kind === "source" && /^(?:identity|row|credential)$/.test(origin.source);
}
