/**
 * Entry points whose decorator names the owner among those whom the guard lets in: a visitor with a cart needs no
 * account, and what is touched hangs on the session. They are open by intent, unless the request picks the rows.
 */
import type { TenancyModel } from "../../model/data-model.js";
import type { PublicIntent } from "../../model/facts.js";
import { NONE } from "../../model/lowered.js";
import { leaves } from "../../program/values/computed-origins.js";
import { siteKey } from "../../program/values/origin-keys.js";
import type { Analysis } from "../analysis.js";
import { decisionsIn } from "../decisions/decisions.js";
import type { JudgedEntry, ReachedCall } from "../entries/entries.js";
import { demandOfOwner, refusesByMetadata } from "../guards/metadata-demands.js";
import { scopingOf } from "../tenancy/tenancy.js";
import { isOpenToAll } from "./secret-rows.js";

/** @returns null where a key of the request picks a row of somebody's */
export function ownerIntent(one: JudgedEntry, tenancy: TenancyModel, analysis: Analysis): PublicIntent | null {
  const { raw, entry, reached } = one;
  if (!isOpenToAll(entry)) return null;
  if (reached.some((call) => isPickedByRequest(call, tenancy) && !isAnsweredToOwner(call, one, analysis))) return null;
  const guard = raw.steps.find(
    ({ continuation, origin }) =>
      continuation === "returns-true" && origin.kind === "function" && refusesByMetadata(origin.fn),
  );
  const key = guard === undefined ? null : demandOfOwner(raw, analysis.queries);
  if (guard === undefined || key === null) return null;
  return { by: "capability", reason: `'${guard.name}' lets owners in by '${key}'`, place: guard.place };
}

/** headers say where one is; what the operation is told says which row it is about */
const TOLD = /^(?!headers\b)/;
const KEY = /(?:^|[._])(?:id|uuid|uid)$|(?:Id|ID|Uuid)$/;

function isPickedByRequest({ call }: ReachedCall, tenancy: TenancyModel): boolean {
  const scoping = scopingOf(tenancy, call.model);
  if (scoping === undefined || scoping.kind === "global") return false;
  return call.filter.alternatives.some((terms) =>
    terms.some(
      ({ column, values }) =>
        KEY.test(column) &&
        leaves(values).some((o) => o.kind === "source" && o.source === "input" && TOLD.test(o.path)),
    ),
  );
}

/** `if (order.userId === ctx.userId) return order;`: what was read leaves the handler where it was held against the caller. */
function isAnsweredToOwner(
  { call }: ReachedCall,
  { raw: { handler }, frame }: JudgedEntry,
  analysis: Analysis,
): boolean {
  if (call.operation !== "read" || handler.kind !== "function") return false;
  const { fn } = handler;
  const { data, guarantees, queries } = analysis;
  const read = siteKey(call.site);
  const answers = fn.returns.filter(
    (row) =>
      fn.a(row) !== NONE &&
      leaves(queries.evaluate({ fn, v: fn.a(row), frame })).some(
        (o) => o.kind === "source" && o.site !== null && siteKey(o.site) === read,
      ),
  );
  return (
    answers.length > 0 &&
    answers.every((v) => decisionsIn(guarantees.factsAt({ fn, v, frame }), data, queries).length > 0)
  );
}
