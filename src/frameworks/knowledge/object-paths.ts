/** Values read off an object by a path that is written out: `get(input, "order.id")`. */
import {
  constant,
  type Origin,
  type OriginQueries,
  type PackageOrigin,
  type Site,
  unknown,
} from "../../program/values/origin.js";

/** Packages whose `get` takes an object and a path, and the name under which they hand it out. */
export const PATH_READERS = {
  module:
    /^(?:lodash(?:-es)?(?:\/(?:get|fp\/get))?|lodash\.get|es-toolkit\/compat|radash|just-safe-get|object-path|dlv)$/,
  path: /^(?:|default|get|_\.get)$/,
} as const;

const MAX_SEGMENTS = 8;

/** What stands at the path, or the value that is named for when nothing does. */
export function readByPath(_callee: PackageOrigin, site: Site, queries: OriginQueries): readonly Origin[] {
  const [object, path, otherwise] = Array.from(site.fn.args(site.v).slice(0, 3), (v) =>
    queries.evaluate({ fn: site.fn, v, frame: site.frame }),
  );
  if (object === undefined || path === undefined) return [unknown("no path")];
  const segments = segmentsOf(path, queries);
  if (segments === null) return [unknown("a path that is put together")];
  const found = object.flatMap((o) => [...queries.project(o, segments)]);
  return [...found, ...(otherwise ?? [constant(undefined)])];
}

/** `"a.b[0]"`, `["a", "b"]` */
function segmentsOf(path: readonly Origin[], queries: OriginQueries): readonly string[] | null {
  const [only, ...others] = path;
  if (only === undefined || others.length > 0) return null;
  if (only.kind === "constant" && typeof only.value === "string") {
    const segments = only.value.split(/[.[\]]+/).filter((part) => part !== "");
    return segments.length === 0 || segments.length > MAX_SEGMENTS ? null : segments;
  }
  if (only.kind !== "literal" || only.form !== "array") return null;
  const { fn, v, frame } = only.site;
  const items = Array.from(fn.list(fn.a(v)).slice(0, MAX_SEGMENTS + 1), (item) =>
    queries.evaluate({ fn, v: item, frame }),
  );
  const texts = items.flatMap((item) =>
    item.length === 1 && item[0].kind === "constant" && item[0].value !== undefined ? [String(item[0].value)] : [],
  );
  return texts.length === items.length && texts.length <= MAX_SEGMENTS ? texts : null;
}
