/** Rows that were loaded along with another: of those that a relation holds, the ones that name the caller. */

import { PropKind } from "../../model/lowered.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { LinkQueries, Origin, SourceOrigin } from "../../program/values/origin.js";

/** Where data layers take what is to be loaded along, by the name of the relation. */
const LOADED = ["include", "select", "with"] as const;

/** `workspace.users[0].role` where `include: { users: { where: { userId: session.user.id } } }` chose them. */
export function isIncludedByCaller(row: SourceOrigin, queries: LinkQueries): boolean {
  const { site } = row;
  const [relation, ...rest] = row.path.split(".");
  if (row.source !== "row" || site === null || relation === undefined || relation === "" || rest.length === 0)
    return false;
  const { fn, v, frame } = site;
  return [...fn.args(v)].slice(0, 2).some((arg) =>
    queries
      .evaluate({ fn, v: arg, frame })
      .flatMap((given) => LOADED.flatMap((key) => [...queries.project(given, [key, relation, "where"])]))
      .some((where) => namesCaller(where, queries)),
  );
}

/** A condition of the filter holds a column against who calls. */
function namesCaller(where: Origin, queries: LinkQueries): boolean {
  if (where.kind !== "literal" || where.form !== "object") return false;
  const { fn, v, frame } = where.site;
  return [...fn.props(v)].some(
    (prop) =>
      prop.kind === PropKind.Named &&
      leaves(queries.evaluate({ fn, v: prop.value, frame })).some(
        (value) => value.kind === "source" && value.source === "identity",
      ),
  );
}
