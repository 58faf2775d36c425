/**
 * Entry points without sign-in where whoever holds a secret that was handed out (a signer's link, an invitation) is let
 * on, and everything that is touched hangs on the row of that secret. They are open by intent.
 */
import type { DataCall, FilterTerm } from "../../frameworks/data/data-call.js";
import type { Binding, BindingVerdict, EntryPoint, PublicIntent, Reach } from "../../model/facts.js";
import type { Fact } from "../../program/facts/facts.js";
import { siteKey } from "../../program/values/origin-keys.js";

/** What an unknown caller can reach as well as any other. */
export const OPEN: ReadonlySet<BindingVerdict> = new Set(["unbound", "tenant-from-input", "optional", "ineffective"]);

/** Found by a secret of the request, and without such a row the request ends; a list without one is empty. */
export function demandsSecret(call: DataCall, { bySecret, conjunct }: Binding, facts: readonly Fact[]): boolean {
  if (bySecret !== true || conjunct === null) return false;
  if (!conjunct.values.some(({ source }) => source === "input" || source === "credential")) return false;
  if (call.operation !== "read" || /many|all|orThrow|orFail/i.test(call.method)) return true;
  const key = siteKey(call.site);
  return facts.some(
    (fact) =>
      fact.kind === "present" &&
      fact.of.some((o) => o.kind === "source" && o.source === "row" && o.site !== null && siteKey(o.site) === key),
  );
}

export interface OwnReach {
  readonly call: DataCall;
  readonly reach: Reach;
}

/** Nothing before or in the handler turns anonymous callers away, and nothing else says that this is meant. */
export function isOpenToAll({ protection, intent }: Pick<EntryPoint, "protection" | "intent">): boolean {
  const { authentication, decision, signature } = protection;
  const open = authentication === "none" || authentication === "attach" || authentication === "presence";
  return open && !decision && !signature && (intent === null || intent.by === "builder");
}

/** @returns null where a key that nothing checked picks a row besides */
export function secretIntent(
  entry: Pick<EntryPoint, "protection" | "intent">,
  own: readonly OwnReach[],
): PublicIntent | null {
  if (!isOpenToAll(entry)) return null;
  const visits = own.filter(isVisitOfLink);
  const shown = new Set(visits.flatMap(pathsOf));
  // `{ id: viewId, linkId: question.linkId }`: what stands on the link is for its visitors
  const found = new Set(visits.flatMap(linkRowsOf));
  const isOfVisit = (one: OwnReach): boolean => {
    const paths = pathsOf(one);
    if (one.call.operation === "read" && found.has(siteKey(one.call.site))) return true;
    return (paths.length > 0 || followsRow(one)) && paths.every((path) => shown.has(path));
  };
  if (own.some((one) => OPEN.has(one.reach.binding.verdict) && !isOfVisit(one))) return null;
  const held = own.find(({ reach }) => reach.demandsSecret === true) ?? visits[0];
  const column = held?.reach.binding.conjunct?.column ?? "";
  if (held === undefined) return null;
  const reason = `addressed by a secret of its own, '${held.call.model}.${column}'`;
  return { by: "capability", reason, place: held.call.site.fn.place(held.call.site.v) };
}

/** Which parts of the request pick the rows. */
function pathsOf({ call }: OwnReach): readonly string[] {
  const values = call.filter.alternatives.flat().flatMap((term) => term.values);
  return values.flatMap((o) => (o.kind === "source" && o.source === "input" ? [o.path] : []));
}

/** `groupId: view.groupId`: what was found before picks the rows. */
function followsRow({ call: { filter } }: OwnReach): boolean {
  const isOfRow = ({ position, values }: FilterTerm): boolean =>
    position === "and" && values.length > 0 && values.every((o) => o.kind === "source" && o.source === "row");
  return filter.alternatives.length > 0 && filter.alternatives.every((terms) => terms.some(isOfRow));
}

/** keys of what was handed out */
const OF_LINK = /(?:^|_)(?:(?:share|public|invite)_?)?link_?id$|(?:^|_)share_?id$/i;
const OWN_KEY = /^(?:id|_id|uuid)$/i;

/**
 * `view.findUnique({ where: { id: viewId, linkId } })`: what was made for a visitor whom a link let in, found by its own
 * key and that of the link. Whoever brings both has been let in.
 */
function isVisitOfLink({ call }: OwnReach): boolean {
  const { alternatives } = call.filter;
  const isBrought = ({ position, values }: FilterTerm): boolean =>
    position === "and" && values.some((o) => o.kind === "source" && o.source === "input");
  return (
    call.operation === "read" &&
    alternatives.length > 0 &&
    alternatives.every(
      (terms) =>
        terms.some((term) => OWN_KEY.test(term.column) && isBrought(term)) &&
        terms.some((term) => OF_LINK.test(term.column) && (isBrought(term) || linkRows(term).length > 0)),
    )
  );
}

/** Rows off which the key of the link was read. */
function linkRowsOf({ call }: OwnReach): readonly string[] {
  return call.filter.alternatives.flat().flatMap(linkRows);
}

function linkRows({ column, position, values }: FilterTerm): readonly string[] {
  if (position !== "and" || !OF_LINK.test(column)) return [];
  return values.flatMap((o) =>
    o.kind === "source" && o.source === "row" && o.site !== null && OF_LINK.test(o.path.split(".").at(-1) ?? "")
      ? [siteKey(o.site)]
      : [],
  );
}
