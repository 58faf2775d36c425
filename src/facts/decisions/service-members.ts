/** Who belongs to the service itself: members of the one tenant whose id stands in the code or the configuration. */
import type { FilterTerm } from "../../frameworks/data/data-call.js";
import type { DataRecogniser } from "../../frameworks/data/recogniser.js";
import { isEnvironment } from "../../frameworks/knowledge/auth-level.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";

/** keys to what has members */
const TENANT_KEY = /(?:org|organi[sz]ation|workspace|team|tenant|account|company|project|group|space)_?(?:id|slug)$/i;

/** `members.findUnique({ where: { userId: me, workspaceId: OUR_WORKSPACE } })`: an operator, whatever is asked for. */
export function isMemberOfService(origin: Origin, data: DataRecogniser, queries: LinkQueries): boolean {
  if (origin.kind !== "source" || origin.source !== "row" || origin.site === null) return false;
  const call = data.loading(origin.site, queries);
  if (call === null || call.filter.alternatives.length === 0) return false;
  return call.filter.alternatives.every((terms) => terms.some(asksForCaller) && terms.some(isOfOneTenant));
}

function asksForCaller({ position, values }: FilterTerm): boolean {
  const given = leaves(values);
  const isIdentity = (o: Origin): boolean => o.kind === "source" && o.source === "identity";
  return position === "and" && given.length > 0 && given.every(isIdentity);
}

function isOfOneTenant({ position, column, values }: FilterTerm): boolean {
  if (position !== "and" || !TENANT_KEY.test(column)) return false;
  const given = leaves(values);
  const isWritten = (o: Origin): boolean =>
    (o.kind === "constant" && typeof o.value === "string" && o.value !== "") || isEnvironment(o);
  return given.length > 0 && given.every(isWritten);
}
