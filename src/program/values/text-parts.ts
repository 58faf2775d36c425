/** What a text is put together of. */
import { leaves } from "./computed-origins.js";
import type { LinkQueries, Origin, Site } from "./origin.js";

/** The values that stand in a template, in the order of the text. */
export function partsOfText({ fn, v, frame }: Site, queries: LinkQueries): readonly Origin[] {
  return leaves(fn.templateValues(v).flatMap((part) => [...queries.evaluate({ fn, v: part, frame })]));
}
