/** What a text is put together of. */
import { leaves } from "./computed-origins.js";
import type { Origin, OriginQueries, Site } from "./origin.js";

/** The values that stand in a template as they were put there, in the order of the text. */
export function valuesInText({ fn, v, frame }: Site, queries: OriginQueries): readonly Origin[] {
  return fn.templateValues(v).flatMap((part) => [...queries.evaluate({ fn, v: part, frame })]);
}

/** The same below computations and fallbacks. */
export function partsOfText(text: Site, queries: OriginQueries): readonly Origin[] {
  return leaves(valuesInText(text, queries));
}
