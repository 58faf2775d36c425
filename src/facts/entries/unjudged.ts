/** What stands for an entry point that could not be judged. */
import type { RawEntry } from "../../frameworks/routing.js";
import type { JudgedEntry } from "./entries.js";

/** The entry with nothing claimed about it. */
export function unjudgedEntry(raw: RawEntry, problem: string): JudgedEntry {
  return {
    raw,
    entry: {
      key: `${raw.method} ${raw.path}`,
      transport: raw.transport,
      framework: raw.framework,
      method: raw.method,
      path: raw.path,
      handler: raw.handlerName,
      place: raw.place,
      registration: raw.registration,
      steps: [],
      nearMisses: [],
      protection: {
        decision: false,
        signature: false,
        stepUp: false,
        authentication: "unknown",
        confidence: "unknown",
        detail: problem,
      },
      intent: null,
      group: raw.group,
      effects: [],
    },
    before: [],
    reached: [],
    after: [],
    ensured: [],
    cut: false,
    frame: null,
  };
}
