/** Contexts whose values stand under keys that are objects: `context.get(userContext)`, `context.values.get(kUser)`. */
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin, OriginQueries, Site, SourceOrigin } from "../../program/values/origin.js";
import { originKey } from "../../program/values/origin-keys.js";

/** What a step before has set under the key that a call is given; undefined where none has. */
export function setUnderKey(
  holder: SourceOrigin,
  { fn, v, frame }: Site,
  queries: OriginQueries,
): readonly Origin[] | undefined {
  const [key] = fn.args(v).length === 0 ? [] : queries.evaluate({ fn, v: fn.args(v)[0], frame });
  const set = key === undefined ? undefined : holder.context?.attached.get(originKey(key));
  return set === undefined ? undefined : leaves(set);
}
