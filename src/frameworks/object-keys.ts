/** Names under which objects and modules hold values. */
import { PropKind } from "../model/lowered.js";
import type { LinkQueries, Origin } from "../program/values/origin.js";

const MAX_SPREADS = 4;

/** Keys of an object that is written out, of what is spread into it, of a module. */
export function keysOf(holder: Origin, queries: LinkQueries, depth = 0): readonly string[] {
  if (holder.kind === "namespace") {
    return holder.file.lowered.exports.flatMap((item) => (item.kind === "star" || item.typeOnly ? [] : [item.name]));
  }
  if (holder.kind !== "literal" || holder.form !== "object" || depth > MAX_SPREADS) return [];
  const { fn, v, frame } = holder.site;
  return [...fn.props(v)].flatMap((prop) =>
    prop.kind === PropKind.Spread
      ? queries.evaluate({ fn, v: prop.value, frame }).flatMap((o) => keysOf(o, queries, depth + 1))
      : prop.name === ""
        ? []
        : [prop.name],
  );
}
