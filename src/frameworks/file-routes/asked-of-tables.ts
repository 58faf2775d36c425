/**
 * Handlers by method in a table that a wrapper of the project looks into: `api({ GET: { auth: true, handle } })`, where
 * `table[req.method]` is read. Seen for one method it is that method's part, so what the wrapper asks of it is known.
 */
import { frameArgument } from "../../program/values/frame-arguments.js";
import type { Frame, LinkQueries, Origin } from "../../program/values/origin.js";
import type { FunctionOrigin } from "./handlers.js";

/** The handler as it runs for one method; itself where nothing around it was given such a table. */
export function askedFor(handler: FunctionOrigin, method: string, queries: LinkQueries): FunctionOrigin {
  const frame = method === "" ? null : narrowed(handler.frame, method, queries);
  return frame === null ? handler : { ...handler, frame };
}

/** @returns null when no call around was given a table */
function narrowed(frame: Frame | null, method: string, queries: LinkQueries): Frame | null {
  if (frame === null) return null;
  const given = frame.fn.info.params.map((_, i) => frameArgument(frame, i, queries));
  const known = given.map((origins) => origins.map((origin) => partOf(origin, method, queries)));
  if (known.some((origins, i) => origins.some((origin, at) => origin !== given[i]?.[at])))
    return { ...frame, given: known };
  const lexical = narrowed(frame.lexical, method, queries);
  return lexical === null ? null : { ...frame, lexical };
}

function partOf(origin: Origin, method: string, queries: LinkQueries): Origin {
  if (origin.kind !== "literal" || origin.form !== "object") return origin;
  const { fn, v } = origin.site;
  const isMethods = [...fn.props(v)].some((prop) => prop.name === method);
  return isMethods ? { ...origin, asked: { key: method, values: queries.project(origin, [method]) } } : origin;
}
