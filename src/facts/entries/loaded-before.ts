/** Rows that a step loads and leaves on the request for those behind it: `req.note = await Note.findById(req.params.id)`. */
import type { Analysis } from "../analysis.js";
import type { ReachedCall } from "./entries.js";
import type { JudgedStep } from "./steps.js";

/** Steps that find out who calls; what they leave is the caller. */
const OF_THE_CALLER: ReadonlySet<string> = new Set(["authentication", "attach", "signature"]);
const MAX_ROWS = 20;

/** The reads of those rows. What holds behind the step is known to whoever judges the entry. */
export function loadedBefore(judged: readonly JudgedStep[], { data, queries }: Analysis): readonly ReachedCall[] {
  const found: ReachedCall[] = [];
  for (const { step, attached } of judged) {
    if (OF_THE_CALLER.has(step.grants)) continue;
    for (const origin of [...attached.values()].flat()) {
      if (found.length >= MAX_ROWS) return found;
      if (origin.kind !== "source" || origin.source !== "row" || origin.site === null) continue;
      if (data.keyedByCaller(origin, queries)) continue;
      const call = data.loading(origin.site, queries);
      if (call?.operation === "read" && !found.some((one) => one.call.site === call.site))
        found.push({ call, facts: [] });
    }
  }
  return found;
}
