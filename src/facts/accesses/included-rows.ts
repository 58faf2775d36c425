/** Rows that were loaded along with another: of those that a relation holds, the ones that name the caller. */

import { PropKind } from "../../model/lowered.js";
import { leaves } from "../../program/values/computed-origins.js";
import { FleetingMemo } from "../../program/values/framed-memo.js";
import type { LinkQueries, Origin, SourceOrigin } from "../../program/values/origin.js";
import { isKey } from "./key-columns.js";

/** Where data layers take what is to be loaded along, by the name of the relation. */
const LOADED = ["include", "select", "with"] as const;

/** `workspace.users[0].role` where `include: { users: { where: { userId: session.user.id } } }` chose them. */
export function isIncludedByCaller(row: SourceOrigin, queries: LinkQueries): boolean {
  return row.path.includes(".") && isLoadedForCaller(row, queries);
}

/** `team.users`, loaded only as far as they are the caller. */
function isLoadedForCaller(row: SourceOrigin, queries: LinkQueries): boolean {
  return conditionsOf(row, queries).some((where) => namesCaller(where, queries));
}

/** `include: { users: { where: { userId, role: { in: ["admin"] } } } }`: that there are some says in which role the caller is. */
export function isLoadedInRole(row: SourceOrigin, privilege: RegExp, queries: LinkQueries): boolean {
  return isLoadedForCaller(row, queries) && conditionsOf(row, queries).some((where) => namesColumn(where, privilege));
}

/** By what the rows of the relation were chosen that were loaded along. */
export function conditionsOf({ source, site, path }: SourceOrigin, queries: LinkQueries): readonly Origin[] {
  const [relation = ""] = path.split(".");
  if (source !== "row" || site === null || relation === "") return [];
  const { fn, v, frame } = site;
  const given = [...fn.args(v)].slice(0, 2).flatMap((arg) => [...queries.evaluate({ fn, v: arg, frame })]);
  return given.flatMap((one) => LOADED.flatMap((key) => [...queries.project(one, [key, relation, "where"])]));
}

/** `document.team.users`: of a relation of the one row that a relation leads to, by what its rows were chosen. */
export function conditionsFurther({ source, site, path }: SourceOrigin, queries: LinkQueries): readonly Origin[] {
  const [first = "", second = ""] = path.split(".");
  // of several rows that were loaded along one says nothing of the others
  if (source !== "row" || site === null || !NAME.test(first) || !NAME.test(second)) return [];
  const { fn, v, frame } = site;
  const given = [...fn.args(v)].slice(0, 2).flatMap((arg) => [...queries.evaluate({ fn, v: arg, frame })]);
  return given.flatMap((one) =>
    LOADED.flatMap((outer) =>
      LOADED.flatMap((inner) => [...queries.project(one, [outer, first, inner, second, "where"])]),
    ),
  );
}

const NAME = /^[a-z_]\w*$/i;

function namesColumn(where: Origin, name: RegExp): boolean {
  if (where.kind !== "literal" || where.form !== "object") return false;
  return [...where.site.fn.props(where.site.v)].some((prop) => prop.kind === PropKind.Named && name.test(prop.name));
}

const MAX_RELATIONS = 8;
/** what is said of others, or of one of several */
const NOT_DEMANDED = /^(?:NOT|OR|none|not|or|isNot)$/;

/** A condition of the filter holds a column against who calls, be it that of a row further away. */
function namesCaller(where: Origin, queries: LinkQueries, depth = 0): boolean {
  if (where.kind !== "literal" || where.form !== "object" || depth > MAX_RELATIONS) return false;
  const { fn, v, frame } = where.site;
  return [...fn.props(v)].some((prop) => {
    if (prop.kind !== PropKind.Named || NOT_DEMANDED.test(prop.name)) return false;
    const values = leaves(queries.evaluate({ fn, v: prop.value, frame }));
    if (values.some((value) => value.kind === "source" && value.source === "identity")) return true;
    return values.length > 0 && values.every((value) => namesCaller(value, queries, depth + 1));
  });
}

/**
 * Keys of the request by which rows of a relation were picked that was loaded along: `rooms` of
 * `include: { rooms: { where: { id } } }`, and `memberships` of `include: { memberships: { where: { teamId } } }`.
 */
export function keysOfLoaded(row: SourceOrigin, queries: LinkQueries): readonly Origin[] {
  return loadedKeys.find(row) ?? loadedKeys.keep(row, () => readKeysOfLoaded(row, queries));
}

/** Each ledger asks about the same rows again. */
const loadedKeys = new FleetingMemo<SourceOrigin, readonly Origin[]>();

function readKeysOfLoaded(row: SourceOrigin, queries: LinkQueries): readonly Origin[] {
  const keys = conditionsOf(row, queries).flatMap((where) =>
    where.kind === "literal" && where.form === "object"
      ? [...where.site.fn.props(where.site.v)]
          .filter((prop) => prop.kind === PropKind.Named && isKey(prop.name))
          .flatMap((prop) => [...queries.project(where, [prop.name])])
      : [],
  );
  return leaves(keys).filter((value) => value.kind === "source" && value.source === "input");
}
