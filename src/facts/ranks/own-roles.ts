/** Roles of who calls: of the session, of the row that is the caller's own, of a membership found by the caller. */
import type { DataRecogniser } from "../../frameworks/data/recogniser.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { LinkQueries, Origin, SourceOrigin } from "../../program/values/origin.js";
import { isIncludedByCaller } from "../accesses/included-rows.js";
import { isIdentity, isOwnRow } from "../decisions/decisions.js";
import { lastName, ROLE_NAME } from "./role-values.js";

export interface Asked {
  readonly data: DataRecogniser;
  readonly queries: LinkQueries;
}

export function isOwnRole(origin: Origin, { data, queries }: Asked): boolean {
  if (origin.kind !== "source" || !ROLE_NAME.test(lastName(origin.path))) return false;
  if (isIdentity(origin)) return true;
  if (origin.source !== "row") return false;
  if (isIncludedByCaller(origin, queries) || isOwnRow(origin, data, queries)) return true;
  return data.keyedByCaller(origin, queries) && !isOfAnother(origin, { data, queries });
}

/** columns that say which person a row is about */
const PERSON = /(?:user|account|member|person|owner|profile|employee)_?u?id$|^_?(?:id|uid|email|username|sub)$/i;

/** Within the caller's tenant it was found by a key that the request names: `{ orgId: session.orgId, userId: input.userId }`. */
export function isOfAnother(row: SourceOrigin, { data, queries }: Asked): boolean {
  if (row.site === null) return false;
  const call = data.loading(row.site, queries);
  return (call?.filter.alternatives ?? []).some((terms) => {
    const persons = terms.filter(({ position, column }) => position === "and" && PERSON.test(lastName(column)));
    const values = persons.flatMap((term) => leaves(term.values));
    return !values.some(isIdentity) && values.some((value) => value.kind === "source" && value.source === "input");
  });
}
